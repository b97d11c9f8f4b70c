/*
 * modules/tls/names.c - identities in certificates, as RFC 5922 section 7 reads them.
 */
#include "modules/tls/tls.h"

#include <openssl/x509v3.h>

static struct slice text_of(const ASN1_STRING *s)
{
	return slice_of((const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* The SIP domain that one subjectAltName stands for; empty if none. */
static struct slice identity(const GENERAL_NAME *name)
{
	struct sip_uri uri;

	if (name->type == GEN_DNS)
		return text_of(name->d.dNSName);
	if (name->type != GEN_URI)
		return SLICE_NULL;
	/* 7.1: a URI with a user part is a user's identity, not a domain's. */
	if (sip_uri_parse(text_of(name->d.uniformResourceIdentifier), &uri, NULL) != 0 ||
	    uri.scheme != URI_SIP || uri.user.len)
		return SLICE_NULL;
	return uri.host;
}

static bool is_address(const GENERAL_NAME *name, struct slice text)
{
	struct ip_addr ip;
	struct slice have;

	if (name->type != GEN_IPADD || ip_parse(text, &ip) != 0)
		return false;
	have = text_of(name->d.iPAddress);
	return slice_eq(have, slice_of((const char *)ip.bytes, ip.family == 4 ? 4 : 16));
}

bool tls_name_matches(X509 *cert, struct slice name)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool hit = false;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !hit; i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
		struct slice id = identity(n);

		hit = (id.len && slice_eq_nocase(id, name)) || is_address(n, name);
	}
	GENERAL_NAMES_free(names);
	return hit;
}

char *tls_first_name(X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	char *first = NULL;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !first; i++) {
		struct slice id = identity(sk_GENERAL_NAME_value(names, i));

		/* A NUL inside would make the name look shorter to some readers than to others. */
		if (id.len && slice_find(id, '\0') == id.len)
			first = strndup(id.p, id.len);
	}
	GENERAL_NAMES_free(names);
	return first;
}
