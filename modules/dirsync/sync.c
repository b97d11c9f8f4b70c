/*
 * modules/dirsync/sync.c - a directory that says by itself what changes: RFC 4533, refresh and
 * persist.
 */
#include "config.h"
#include "modules/dirsync/follow.h"
#include "modules/dirsync/sync_value.h"

#ifdef HAVE_LIBLDAP

#include "utils/hex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEY    "entryUUID"
#define PREFIX "sync:"			/* of our cookies in the store; the rest is hex */

struct sync {
	struct follow *f;
	int            search, probe;	/* message ids; probe 0: none under way */
	char          *cookie;		/* the last one seen, malloc'ed; NULL: none since it was sent */
	bool           refreshed, sweep, with_cookie, is_dirty;
	msec_t         begun, heard, probed;
	int64_t        probed_wall;
};

/* ---- cookies ---- */

static int keep_cookie(struct sync *s, struct slice cookie)
{
	const size_t head = sizeof(PREFIX) - 1;
	char *text;

	if (!cookie.p)
		return 0;
	text = malloc(head + 2 * cookie.len + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, PREFIX, head);
	hex_encode(text + head, cookie.p, cookie.len);
	text[head + 2 * cookie.len] = '\0';
	free(s->cookie);
	s->cookie = text;
	s->is_dirty = true;
	return 0;
}

/* What we begin with: bytes in *raw, to be freed; empty: everything. */
static struct slice first_cookie(struct follow *f, char **raw)
{
	struct slice text = slice_str(f->cookie);
	size_t len;

	*raw = NULL;
	if (!slice_starts(text, SLICE(PREFIX)))
		return SLICE("");
	text = slice_skip(text, sizeof(PREFIX) - 1);
	len = text.len / 2;
	*raw = malloc(len + 1);
	return *raw && hex_decode(*raw, len, text) == 0 ? slice_of(*raw, len) : SLICE("");
}

/* ---- sending ---- */

static int send_all(struct sync *s, int64_t synced)
{
	int err = follow_send(s->f, s->refreshed && s->cookie ? slice_str(s->cookie) : SLICE_NULL,
	    s->refreshed ? synced : 0, s->sweep);

	s->sweep = s->is_dirty = false;
	if (s->refreshed)
		s->f->is_load = false;
	return err;
}

/* The refresh is over: after a load, whoever was not seen is not there. */
static int end_refresh(struct sync *s)
{
	s->refreshed = true;
	s->sweep |= !s->with_cookie;
	return send_all(s, clock_wall());
}

/* ---- what comes ---- */

static int take_info(struct sync *s, const struct sync_info *info)
{
	int err = keep_cookie(s, info->cookie);

	for (int i = 0; !err && info->ids && info->ids[i].bv_val; i++) {
		const unsigned char *id = (const unsigned char *)info->ids[i].bv_val;

		if (info->refresh_deletes)
			err = follow_gone(s->f, id);
		else if (!ids_add(&s->f->seen, id))
			err = -ENOMEM;
		s->is_dirty = true;
	}
	if (err || info->kind == SYNC_INFO_COOKIE || info->kind == SYNC_INFO_IDS)
		return err;
	/* Present phase: those that were not named are gone (RFC 4533 3.4.1). */
	s->sweep |= info->kind == SYNC_INFO_PRESENT;
	if (info->refresh_done)
		return end_refresh(s);
	return s->sweep ? send_all(s, 0) : 0;
}

static int bad(struct sync *s, const char *what)
{
	return follow_failed(s->f, what, LDAP_DECODING_ERROR);
}

static int take_intermediate(struct sync *s, LDAPMessage *msg)
{
	struct berval *data = NULL;
	struct sync_info info = { .ids = NULL };
	char *oid = NULL;
	int code = ldap_parse_intermediate(s->f->ld, msg, &oid, &data, NULL, 0), err = 0;

	if (code)
		err = follow_failed(s->f, "message", code);
	else if (oid && data && slice_eq(slice_str(oid), SLICE(LDAP_SYNC_INFO)))
		err = sync_read_info(data, &info) != 0 ? bad(s, "sync info") : take_info(s, &info);
	ber_bvarray_free(info.ids);
	ldap_memfree(oid);
	ber_bvfree(data);
	return err;
}

