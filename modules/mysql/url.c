/*
 * modules/mysql/url.c - see url.h.
 */
#include "modules/mysql/url.h"

#include <errno.h>

#define LIKE "store_mirror is like \"mysql://user@host:port/database\": "

static int fail(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

/* The end of a C string has no place in the middle of a name. */
static bool copy(char *to, size_t room, struct slice from)
{
	if (from.len >= room || slice_find(from, '\0') < from.len)
		return false;
	if (from.len)
		memcpy(to, from.p, from.len);
	to[from.len] = '\0';
	return true;
}

static int parse_port(struct slice text, struct mysql_url *out)
{
	uint32_t port;

	if (text.len == 0)
		return 0;
	if (slice_to_u32(slice_skip(text, 1), &port) != 0 || port == 0 || port > 65535)
		return -EINVAL;
	out->port = (uint16_t)port;
	return 0;
}

/* "host", "host:port", "[2001:db8::1]:port" */
static int parse_host(struct slice text, struct mysql_url *out)
{
	bool is_v6 = text.len && text.p[0] == '[';
	size_t end = slice_find(text, is_v6 ? ']' : ':');
	struct slice host = is_v6 ? slice_skip(slice_first(text, end), 1) : slice_first(text, end);
	struct slice port = slice_skip(text, end + is_v6);

	if (host.len == 0 || (is_v6 && end == text.len) || !copy(out->host, sizeof(out->host), host) ||
	    (port.len && port.p[0] != ':'))
		return -EINVAL;
	return parse_port(port, out);
}

static int parse_options(struct slice text, struct mysql_url *out)
{
	const struct slice name = SLICE("socket=");

	if (text.len == 0)
		return 0;
	if (!slice_starts(text, name) || slice_skip(text, name.len).len == 0)
		return -EINVAL;
	return copy(out->socket, sizeof(out->socket), slice_skip(text, name.len)) ? 0 : -EINVAL;
}

/* Goes into SQL between backticks. */
static bool is_name(struct slice s)
{
	return s.len > 0 && slice_find(s, '`') == s.len && slice_find(s, '/') == s.len;
}

int mysql_url_parse(struct slice text, struct mysql_url *out, const char **why)
{
	struct slice rest = text, at, user, host, database;

	*out = (struct mysql_url){ .port = 0 };
	if (!slice_starts(rest, SLICE("//")))
		return fail(why, LIKE "\"//\" is missing");
	rest = slice_skip(rest, 2);
	at = slice_split(&rest, '/');
	user = slice_first(at, slice_find(at, '@'));
	host = slice_skip(at, user.len + 1);
	if (user.len == 0 || user.len == at.len)
		return fail(why, LIKE "the user is missing");
	if (slice_find(user, ':') < user.len)
		return fail(why, LIKE "the password does not belong there but into "
		    "store_mirror_password, as \"${file:/etc/lcs/mirror.password}\"");
	if (!copy(out->user, sizeof(out->user), user))
		return fail(why, LIKE "the user's name is too long");
	if (parse_host(host, out) != 0)
		return fail(why, LIKE "host or port is none");
	database = slice_split(&rest, '?');
	if (!is_name(database) || !copy(out->database, sizeof(out->database), database))
		return fail(why, LIKE "the database is missing, or its name is none");
	if (parse_options(rest, out) != 0)
		return fail(why, LIKE "behind \"?\" there may be socket=PATH, and nothing else");
	return 0;
}
