/*
 * parser/method.c - method names. They are case-sensitive (RFC 3261 7.1).
 */
#include "parser/msg.h"

#define NAME(text) { text, sizeof(text) - 1 }

static const struct slice names[METHOD_COUNT] = {
	[METHOD_INVITE] = NAME("INVITE"),
	[METHOD_ACK] = NAME("ACK"),
	[METHOD_BYE] = NAME("BYE"),
	[METHOD_CANCEL] = NAME("CANCEL"),
	[METHOD_REGISTER] = NAME("REGISTER"),
	[METHOD_OPTIONS] = NAME("OPTIONS"),
	[METHOD_MESSAGE] = NAME("MESSAGE"),
	[METHOD_SUBSCRIBE] = NAME("SUBSCRIBE"),
	[METHOD_NOTIFY] = NAME("NOTIFY"),
	[METHOD_PUBLISH] = NAME("PUBLISH"),
	[METHOD_INFO] = NAME("INFO"),
	[METHOD_PRACK] = NAME("PRACK"),
	[METHOD_UPDATE] = NAME("UPDATE"),
	[METHOD_REFER] = NAME("REFER"),
	[METHOD_SERVICE] = NAME("SERVICE"),
	[METHOD_BENOTIFY] = NAME("BENOTIFY"),
	[METHOD_NEGOTIATE] = NAME("NEGOTIATE"),
};

/* The first letter leaves at most three names to compare. */
static enum sip_method named(struct slice s, const enum sip_method *among, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(s, names[among[i]]))
			return among[i];
	return METHOD_OTHER;
}

#define AMONG(...) \
	named(s, (const enum sip_method[]){ __VA_ARGS__ }, \
	    sizeof((const enum sip_method[]){ __VA_ARGS__ }) / sizeof(enum sip_method))

enum sip_method sip_method_parse(struct slice s)
{
	switch (s.len > 0 ? *s.p : '\0') {
	case 'A': return AMONG(METHOD_ACK);
	case 'B': return AMONG(METHOD_BYE, METHOD_BENOTIFY);
	case 'C': return AMONG(METHOD_CANCEL);
	case 'I': return AMONG(METHOD_INVITE, METHOD_INFO);
	case 'M': return AMONG(METHOD_MESSAGE);
	case 'N': return AMONG(METHOD_NOTIFY, METHOD_NEGOTIATE);
	case 'O': return AMONG(METHOD_OPTIONS);
	case 'P': return AMONG(METHOD_PUBLISH, METHOD_PRACK);
	case 'R': return AMONG(METHOD_REGISTER, METHOD_REFER);
	case 'S': return AMONG(METHOD_SUBSCRIBE, METHOD_SERVICE);
	case 'U': return AMONG(METHOD_UPDATE);
	default:  return METHOD_OTHER;
	}
}

struct slice sip_method_name(enum sip_method m)
{
	return names[m];
}
