/*
 * modules/auth_ldap/bind.c - see bind.h.
 */
#include "config.h"
#include "modules/auth_ldap/bind.h"

#include <errno.h>
#include <stdlib.h>

#ifdef HAVE_LIBLDAP

struct session {
	struct bind_query *q;
	LDAP              *ld;
	msec_t             end;		/* by clock_mono() */
	char              *dn;		/* of the entry; libldap's */
};

static int failed(struct session *s, const char *step, int code)
{
	return ldap_note(s->ld, step, code, s->q->why, sizeof(s->q->why));
}

/* At least a hundredth of a second: zero would mean for ever. */
static struct timeval time_left(const struct session *s)
{
	msec_t left = s->end - clock_mono();

	left = left < 10 ? 10 : left;
	return (struct timeval){ .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };
}

static int read_entry(struct session *s, LDAPMessage *res)
{
	int count = ldap_count_entries(s->ld, res);

	if (count > 1)
		return -ENOTUNIQ;
	if (count == 1)
		s->dn = ldap_get_dn(s->ld, ldap_first_entry(s->ld, res));
	/* Without a name it would be anonymous again. */
	return s->dn && s->dn[0] ? 0 : -ENOENT;
}

static int find_entry(struct session *s)
{
	char *attrs[] = { (char *)(uintptr_t)LDAP_NO_ATTRS, NULL }, *filter;
	struct timeval tv = time_left(s);
	LDAPMessage *res = NULL;
	int code, err;

	filter = ldap_address_filter(s->q->filter, s->q->address, slice_str(s->q->aor));
	code = !filter ? LDAP_NO_MEMORY : ldap_search_ext_s(s->ld, s->q->base,
	    LDAP_SCOPE_SUBTREE, filter, attrs, 1, NULL, NULL, &tv, 2, &res);
	/* More than were sent, if only one: a server may have a limit of its own. */
	if (code == LDAP_SIZELIMIT_EXCEEDED)
		err = -ENOTUNIQ;
	else
		err = code ? failed(s, "search", code) : read_entry(s, res);
	ldap_msgfree(res);
	free(filter);
	return err == -EACCES ? -EPERM : err;
}

static bool is_refusal(int code)
{
	return code == LDAP_INVALID_CREDENTIALS || code == LDAP_INAPPROPRIATE_AUTH ||
	    code == LDAP_INSUFFICIENT_ACCESS || code == LDAP_CONSTRAINT_VIOLATION ||
	    code == LDAP_UNWILLING_TO_PERFORM || code == LDAP_NO_SUCH_OBJECT;
}

/* At the same server: what another has may be older. */
static int bind_as(struct session *s)
{
	struct berval cred = { .bv_len = s->q->password.len,
	    .bv_val = (char *)(uintptr_t)s->q->password.p };
	struct timeval tv = time_left(s);
	int code;

	ldap_set_option(s->ld, LDAP_OPT_TIMEOUT, &tv);
	code = ldap_sasl_bind_s(s->ld, s->dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
	if (is_refusal(code)) {
		failed(s, "password", code);
		return -EACCES;
	}
	return code ? failed(s, "password", code) : 0;
}

static int connect_to(struct session *s)
{
	struct ldap_opened opened;
	int code = ldap_servers_open(s->q->servers, s->q->place, s->end, &opened);
	int err;

	s->ld = opened.ld;
	memcpy(s->q->uri, opened.uri, sizeof(s->q->uri));
	err = code ? failed(s, opened.step, code) : 0;
	return err == -EACCES ? -EPERM : err;
}

bool bind_is_built(void) { return true; }

/* A NUL may end a password where it is judged (RFC 4616 2 allows none). */
static bool is_password(struct slice text)
{
	return text.len && slice_find(text, '\0') == text.len;
}

int bind_check(struct bind_query *q)
{
	struct session s = { .q = q, .end = clock_mono() + q->timeout };
	int err = is_password(q->password) ? connect_to(&s) : -EACCES;
	bool connected = !err;

	if (!err)
		err = find_entry(&s);
	if (!err)
		err = bind_as(&s);
	if (connected && ldap_is_away(err))
		ldap_servers_failed(q->servers, q->uri, q->why);
	ldap_memfree(s.dn);
	if (s.ld)
		ldap_unbind_ext_s(s.ld, NULL, NULL);
	return err;
}

#else

bool bind_is_built(void) { return false; }

int bind_check(struct bind_query *q)
{
	(void)q;
	return -EIO;
}

#endif
