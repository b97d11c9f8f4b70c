/*
 * parser/hdr_table.h - the header fields that lcs knows, one line each.
 *
 * HDR(id, name, compact form or 0, LIST or SINGLE): LIST headers may be
 * repeated or carry several values separated by commas (RFC 3261 7.3.1).
 * hdr.c makes a perfect hash over the names of it. Those that msg_typed() knows come first,
 * down to REPLY_TO.
 */
#ifndef PARSER_HDR_TABLE_H
#define PARSER_HDR_TABLE_H

#define HDR_TABLE(HDR)                                                     \
	HDR(VIA,                 "Via",                 'v', LIST)         \
	HDR(FROM,                "From",                'f', SINGLE)       \
	HDR(TO,                  "To",                  't', SINGLE)       \
	HDR(CSEQ,                "CSeq",                 0,  SINGLE)       \
	HDR(CONTACT,             "Contact",             'm', LIST)         \
	HDR(ROUTE,               "Route",                0,  LIST)         \
	HDR(RECORD_ROUTE,        "Record-Route",         0,  LIST)         \
	HDR(PATH,                "Path",                 0,  LIST)         \
	HDR(SERVICE_ROUTE,       "Service-Route",        0,  LIST)         \
	HDR(P_ASSERTED_IDENTITY, "P-Asserted-Identity",  0,  LIST)         \
	HDR(P_PREFERRED_IDENTITY, "P-Preferred-Identity", 0, LIST)         \
	HDR(REFER_TO,            "Refer-To",            'r', SINGLE)       \
	HDR(REFERRED_BY,         "Referred-By",         'b', SINGLE)       \
	HDR(REPLY_TO,            "Reply-To",             0,  SINGLE)       \
	HDR(CALL_ID,             "Call-ID",             'i', SINGLE)       \
	HDR(MAX_FORWARDS,        "Max-Forwards",         0,  SINGLE)       \
	HDR(MAX_BREADTH,         "Max-Breadth",          0,  SINGLE)       \
	HDR(CONTENT_LENGTH,      "Content-Length",      'l', SINGLE)       \
	HDR(CONTENT_TYPE,        "Content-Type",        'c', SINGLE)       \
	HDR(CONTENT_ENCODING,    "Content-Encoding",    'e', LIST)         \
	HDR(CONTENT_DISPOSITION, "Content-Disposition",  0,  SINGLE)       \
	HDR(CONTENT_LANGUAGE,    "Content-Language",     0,  LIST)         \
	HDR(MIME_VERSION,        "MIME-Version",         0,  SINGLE)       \
	HDR(AUTHORIZATION,       "Authorization",        0,  MANY)         \
	HDR(PROXY_AUTHORIZATION, "Proxy-Authorization",  0,  MANY)         \
	HDR(WWW_AUTHENTICATE,    "WWW-Authenticate",     0,  MANY)         \
	HDR(PROXY_AUTHENTICATE,  "Proxy-Authenticate",   0,  MANY)         \
	HDR(AUTHENTICATION_INFO, "Authentication-Info",  0,  SINGLE)       \
	HDR(PROXY_AUTHENTICATION_INFO, "Proxy-Authentication-Info", 0, SINGLE) \
	HDR(EXPIRES,             "Expires",              0,  SINGLE)       \
	HDR(MIN_EXPIRES,         "Min-Expires",          0,  SINGLE)       \
	HDR(EVENT,               "Event",               'o', SINGLE)       \
	HDR(ALLOW_EVENTS,        "Allow-Events",        'u', LIST)         \
	HDR(SUBSCRIPTION_STATE,  "Subscription-State",   0,  SINGLE)       \
	HDR(SIP_ETAG,            "SIP-ETag",             0,  SINGLE)       \
	HDR(SIP_IF_MATCH,        "SIP-If-Match",         0,  SINGLE)       \
	HDR(ACCEPT,              "Accept",               0,  LIST)         \
	HDR(ACCEPT_ENCODING,     "Accept-Encoding",      0,  LIST)         \
	HDR(ACCEPT_LANGUAGE,     "Accept-Language",      0,  LIST)         \
	HDR(ALLOW,               "Allow",                0,  LIST)         \
	HDR(SUPPORTED,           "Supported",           'k', LIST)         \
	HDR(REQUIRE,             "Require",              0,  LIST)         \
	HDR(PROXY_REQUIRE,       "Proxy-Require",        0,  LIST)         \
	HDR(UNSUPPORTED,         "Unsupported",          0,  LIST)         \
	HDR(DATE,                "Date",                 0,  SINGLE)       \
	HDR(TIMESTAMP,           "Timestamp",            0,  SINGLE)       \
	HDR(SUBJECT,             "Subject",             's', SINGLE)       \
	HDR(USER_AGENT,          "User-Agent",           0,  SINGLE)       \
	HDR(SERVER,              "Server",               0,  SINGLE)       \
	HDR(RETRY_AFTER,         "Retry-After",          0,  SINGLE)       \
	HDR(WARNING,             "Warning",              0,  LIST)         \
	HDR(REASON,              "Reason",               0,  LIST)         \
	HDR(REPLACES,            "Replaces",             0,  SINGLE)       \
	HDR(RACK,                "RAck",                 0,  SINGLE)       \
	HDR(RSEQ,                "RSeq",                 0,  SINGLE)       \
	HDR(SESSION_EXPIRES,     "Session-Expires",     'x', SINGLE)       \
	HDR(MIN_SE,              "Min-SE",               0,  SINGLE)       \
	HDR(PRIVACY,             "Privacy",              0,  SINGLE)       \
	HDR(ORGANIZATION,        "Organization",         0,  SINGLE)       \
	HDR(PRIORITY,            "Priority",             0,  SINGLE)       \
	HDR(IDENTITY,            "Identity",            'y', SINGLE)       \
	HDR(REQUEST_DISPOSITION, "Request-Disposition", 'd', LIST)         \
	HDR(ACCEPT_CONTACT,      "Accept-Contact",      'a', LIST)         \
	HDR(REJECT_CONTACT,      "Reject-Contact",      'j', LIST)

#endif
