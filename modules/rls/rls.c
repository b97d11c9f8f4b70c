/*
 * rls - one subscription for many users: LCS's adhoclist, and resource lists (RFC 4662).
 *
 * Three kinds of lists: what an LCS client gives in its SUBSCRIBE and changes in its dialog;
 * a list of resources in a SUBSCRIBE (RFC 5367); and the contacts that a user has stored,
 * under an address of their own.
 */
#include "modules/rls/rls.h"

#include "parser/mime.h"

#include <errno.h>

static bool has_word(struct slice list, struct slice word)
{
	while (list.len)
		if (slice_eq_nocase(slice_trim(slice_split(&list, ',')), word))
			return true;
	return false;
}

static bool is_type(struct slice content_type, struct slice name)
{
	struct mime_type type;

	return mime_type_parse(content_type, &type, NULL) == 0 && mime_type_is(&type, name);
}

/* "alice-list@example.com": whose contacts? false if it names nobody's. */
static bool names_contacts(const struct rls *r, const struct presence_request *req)
{
	struct slice suffix = rls_conf(r)->list_suffix, rest = req->aor;
	struct slice user = slice_split(&rest, '@');

	return r->contacts && suffix.len && user.len > suffix.len && slice_ends(user, suffix) &&
	    has_word(req->supported, SLICE("eventlist"));
}

/* Only the user himself watches his contacts so; what is his is with his owner. */
static bool is_own_list(const struct rls *r, const struct presence_request *req)
{
	struct slice rest = req->aor, watcher = req->watcher;
	struct slice user = slice_split(&rest, '@'), name = slice_split(&watcher, '@');

	user.len -= rls_conf(r)->list_suffix.len;
	return slice_eq_nocase(user, name) && slice_eq_nocase(rest, watcher);
}

static bool is_adhoc(const struct presence_request *req)
{
	return has_word(req->require, SLICE("adhoclist")) || is_type(req->content_type, ADRL_TYPE);
}

static bool claims(void *arg, const struct presence_request *req)
{
	return is_adhoc(req) || is_type(req->content_type, LISTS_TYPE) || names_contacts(arg, req);
}

static int begin(struct rls *r, struct presence_sub *sub, const struct presence_request *req)
{
	struct rls_list *l;

	if (!req->body.len && is_adhoc(req))
		return -EBADMSG;
	l = rls_list_new(r, sub, req, is_adhoc(req));
	if (!l)
		return r->presence->package(r->p, req->event) ? -ENOMEM : -ENOENT;
	r->presence->set_sub_data(sub, l);
	if (req->body.len)
		return rls_list_apply(l, req->content_type, req->body);
	return is_own_list(r, req) ? rls_list_follow(l, req->watcher) : -ENOENT;
}

static int open_list(void *arg, struct presence_user *u, struct presence_sub *sub,
    const struct presence_request *req)
{
	struct rls *r = arg;
	struct rls_list *l = r->presence->sub_data(sub);

	(void)u;
	if (!l)
		return begin(r, sub, req);
	return req->body.len ? rls_list_apply(l, req->content_type, req->body) : 0;
}

static int build(void *arg, struct presence_user *u, struct presence_sub *sub, bool full,
    struct presence_body **out)
{
	struct rls *r = arg;
	struct rls_list *l = r->presence->sub_data(sub);

	(void)u;
	*out = NULL;
	return l ? rls_body(l, full, out) : 0;
}

static void close_list(void *arg, struct presence_user *u, struct presence_sub *sub)
{
	struct rls *r = arg;
	struct rls_list *l = r->presence->sub_data(sub);

	(void)u;
	if (!l)
		return;
	r->presence->set_sub_data(sub, NULL);
	rls_list_free(l);
}

/* ---- tables ---- */

static const struct presence_lists lists = { claims, open_list, build, close_list };
static const struct lcs_need needs[] = {
	{ "presence", 1, false }, { "presence_xml", 1, false }, { "contacts", 1, true }, { 0 }
};

static int load(struct lcs_mod *mod)
{
	struct rls *r = lcs_shared(mod);
	void *p = NULL, *px = NULL, *c = NULL;

	r->mod = mod;
	r->presence = lcs_import(mod, "presence", &p);
	r->p = p;
	r->documents = lcs_import(mod, "presence_xml", &px);
	r->px = px;
	r->contacts = lcs_import(mod, "contacts", &c);
	r->c = c;
	xml_read_init();
	return r->presence->set_lists(r->p, &lists, r);
}

static const struct lcs_param params[] = {
	PARAM_INT(struct rls_conf, max_resources, "256", 1, 10000,
	    "users in one list; a longer one is refused with 403. LCS clients hold their own user "
	    "and all contacts in it"),
	PARAM_STRING(struct rls_conf, list_suffix, "-list",
	    "alice watches all her stored contacts at once at alice-list@ her domain, if her client "
	    "supports eventlist (RFC 4662); empty: not offered"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct rls_local, lists, STAT_COUNTER, "lists that were begun"),
	LCS_STAT(struct rls_local, resources, STAT_COUNTER, "users that came into lists"),
	LCS_STAT(struct rls_local, bodies, STAT_COUNTER, "notices made for lists"),
	LCS_STAT(struct rls_local, refused, STAT_COUNTER, "lists that were refused"),
	{ 0 }
};

LCS_MODULE(rls,
	.summary = "one subscription for a list of users (RFC 4662, LCS)",
	.manual =
	    "Clients with many contacts subscribe once instead of once for each. `handle_subscribe()`\n"
	    "hands such a SUBSCRIBE to this module:\n\n"
	    "- from an LCS client with `Require: adhoclist`, which gives its contacts and changes the\n"
	    "  list in the dialog; it must be told of that by `Supported: adhoclist` in the answer to\n"
	    "  its REGISTER;\n"
	    "- with a list of resources in the body (RFC 5367, `application/resource-lists+xml`);\n"
	    "- to `alice-list@example.com`, which stands for the contacts that alice has stored; the\n"
	    "  list follows when they change. Only alice may watch it.\n\n"
	    "The first notice names all; each later one only who has changed. What a watcher may see\n"
	    "of each user is decided as if he had subscribed to each. Users of other domains are not\n"
	    "watched from here: LCS clients are told to subscribe to them themselves.\n",
	.conf_size = sizeof(struct rls_conf),
	.local_size = sizeof(struct rls_local),
	.shared_size = sizeof(struct rls),
	.params = params,
	.needs = needs,
	.stats = stats,
	.load = load,
);
