/*
 * utils/log_text.c - escaping and the four shapes of a line.
 */
#include "utils/log_text.h"
#include "utils/printable.h"
#include "utils/utf8.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000
#define SYSLOG_DAEMON 3			/* facility, RFC 3164 4.1.1 */

static const char *const level_words[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice", [LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* RFC 3164 severities begin with 3 for an error and go on as our levels do. */
static int severity(const struct log_record *r)
{
	return 3 + (int)r->level;
}

/* ---- bytes -------------------------------------------------------------- */

static char *put(char *p, struct slice s)
{
	memcpy(p, s.p, s.len);
	return p + s.len;
}

/* For people: one line. */
static char *put_text(char *p, struct slice s)
{
	return printable_put(p, s, false);
}

static bool is_plain_in_json(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static char short_escape(char c)
{
	return c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : '\0';
}

static char *put_hex2(char *p, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	*p++ = digits[byte >> 4];
	*p++ = digits[byte & 15];
	return p;
}

/* One character inside a JSON string (RFC 8259 section 7). */
static char *put_json_char(char *p, struct slice one)
{
	char c = *one.p, letter = short_escape(c);

	if (c == '"' || c == '\\' || letter) {
		*p++ = '\\';
		*p++ = letter ? letter : c;
		return p;
	}
	if ((unsigned char)c < 0x20 || c == 0x7f)
		return put_hex2(put(p, SLICE("\\u00")), (unsigned char)c);
	return put(p, one);
}

static char *put_json_string(char *p, struct slice s)
{
	size_t len;

	*p++ = '"';
	for (;;) {
		p = put(p, slice_take_while(&s, is_plain_in_json));
		if (s.len == 0)
			break;
		len = utf8_len(s);
		if (len > 0)
			p = put_json_char(p, slice_first(s, len));
		else
			p = put(p, SLICE("\\ufffd"));	/* JSON is UTF-8 or it is not JSON */
		s = slice_skip(s, len ? len : 1);
	}
	*p++ = '"';
	return p;
}

/* ---- parts -------------------------------------------------------------- */

/* "2026-11-21T09:00:00", of the last second asked for: most lines are of the same. */
static struct slice utc_second(time_t second)
{
	static _Thread_local struct { time_t second; int len; char text[64]; } last;
	struct tm tm;

	if (last.len > 0 && last.second == second)
		return slice_of(last.text, (size_t)last.len);
	gmtime_r(&second, &tm);
	last.second = second;
	last.len = snprintf(last.text, sizeof(last.text), "%04d-%02d-%02dT%02d:%02d:%02d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return slice_of(last.text, (size_t)last.len);
}

static char *put_utc(char *p, int64_t time_ns)
{
	int ms = (int)(time_ns % NS_PER_SECOND / 1000000);

	p = put(p, utc_second((time_t)(time_ns / NS_PER_SECOND)));
	*p++ = '.';
	*p++ = (char)('0' + ms / 100);
	*p++ = (char)('0' + ms / 10 % 10);
	*p++ = (char)('0' + ms % 10);
	*p++ = 'Z';
	return p;
}

/* "Nov  5 09:00:00", local time (RFC 3164 4.1.2). */
static char *put_bsd_time(char *p, int64_t time_ns)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
	struct tm tm;

	localtime_r(&seconds, &tm);
	return p + snprintf(p, 64, "%.3s %2d %02d:%02d:%02d", months + 3 * tm.tm_mon,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* "tm [worker 1] event key=value" */
static char *put_who_and_what(char *p, const struct log_record *r)
{
	p = put(put_text(p, r->room), SLICE(" ["));
	p = put(put_text(p, r->thread), SLICE("] "));
	return put_text(p, r->text);
}

static char *put_member(char *p, struct slice before, struct slice value)
{
	return put_json_string(put(p, before), value);
}

static char *put_object(char *p, const struct log_record *r)
{
	p = put_utc(put(p, SLICE("{\"ts\":\"")), r->time_ns);
	p = put_member(p, SLICE("\",\"level\":"), slice_str(level_words[r->level]));
	p = put_member(p, SLICE(",\"room\":"), r->room);
	p = put_member(p, SLICE(",\"thread\":"), r->thread);
	p = put_member(p, SLICE(",\"msg\":"), r->text);
	*p++ = '}';
	return p;
}

static char *put_level(char *p, const struct log_record *r)
{
	p = put(p, slice_str(level_words[r->level]));
	*p++ = ' ';
	return p;
}

/* ---- lines -------------------------------------------------------------- */

size_t log_text_line(char *out, const struct log_record *r)
{
	char *p = put_utc(out, r->time_ns);

	*p++ = ' ';
	p = put_who_and_what(put_level(p, r), r);
	*p++ = '\n';
	return (size_t)(p - out);
}

size_t log_text_json(char *out, const struct log_record *r)
{
	char *p = put_object(out, r);

	*p++ = '\n';
	return (size_t)(p - out);
}

size_t log_text_syslog(char *out, const struct log_record *r, enum log_format format)
{
	char *p = out + snprintf(out, 64, "<%d>", SYSLOG_DAEMON * 8 + severity(r));

	p = put_bsd_time(p, r->time_ns);
	p += snprintf(p, 64, " lcs[%d]: ", (int)getpid());
	if (format == LOG_FORMAT_JSON)
		p = put_object(p, r);
	else
		p = put_who_and_what(put_level(p, r), r);
	return (size_t)(p - out);
}

/* No value has a newline in it after escaping, so the simple form of a field will
 * do. journald has its own clock and knows the process. */
size_t log_text_journal(char *out, const struct log_record *r)
{
	char *p = out + snprintf(out, 64, "PRIORITY=%d\nSYSLOG_FACILITY=%d\n", severity(r),
	    SYSLOG_DAEMON);

	p = put(p, SLICE("SYSLOG_IDENTIFIER=lcs\nLCS_ROOM="));
	p = put(put_text(p, r->room), SLICE("\nLCS_THREAD="));
	p = put(put_text(p, r->thread), SLICE("\nMESSAGE="));
	p = put_who_and_what(p, r);
	*p++ = '\n';
	return (size_t)(p - out);
}
