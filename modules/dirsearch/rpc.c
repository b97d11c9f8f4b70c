/*
 * modules/dirsearch/rpc.c - lcsctl directory: show, set, delete, rules, rule.
 */
#include "modules/dirsearch/dirsearch.h"

#include <errno.h>

static json_t *describe(const struct person *p)
{
	json_t *o = json_object();
	struct person_view v;

	person_view(p, &v);
	for (unsigned i = 0; i < PERSON_COUNT; i++)
		if (v.field[i].len)
			json_object_set_new(o, person_field_name((enum person_field)i), json_slice(v.field[i]));
	return o;
}

static int rpc_show(struct lcs_rpc_call *call)
{
	struct slice aor = SLICE_NULL;
	int err = lcs_rpc_user(call, "user", &aor);
	const struct person *p = err ? NULL : people_find(lcs_shared(call->mod), aor);

	if (err)
		return err;
	if (!p)
		return lcs_rpc_fail(call, -ENOENT, "nothing is known of %.*s", SLICE_ARG(aor));
	call->result = describe(p);
	return 0;
}

#define FIELD_MAX 256u

/* What is given counts, the rest stays as it was. */
static int merge(struct lcs_rpc_call *call, const struct person *old, struct slice aor,
    struct person_view *v)
{
	*v = (struct person_view){ .field = { { NULL, 0 } } };
	if (old)
		person_view(old, v);
	v->field[PERSON_AOR] = aor;
	for (unsigned i = PERSON_AOR + 1; i < PERSON_COUNT; i++) {
		struct slice text = json_text(call->params,
		    person_field_name((enum person_field)i));

		if (text.p)
			v->field[i] = text;
		if (v->field[i].len <= FIELD_MAX)
			continue;
		return lcs_rpc_fail(call, -EINVAL, "no text may be longer than 256 bytes");
	}
	return 0;
}

static int rpc_set(struct lcs_rpc_call *call)
{
	struct dirsearch *d = lcs_shared(call->mod);
	struct slice aor = SLICE_NULL;
	int err = lcs_rpc_user(call, "user", &aor);
	struct person_view v;

	if (!err)
		err = merge(call, people_find(d, aor), aor, &v);
	if (!err)
		err = people_put(d, &v);
	if (err) {
		if (!call->error.len)
			call->error = arena_printf(call->arena, "the store refused: %s",
			    err_text(err));
		return err;
	}
	log_notice("audit", "directory entry changed by=administrator user=%.*s", SLICE_ARG(aor));
	call->result = describe(people_find(d, aor));
	return 0;
}

static int rpc_delete(struct lcs_rpc_call *call)
{
	struct slice aor = SLICE_NULL;
	int err = lcs_rpc_user(call, "user", &aor);

	if (!err)
		err = people_delete(lcs_shared(call->mod), aor);
	if (err == -ENOENT)
		call->error = arena_printf(call->arena, "nothing is known of %.*s",
		    SLICE_ARG(aor));
	if (err)
		return err;
	log_notice("audit", "directory entry deleted by=administrator user=%.*s", SLICE_ARG(aor));
	call->result = json_pack("{s:o}", "user", json_slice(aor));
	return 0;
}

/* ---- rules ---- */

static int rpc_rules(struct lcs_rpc_call *call)
{
	const struct rules *r = atomic_load(&((struct dirsearch
	    *)lcs_shared(call->mod))->rules);

	call->result = json_array();
	for (unsigned i = 0; r && i < r->count; i++)
		json_array_append_new(call->result, json_pack("{s:o, s:o, s:s}", "ou",
		    json_slice(r->rule[i].ou), "who", json_slice(r->rule[i].who), "verdict",
		    r->rule[i].allowed ? "allow" : "deny"));
	return 0;
}

static int read_verdict(struct slice text, int *allowed)
{
	static const char *const words[] = { "deny", "allow", "inherit" };

	for (int i = 0; i < 3; i++)
		if (slice_eq(text, slice_str(words[i]))) {
			*allowed = i == 2 ? -1 : i;
			return 0;
		}
	return -EINVAL;
}

