/*
 * cfg/value.h - values of the routing script.
 *
 * A value is small and copied; texts, URIs and lists that it points to live in
 * an arena: of the message at run time, of the generation for constants.
 */
#ifndef CFG_VALUE_H
#define CFG_VALUE_H

#include "parser/uri.h"
#include "utils/addr.h"
#include "utils/slice.h"

enum value_type {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_STRING,
	VALUE_IP,			/* address or network */
	VALUE_DURATION,
	VALUE_URI,
	VALUE_LIST,
	VALUE_MAP,			/* constant, from a map declaration */
	VALUE_ACL,			/* constant, from an acl declaration */
	VALUE_ANY,			/* only as a declared type, never of a value */
	VALUE_VOID			/* only as a declared result */
};

typedef int64_t usec_t;			/* durations of the script: microseconds */

struct value;
struct value_list { size_t count; const struct value *items; };
struct cfg_map;
struct cfg_acl;

struct value {
	enum value_type type;
	union {
		bool                     b;
		int64_t                  i;
		struct slice             s;
		usec_t                   dur;
		const struct ip_net     *ip;
		const struct sip_uri    *uri;
		const struct value_list *list;
		const struct cfg_map    *map;
		const struct cfg_acl    *acl;
	};
};

/*
 * Field by field, so that these are stores to where the value goes. A literal would clear what
 * it does not name: gcc then makes the value elsewhere, in parts, and copies it by loads that
 * are wider than the stores before them, which wait until all these have reached the cache.
 */
static inline struct value value_null(void)
{
	struct value v;

	v.type = VALUE_NULL;
	v.s = SLICE_NULL;		/* who reads null as text finds none */
	return v;
}

static inline struct value value_bool(bool b)
{
	struct value v;

	v.type = VALUE_BOOL;
	v.b = b;
	return v;
}

static inline struct value value_int(int64_t i)
{
	struct value v;

	v.type = VALUE_INT;
	v.i = i;
	return v;
}

static inline struct value value_string(struct slice s)
{
	return (struct value){ .type = VALUE_STRING, .s = s };
}

static inline struct value value_duration(usec_t d)
{
	struct value v;

	v.type = VALUE_DURATION;
	v.dur = d;
	return v;
}

static inline bool value_is_null(struct value v) { return v.type == VALUE_NULL; }

/** "str", "int", … as the script writes the type. */
const char *value_type_name(enum value_type type);
/** Same type and equal; URIs by RFC 3261 19.1.4, texts by byte. */
bool value_eq(struct value a, struct value b);
/** As text, the way "+" and f"" show it; null is "" (in the text of a function that logs
 *  the compiler writes "<null>"). */
struct slice value_text(struct arena *arena, struct value v);
/** A deep copy into another arena; type VALUE_NULL if memory is short. */
struct value value_copy(struct arena *arena, struct value v);

/* Constant tables (language 3.9), built at load. */
bool         cfg_acl_covers(const struct cfg_acl *acl, const struct ip_addr *ip);
struct value cfg_map_exact(const struct cfg_map *map, struct value key);
struct value cfg_map_longest_prefix(const struct cfg_map *map, struct slice digits);
struct value cfg_map_first_match(const struct cfg_map *map, struct slice text);

#endif
