/*
 * modules/dirsearch/directory.c - see directory.h.
 */
#include "config.h"
#include "modules/dirsearch/directory.h"
#include "modules/dirsearch/filter.h"

#include <errno.h>

#ifdef HAVE_LIBLDAP

#define PAGE_MAX 200
#define SCAN_MAX 5000u			/* entries that are looked at for one answer */

struct session {
	struct directory_query *q;
	LDAP                   *ld;
	const char             *filter;
	msec_t                  end;	/* by clock_mono() */
	char                   *asker;	/* his DN, from libldap */
};

/* ---- failing ---- */

static int failed(struct session *s, const char *step, int code)
{
	return ldap_note(s->ld, step, code, s->q->why, sizeof(s->q->why));
}

/* What is left of the time, at least a hundredth of a second: zero would mean for ever. */
static struct timeval time_left(const struct session *s)
{
	msec_t left = s->end - clock_mono();

	if (left < 10)
		left = 10;
	return (struct timeval){ .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };
}

/* ---- the connection ---- */

static int connect_to(struct session *s)
{
	struct ldap_opened opened;
	int code = ldap_servers_open(s->q->servers, s->q->place, s->end, &opened);

	s->ld = opened.ld;
	memcpy(s->q->uri, opened.uri, sizeof(s->q->uri));
	return code ? failed(s, opened.step, code) : 0;
}

/* ---- whose rights ---- */

static int find_asker(struct session *s)
{
	const char *filter = filter_of_user(s->q->arena, s->q->as_user);
	char *attrs[] = { (char *)(uintptr_t)LDAP_NO_ATTRS, NULL };
	struct timeval tv = time_left(s);
	LDAPMessage *res = NULL;
	int code = !filter ? LDAP_NO_MEMORY : ldap_search_ext_s(s->ld, s->q->base,
	    LDAP_SCOPE_SUBTREE, filter, attrs, 1, NULL, NULL, &tv, 2, &res);

	/* Two of one address are nobody. */
	if (code == LDAP_SUCCESS && ldap_count_entries(s->ld, res) == 1)
		s->asker = ldap_get_dn(s->ld, ldap_first_entry(s->ld, res));
	ldap_msgfree(res);
	if (code && code != LDAP_SIZELIMIT_EXCEEDED)
		return failed(s, "asker", code);
	return s->asker ? 0 : -ENOENT;
}

/* RFC 4370: this search with the rights of another. */
static int asker_control(struct session *s, LDAPControl **out)
{
	struct slice id = arena_printf(s->q->arena, "dn:%s", s->asker);
	struct berval value = { .bv_len = id.len, .bv_val = (char *)(uintptr_t)id.p };
	int code = id.p ? ldap_control_create(LDAP_CONTROL_PROXY_AUTHZ, 1, &value, 1, out) :
	    LDAP_NO_MEMORY;

	return code ? failed(s, "control", code) : 0;
}

/* ---- entries ---- */

static struct slice first_value(struct session *s, LDAPMessage *entry, const char *attr)
{
	struct berval **values = ldap_get_values_len(s->ld, entry, attr);
	struct slice text = SLICE("");

	if (values && values[0])
		text = arena_dup(s->q->arena, slice_of(values[0]->bv_val, values[0]->bv_len));
	ldap_value_free_len(values);
	return text;
}

/* CN=x,OU=North,OU=Sales,DC=... is in the unit "Sales/North", as rules name it. */
static struct slice unit_of(struct session *s, LDAPMessage *entry)
{
	char *text = ldap_get_dn(s->ld, entry);
	struct slice ou = SLICE("");
	LDAPDN dn = NULL;

