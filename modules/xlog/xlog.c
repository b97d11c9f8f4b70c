/*
 * xlog - log lines from the script.
 *
 * A line says what the script wants, and where in the script and for which
 * Call-ID it was said. Bytes that could forge a line of the log are escaped.
 */
#include "core/lcs.h"

struct xlog_conf { struct slice prefix; bool place; };

/* ---- text ---- */

static bool is_control(char c) { return (unsigned char)c < 0x20 || c == 0x7f; }

static bool is_clean(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_control(s.p[i]))
			return false;
	return true;
}

static struct slice escaped(struct arena *arena, struct slice s)
{
	static const char digits[] = "0123456789abcdef";
	char *text, *at;

	/* Kamailio's lines end in \n by habit. */
	while (s.len && (s.p[s.len - 1] == '\n' || s.p[s.len - 1] == '\r'))
		s.len--;
	if (is_clean(s))
		return s;
	text = at = arena_bytes(arena, 4 * s.len);
	if (!text)
		return SLICE("(no memory for this text)");
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!is_control(s.p[i])) {
			*at++ = s.p[i];
			continue;
		}
		*at++ = '\\';
		*at++ = 'x';
		*at++ = digits[c >> 4];
		*at++ = digits[c & 15];
	}
	return slice_between(text, at);
}

static void write_line(struct lcs_call *call, enum log_level level, struct slice text)
{
	const struct xlog_conf *conf = call->conf;
	struct arena *arena = lcs_arena(call->ctx);
	struct slice place, call_id;

	if ((int)level > log_level_now)
		return;
	text = escaped(arena, text);
	if (!conf->place) {
		log_line(level, "script", "%.*s%.*s", SLICE_ARG(conf->prefix), SLICE_ARG(text));
		return;
	}
	place = lcs_where(call->ctx);
	call_id = msg_call_id(lcs_msg(call->ctx));
	log_line(level, "script", "%.*s%.*s at=%.*s call_id=%.*s", SLICE_ARG(conf->prefix),
	    SLICE_ARG(text), SLICE_ARG(place), SLICE_ARG(call_id));
}

/* ---- levels ---- */

/* The words of Kamailio and our own. */
static const struct { const char *word; enum log_level level; } levels[] = {
	{ "L_ALERT", LOG_LEVEL_ERROR }, { "L_BUG", LOG_LEVEL_ERROR }, { "L_CRIT", LOG_LEVEL_ERROR },
	{ "L_ERR", LOG_LEVEL_ERROR }, { "L_WARN", LOG_LEVEL_WARNING },
	{ "L_NOTICE", LOG_LEVEL_NOTICE }, { "L_INFO", LOG_LEVEL_INFO }, { "L_DBG", LOG_LEVEL_DEBUG },
	{ "error", LOG_LEVEL_ERROR }, { "warning", LOG_LEVEL_WARNING },
	{ "notice", LOG_LEVEL_NOTICE }, { "info", LOG_LEVEL_INFO }, { "debug", LOG_LEVEL_DEBUG },
};

static bool find_level(struct slice word, enum log_level *out)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (slice_eq_nocase(word, slice_str(levels[i].word))) {
			*out = levels[i].level;
			return true;
		}
	return false;
}

/* xlog("text") or xlog("L_INFO", "text") */
static enum fn_status fn_xlog(struct lcs_call *call)
{
	enum log_level level = LOG_LEVEL_NOTICE;
	struct slice text = call->argv[0].s;

	if (!value_is_null(call->argv[1])) {
		text = call->argv[1].s;
		if (!find_level(call->argv[0].s, &level))
			return FN_FAILED;
	}
	write_line(call, level, text);
	return fn_bool(call, true);
}

#define LEVEL_FUNCTION(name, level)                                        \
	static enum fn_status name(struct lcs_call *call)                  \
	{                                                                  \
		write_line(call, level, call->argv[0].s);                  \
		call->ret = value_bool(true);                              \
		return FN_DONE;                                            \
	}
LEVEL_FUNCTION(xerr, LOG_LEVEL_ERROR)
LEVEL_FUNCTION(xwarn, LOG_LEVEL_WARNING)
LEVEL_FUNCTION(xnotice, LOG_LEVEL_NOTICE)
LEVEL_FUNCTION(xinfo, LOG_LEVEL_INFO)
LEVEL_FUNCTION(xdbg, LOG_LEVEL_DEBUG)

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_STRING(struct xlog_conf, prefix, "", "put before every text"),
	PARAM_BOOL(struct xlog_conf, place, "yes",
	    "put the script's file, line and the Call-ID behind every text"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "xlog(level_or_text: fmt, text: fmt? = null) -> bool", fn_xlog, IN_ANY, FUNC_LOGS,
	  "write a log line; levels are error, warning, notice, info, debug or L_ERR, L_WARN, "
	  "L_NOTICE, L_INFO, L_DBG; notice if there is only a text" },
	{ "xerr(text: fmt) -> bool", xerr, IN_ANY, FUNC_LOGS, "a log line for who must act now" },
	{ "xwarn(text: fmt) -> bool", xwarn, IN_ANY, FUNC_LOGS,
	  "a log line about what will become an error" },
	{ "xnotice(text: fmt) -> bool", xnotice, IN_ANY, FUNC_LOGS, "a log line about a change" },
	{ "xinfo(text: fmt) -> bool", xinfo, IN_ANY, FUNC_LOGS, "a log line worth keeping" },
	{ "xdbg(text: fmt) -> bool", xdbg, IN_ANY, FUNC_LOGS, "a log line for looking closely" },
	{ 0 }
};

LCS_MODULE(xlog,
	.summary = "log lines from the script",
	.flags = MODULE_MAY_LEAVE,
	.conf_size = sizeof(struct xlog_conf),
	.params = params,
	.funcs = funcs,
);