static int take_in_unit(struct follow *f, LDAPMessage *entry)
{
	unsigned char id[DIRSYNC_ID_BYTES];

	if (!follow_id(f, entry, KEY, id))
		return 0;
	f->unit_fits |= memcmp(id, f->unit, sizeof(id)) == 0;
	return follow_entry(f, entry, id);
}

/* It has another name, perhaps, and then so have all in it. It may be a user itself, or have been
 * one: the directory names it as a unit either way, and only the search says. */
static int take_unit(struct sync *s, LDAPMessage *entry, const unsigned char *id)
{
	struct follow *f = s->f;
	char *dn = ldap_get_dn(f->ld, entry);
	int err;

	if (!dn)
		return -ENOMEM;
	memcpy(f->unit, id, sizeof(f->unit));
	f->unit_fits = false;
	err = follow_unit(f, dn, KEY, take_in_unit);
	ldap_memfree(dn);
	return err || f->unit_fits ? err : follow_gone(f, id);
}

static bool has_address(const struct follow *f, LDAPMessage *entry)
{
	struct berval **values = ldap_get_values_len(f->ld, entry, f->setup->attr[ATTR_ADDRESS]);
	bool has = values && values[0];

	ldap_value_free_len(values);
	return has;
}

static int take_state(struct sync *s, LDAPMessage *entry, const struct sync_state *state)
{
	int err = keep_cookie(s, state->cookie);
	bool is_unit;

	if (err)
		return err;
	s->is_dirty = true;
	if (state->state == LDAP_SYNC_DELETE)
		return follow_gone(s->f, state->id);
	is_unit = state->state != LDAP_SYNC_PRESENT && follow_is_unit(s->f, entry);
	/* A load of everything has those who are in it, too. */
	if (is_unit && s->f->is_load && !has_address(s->f, entry))
		return 0;
	if (!s->refreshed && !ids_add(&s->f->seen, state->id))
		return -ENOMEM;
	if (state->state == LDAP_SYNC_PRESENT)
		return 0;
	return is_unit ? take_unit(s, entry, state->id) : follow_entry(s->f, entry, state->id);
}

static int take_entry(struct sync *s, LDAPMessage *msg)
{
	LDAPControl **controls = NULL, *c;
	struct sync_state state;
	int code = ldap_get_entry_controls(s->f->ld, msg, &controls), err;

	c = code ? NULL : ldap_control_find(LDAP_CONTROL_SYNC_STATE, controls, NULL);
	if (!c || sync_read_state(&c->ldctl_value, &state) != 0)
		err = bad(s, "sync state");
	else
		err = take_state(s, msg, &state);
	ldap_controls_free(controls);
	return err;
}

static bool is_refused(const struct sync *s, int code)
{
	return code == LDAP_SYNC_REFRESH_REQUIRED || (s->with_cookie && !s->refreshed &&
	    (code == LDAP_PROTOCOL_ERROR || code == LDAP_UNWILLING_TO_PERFORM || code == LDAP_OTHER));
}

/* It was to go on for ever. */
static int take_result(struct sync *s, LDAPMessage *msg)
{
	int code = LDAP_OTHER, parsed = ldap_parse_result(s->f->ld, msg, &code, NULL, NULL, NULL,
	    NULL, 0);

	follow_failed(s->f, "search", parsed ? parsed : code);
	if (is_refused(s, code))
		return -ESTALE;
	return code ? ldap_verdict(code) : -EIO;
}