static int refuse_who(struct lcs_rpc_call *call, struct slice who)
{
	if (!slice_starts_nocase(who, SLICE("group:")))
		return 0;
	return lcs_rpc_fail(call, -EINVAL, "rules are for units, not for groups: who belongs "
	    "to a group " "can change without the directory's owner knowing. Name a user, a "
	    "domain or \"all\"");
}

static int rpc_rule(struct lcs_rpc_call *call)
{
	struct slice ou = json_text(call->params, "ou"), who = json_text(call->params, "who");
	int allowed = 0, err = refuse_who(call, who);

	if (!err && (read_verdict(json_text(call->params, "verdict"), &allowed) != 0 ||
	    !who.len || ou.len > FIELD_MAX || who.len > 400)) {
		call->error = SLICE("write: a unit, who (\"all\", a domain, name@domain), "
		    "allow, deny or inherit");
		err = -EINVAL;
	}
	if (!err)
		err = rules_put(lcs_shared(call->mod), ou, who, allowed);
	if (err == -ENOENT)
		call->error = SLICE("there is no such rule");
	if (err)
		return err;
	log_notice("audit", "directory rule changed by=administrator ou=%.*s who=%.*s verdict=%.*s",
	    SLICE_ARG(ou), SLICE_ARG(who), SLICE_ARG(json_text(call->params, "verdict")));
	return rpc_rules(call);
}

static int rpc_servers(struct lcs_rpc_call *call)
{
	return lcs_rpc_done(call, ldap_servers_json(&((struct dirsearch *)lcs_shared(call->mod))->servers));
}

/* ---- tables ---- */

#define USER { "user", VALUE_STRING, true, "name@domain" }

static const struct lcs_rpc_arg user_args[] = { USER, { 0 } };
static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg set_args[] = {
	USER,
	{ "display_name", VALUE_STRING, false, "as lists show it" },
	{ "given_name", VALUE_STRING, false, "first name" },
	{ "sn", VALUE_STRING, false, "family name" },
	{ "mail", VALUE_STRING, false, "address for mail" },
	{ "title", VALUE_STRING, false, "what the person does" },
	{ "office", VALUE_STRING, false, "room" },
	{ "phone", VALUE_STRING, false, "telephone number" },
	{ "company", VALUE_STRING, false, "company" },
	{ "city", VALUE_STRING, false, "city" },
	{ "state", VALUE_STRING, false, "state or province" },
	{ "country", VALUE_STRING, false, "country" },
	{ "ou", VALUE_STRING, false, "organizational unit, \"Sales/North\"" },
	{ 0 }
};
static const struct lcs_rpc_arg rule_args[] = {
	{ "ou", VALUE_STRING, true, "organizational unit; what lies below it inherits" },
	{ "who", VALUE_STRING, true, "who looks: name@domain, a domain, or \"all\"" },
	{ "verdict", VALUE_STRING, true, "allow, deny, or inherit: no rule any more" },
	{ 0 }
};

const struct lcs_rpc dirsearch_rpcs[] = {
	{ "directory.show", RIGHT_READ, user_args, rpc_show, "what is known of a person" },
	{ "directory.set", RIGHT_ADMIN, set_args, rpc_set,
	  "make a person known, or change what is given" },
	{ "directory.delete", RIGHT_ADMIN, user_args, rpc_delete, "forget what is known of a person" },
	{ "directory.servers", RIGHT_READ, no_args, rpc_servers,
	  "the servers of ldap_uri: which is in use, which does not answer" },
	{ "directory.rules", RIGHT_READ, no_args, rpc_rules, "who may find whom" },
	{ "directory.rule", RIGHT_ADMIN, rule_args, rpc_rule,
	  "who may find the people of a unit and of those below it" },
	{ 0 }
};