	if (text && ldap_str2dn(text, &dn, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS)
		for (int i = 0; dn && dn[i]; i++) {
			const LDAPAVA *ava = dn[i][0];
			struct slice value = slice_of(ava->la_value.bv_val, ava->la_value.bv_len);

			if (slice_eq_nocase(slice_of(ava->la_attr.bv_val, ava->la_attr.bv_len),
			    SLICE("ou")))
				ou = arena_printf(s->q->arena, ou.len ? "%.*s/%.*s" : "%.*s%.*s",
				    SLICE_ARG(value), SLICE_ARG(ou));
		}
	ldap_dnfree(dn);
	ldap_memfree(text);
	return ou;
}

static void take_entry(struct session *s, LDAPMessage *entry)
{
	struct directory_query *q = s->q;
	struct person_view p = { .field[PERSON_OU] = unit_of(s, entry) };

	for (int i = 0; i < PERSON_OU; i++)
		p.field[i] = first_value(s, entry, person_field_ldap((enum person_field)i));
	if (slice_starts_nocase(p.field[PERSON_AOR], SLICE("sip:")))
		p.field[PERSON_AOR] = slice_skip(p.field[PERSON_AOR], 4);
	if (p.field[PERSON_AOR].len && (!q->takes || q->takes(q->arg, &p)))
		found_keep(&q->found, &p);
}

/* ---- pages ---- */

static int ask_page(struct session *s, LDAPControl *page, LDAPControl *asker, LDAPMessage **res)
{
	static const char *const attrs[PERSON_COUNT] = {	/* all but the unit, which is in the DN */
#define F(id, ldap, attr, admin) [PERSON_##id] = (ldap)[0] ? (ldap) : NULL,
		PERSON_FIELDS(F)
#undef F
	};
	LDAPControl *controls[] = { page, asker, NULL };
	struct timeval tv = time_left(s);
	int code = ldap_search_ext_s(s->ld, s->q->base, LDAP_SCOPE_SUBTREE, s->filter,
	    (char **)(uintptr_t)attrs, 0, controls, NULL, &tv, (int)SCAN_MAX, res);

	if (code == LDAP_SIZELIMIT_EXCEEDED || code == LDAP_ADMINLIMIT_EXCEEDED) {
		s->q->found.more = true;	/* what came so far counts */
		return 0;
	}
	/* The base is not for this asker: nobody is found. */
	if (code == LDAP_NO_SUCH_OBJECT && asker)
		return 0;
	return code ? failed(s, "search", code) : 0;
}

static int run_page(struct session *s, LDAPControl *asker, struct berval *cookie, unsigned *scanned)
{
	LDAPControl *page = NULL;
	LDAPMessage *res = NULL;
	/* Where all of them will do, no more than are wanted and one. */
	int size = s->q->takes ? PAGE_MAX : (int)s->q->found.limit + 1, err;
	int code = ldap_create_page_control(s->ld, size > PAGE_MAX ? PAGE_MAX : size, cookie, 0, &page);

	if (code)
		return failed(s, "control", code);
	err = ask_page(s, page, asker, &res);
	for (LDAPMessage *e = res ? ldap_first_entry(s->ld, res) : NULL; e && !err;
	    e = ldap_next_entry(s->ld, e)) {
		take_entry(s, e);
		++*scanned;
	}
	if (!err && res) {
		code = ldap_page_cookie(s->ld, res, cookie);
		err = code ? failed(s, "page", code) : 0;
	}
	ldap_msgfree(res);
	ldap_control_free(page);
	return err;
}

static int run_pages(struct session *s, LDAPControl *asker)
{
	struct found *found = &s->q->found;
	struct berval cookie = { 0 };
	unsigned scanned = 0;
	int err;

	do {
		err = run_page(s, asker, &cookie, &scanned);
		if (!err && clock_mono() >= s->end)
			err = failed(s, "search", LDAP_TIMEOUT);
		found->more |= cookie.bv_len && scanned >= SCAN_MAX;
	} while (!err && cookie.bv_len && !found->more);
	ber_memfree(cookie.bv_val);
	return err;
}

bool directory_is_built(void) { return true; }

int directory_search(struct directory_query *q)
{
	struct session s = { .q = q, .end = clock_mono() + q->timeout };
	LDAPControl *asker = NULL;
	bool connected;
	int err;

	s.filter = filter_of_search(q->arena, q->search, q->extra);
	err = s.filter ? connect_to(&s) : -ENOMEM;
	connected = !err;
	if (!err && q->as_user.len)
		err = find_asker(&s);
	if (!err && s.asker)
		err = asker_control(&s, &asker);
	if (!err)
		err = run_pages(&s, asker);
	if (connected && ldap_is_away(err))
		ldap_servers_failed(q->servers, q->uri, q->why);
	ldap_control_free(asker);
	ldap_memfree(s.asker);
	if (s.ld)
		ldap_unbind_ext_s(s.ld, NULL, NULL);
	return err;
}

#else

bool directory_is_built(void) { return false; }

int directory_search(struct directory_query *q)
{
	(void)q;
	return -EIO;
}

#endif