static int take(struct sync *s, LDAPMessage *msg)
{
	s->heard = clock_mono();
	if (ldap_msgid(msg) == s->probe) {
		if (ldap_msgtype(msg) != LDAP_RES_SEARCH_RESULT)
			return 0;
		s->probe = 0;
		return s->refreshed ? send_all(s, s->probed_wall) : 0;
	}
	if (ldap_msgid(msg) != s->search)
		return 0;
	switch (ldap_msgtype(msg)) {
	case LDAP_RES_SEARCH_ENTRY:
		return take_entry(s, msg);
	case LDAP_RES_INTERMEDIATE:
		return take_intermediate(s, msg);
	case LDAP_RES_SEARCH_RESULT:
		return take_result(s, msg);
	default:
		return 0;		/* references: not followed */
	}
}

/* ---- asking ---- */

static int begin(struct sync *s)
{
	char *raw = NULL, *attrs[FOLLOW_ATTRS];
	struct slice cookie = first_cookie(s->f, &raw);
	struct berval value = { 0 };
	LDAPControl *control = NULL;
	int code = sync_request(cookie, &value) == 0 ? ldap_control_create(LDAP_CONTROL_SYNC, 1,
	    &value, 1, &control) : LDAP_NO_MEMORY;

	s->with_cookie = cookie.len > 0;
	follow_attrs(s->f, "objectClass", attrs);
	if (!code) {
		LDAPControl *controls[] = { control, NULL };

		code = ldap_search_ext(s->f->ld, s->f->setup->base, LDAP_SCOPE_SUBTREE,
		    s->f->setup->with_units, attrs, 0, controls, NULL, NULL, LDAP_NO_LIMIT,
		    &s->search);
	}
	ldap_control_free(control);
	ber_memfree(value.bv_val);
	free(raw);
	return code ? follow_failed(s->f, "search", code) : 0;
}

/* A connection that is cut says nothing, and neither does one on which nothing changes. */
static int probe(struct sync *s)
{
	char *attrs[] = { (char *)(uintptr_t)LDAP_NO_ATTRS, NULL };
	int code = ldap_search_ext(s->f->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)", attrs, 1, NULL,
	    NULL, NULL, 1, &s->probe);

	s->probed = clock_mono();
	s->probed_wall = clock_wall();
	return code ? follow_failed(s->f, "probe", code) : 0;
}

static int wait_more(struct sync *s)
{
	const struct dirsync_setup *setup = s->f->setup;
	msec_t asked = s->probe && s->probed > s->heard ? s->probed : s->heard;
	msec_t left = asked + (s->probe ? setup->timeout : setup->interval) - clock_mono();
	int fd = -1;

	if (left <= 0)
		return s->probe ? follow_failed(s->f, "probe", LDAP_TIMEOUT) : probe(s);
	ldap_get_option(s->f->ld, LDAP_OPT_DESC, &fd);
	return follow_wait(s->f, fd, left);
}

static int turn(struct sync *s)
{
	struct timeval none = { 0, 0 };
	LDAPMessage *msg = NULL;
	int type = ldap_result(s->f->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &none, &msg), code, err;

	if (type > 0) {
		err = take(s, msg);
		ldap_msgfree(msg);
		return err;
	}
	if (type < 0) {
		ldap_get_option(s->f->ld, LDAP_OPT_RESULT_CODE, &code);
		return follow_failed(s->f, "read", code ? code : LDAP_SERVER_DOWN);
	}
	if (clock_mono() - s->begun >= s->f->setup->compare_every) {
		snprintf(s->f->why, sizeof(s->f->why), "compare_every is over");
		return -ESTALE;
	}
	/* Nothing more is on its way: what has come goes on. */
	err = s->refreshed && s->is_dirty ? send_all(s, clock_wall()) : 0;
	return err ? err : wait_more(s);
}

int follow_sync(struct follow *f)
{
	struct sync s = { .f = f, .begun = clock_mono(), .heard = clock_mono() };
	int err = begin(&s);

	while (!err)
		err = turn(&s);
	free(s.cookie);
	return err;
}

#endif
