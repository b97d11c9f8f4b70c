/*
 * rls - one subscription for many users: LCS's adhoclist, and resource lists (RFC 4662).
 *
 * Four kinds of lists: what an LCS client gives in its SUBSCRIBE and changes in its dialog;
 * a list of resources in a SUBSCRIBE (RFC 5367); the contacts that a user has stored, under an
 * address of their own; and what a user has given an address by XCAP (RFC 4826).
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
static bool names_contacts(const struct rls *r, struct slice aor)
{
	struct slice suffix = rls_conf(r)->list_suffix, rest = aor;
	struct slice user = slice_split(&rest, '@');

	return r->contacts && suffix.len && user.len > suffix.len && slice_ends(user, suffix);
}

/* "alice-work@example.com": an address of her rls-services; owner is in the arena. */
static int find_owner(const struct rls *r, struct arena *arena, struct slice aor,
    struct slice *owner)
{
	struct xcap_service service;
	int err = r->xcap ? r->xcap->find_service(r->xcap_state, arena, aor, &service) : -ENOENT;

	if (!err)
		*owner = service.owner;
	return err;
}

static bool names_service(const struct rls *r, struct slice aor)
{
	struct arena *arena = r->xcap ? arena_new(0) : NULL;
	struct slice owner;
	bool yes = arena && find_owner(r, arena, aor, &owner) == 0;

	arena_free(&arena);
	return yes;
}

/* "rls@example.com": who subscribes there brings the list. */
static bool names_server(const struct rls *r, struct slice aor)
{
	struct slice name = rls_conf(r)->list_server, rest = aor;

	return name.len && slice_eq_nocase(slice_split(&rest, '@'), name);
}

static bool names_list(const struct rls *r, struct slice aor)
{
	return names_contacts(r, aor) || names_service(r, aor);
}

/* Only the user himself watches his contacts so; what is his is with his owner. */
static bool is_own_list(const struct rls *r, const struct presence_request *req)
{
	struct slice rest = req->aor, watcher = req->watcher;
	struct slice user = slice_split(&rest, '@'), name = slice_split(&watcher, '@');

	if (!names_contacts(r, req->aor))
		return false;
	user.len -= rls_conf(r)->list_suffix.len;
	return slice_eq_nocase(user, name) && slice_eq_nocase(rest, watcher);
}

static bool is_own_service(const struct rls *r, const struct presence_request *req)
{
	struct arena *arena = r->xcap ? arena_new(0) : NULL;
	struct slice owner;
	bool yes = arena && find_owner(r, arena, req->aor, &owner) == 0 &&
	    slice_eq_nocase(owner, req->watcher);

	arena_free(&arena);
	return yes;
}

static bool is_adhoc(const struct presence_request *req)
{
	return has_word(req->require, SLICE("adhoclist")) || is_type(req->content_type, ADRL_TYPE);
}

/* RFC 5367 5, RFC 4662 4.2. Who merely has a body that is not asked for a list is served as if
 * it were not there. */
static int claims_given(const struct rls *r, const struct presence_request *req)
{
	bool is_list = is_type(req->content_type, LISTS_TYPE);

	if (!is_list && !has_word(req->require, SLICE("recipient-list-subscribe")) &&
	    !names_server(r, req->aor))
		return 0;
	if (!req->body.len)
		return -EBADMSG;
	if (!is_list)
		return -EMEDIUMTYPE;
	return has_word(req->supported, SLICE("eventlist")) ? 1 : -EPROTONOSUPPORT;
}

/* An address with the suffix can be a user's own name, too, for who does not know lists. */
static int claims_named(const struct rls *r, const struct presence_request *req)
{
	if (has_word(req->supported, SLICE("eventlist")))
		return names_list(r, req->aor);
	return names_service(r, req->aor) ? -EPROTONOSUPPORT : 0;
}

static int claims(void *arg, const struct presence_request *req)
{
	int claim = is_adhoc(req) ? 1 : claims_given(arg, req);

	if (!claim)
		claim = claims_named(arg, req);
	if (claim < 0)
		lcs_count(&rls_local(arg)->refused);
	return claim;
}

/* ---- clients that read notices in one way only ---- */

static bool is_plain_agent(const struct rls *r, struct slice agent)
{
	struct slice rest = rls_conf(r)->plain_agents;

	while (agent.len && rest.len) {
		struct slice begin = slice_trim(slice_split(&rest, ','));

		if (begin.len && slice_starts_nocase(agent, begin))
			return true;
	}
	return false;
}

/* Linphone looks for lists in notices of "Presence" alone. The text stays with the subscription,
 * so it tells after a restart, too, who is one of them. */
static int suit_agent(const struct rls *r, struct rls_list *l, const struct presence_request *req)
{
	struct slice event = r->presence->event(l->sub);
	struct arena *arena;
	struct slice loud;
	int err;

	if (req->is_restored)
		l->is_plain |= event.len && event.p[0] == 'P';
	if (l->is_lcs || req->is_restored || !slice_starts(event, SLICE("presence")) ||
	    !is_plain_agent(r, req->user_agent))
		return 0;
	arena = arena_new(0);
	loud = arena ? arena_printf(arena, "P%.*s", SLICE_ARG(slice_skip(event, 1))) : SLICE_NULL;
	err = loud.p ? r->presence->set_event(l->sub, loud) : -ENOMEM;
	arena_free(&arena);
	l->is_plain = true;
	return err;
}

static int begin(struct rls *r, struct presence_sub *sub, const struct presence_request *req)
{
	struct rls_list *l;
	int err;

	if (!req->body.len && is_adhoc(req))
		return -EBADMSG;
	l = rls_list_new(r, sub, req, is_adhoc(req));
	if (!l)
		return r->presence->package(r->presence_state, req->event) ? -ENOMEM : -ENOENT;
	r->presence->set_sub_data(sub, l);
	err = suit_agent(r, l, req);
	if (err)
		return err;
	if (req->body.len)
		return rls_list_apply(l, req->content_type, req->body);
	l->is_service = !is_own_list(r, req);
	return !l->is_service || is_own_service(r, req) ? rls_list_follow(l) : -ENOENT;
}

/* What she has written into her services counts from now on; if it is too much, what was there. */
static int follow_again(struct rls_list *l)
{
	int err = rls_list_follow(l);

	return err == -E2BIG ? 0 : err;
}

static int open_list(void *arg, struct presence_user *u, struct presence_sub *sub,
    const struct presence_request *req)
{
	struct rls *r = arg;
	struct rls_list *l = r->presence->sub_data(sub);

	(void)u;
	if (!l)
		return begin(r, sub, req);
	if (!req->body.len)
		return l->owner.len ? follow_again(l) : rls_list_renew(l);
	if (l->owner.len)		/* it has an address because it is kept elsewhere */
		return -EBADMSG;
	return is_type(req->content_type, ADRL_TYPE) == l->is_lcs ?
	    rls_list_apply(l, req->content_type, req->body) : -EMEDIUMTYPE;
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

static struct slice write_list(void *arg, struct presence_sub *sub, struct buf *out)
{
	const struct rls *r = arg;
	const struct rls_list *l = r->presence->sub_data(sub);

	return l ? rls_list_write(l, out) : SLICE_NULL;
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

static const struct presence_lists lists = { claims, open_list, build, close_list, write_list };
static const struct lcs_need needs[] = {
	NEED(struct rls, presence, presence, 1),
	NEED(struct rls, documents, presence_xml, 1),
	NEED_OPTIONAL(struct rls, contacts, contacts, 1),
	NEED_OPTIONAL(struct rls, xcap, xcap, 1),
	NEED_OPTIONAL(struct rls, homing, homing, 1),
	{ 0 }
};

static enum fn_status fn_is_list_uri(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);
	struct slice aor = uri && uri->user.len ? sip_uri_aor(lcs_arena(call->ctx), uri) : SLICE_NULL;

	return fn_bool(call, aor.p &&
	    (names_server(call->shared, aor) || names_list(call->shared, aor)));
}

static const struct lcs_func funcs[] = {
	{ "is_list_uri() -> bool", fn_is_list_uri, IN_REQUEST, FUNC_MUST_CHECK,
	  "is the Request-URI where lists are brought (list_server), or the address of a user's "
	  "contacts (list_suffix), or of a service that a user has made by XCAP" },
	{ 0 }
};

static int load(struct lcs_mod *mod)
{
	struct rls *r = lcs_shared(mod);

	r->mod = mod;
	r->heard = rls_heard;
	xml_read_init();
	return r->presence->set_lists(r->presence_state, &lists, r);
}

static const struct lcs_param params[] = {
	PARAM_INT(struct rls_conf, max_resources, "256", 1, 10000,
	    "users in one list; a longer one is refused with 403. LCS clients hold their own user "
	    "and all contacts in it"),
	PARAM_STRING(struct rls_conf, list_suffix, "-list",
	    "alice watches all her stored contacts at once at alice-list@ her domain, if her client "
	    "supports eventlist (RFC 4662); empty: not offered"),
	PARAM_STRING(struct rls_conf, list_server, "rls",
	    "who brings a list in the SUBSCRIBE (RFC 5367) may send it to this name at the domain, "
	    "where it is nobody's; empty: only to a user's address"),
	PARAM_STRING(struct rls_conf, plain_agents, "linphone",
	    "how User-Agent begins for clients that see a list only in notices of the event "
	    "Presence, written like that, and its parts only by Content-Id without angle brackets"),
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
	    "- with a list of resources in the body (RFC 5367, `application/resource-lists+xml`), to\n"
	    "  `rls@example.com` or to any user's address. Lists inside lists are one; what points to\n"
	    "  other documents is refused with 488, another type of body with 415, a client that does\n"
	    "  not say that it supports eventlist with 421. A body in a refresh is the whole new list;\n"
	    "  a bad one changes nothing. This is linphone's `rls_uri`;\n"
	    "- to `alice-list@example.com`, which stands for the contacts that alice has stored; the\n"
	    "  list follows when they change. Only alice may watch it;\n"
	    "- to an address that alice has made by XCAP (rls-services, RFC 4826, module xcap_server),\n"
	    "  for one of her groups or for users that she names. It follows her contacts; what else\n"
	    "  she writes into her services counts when a subscription is refreshed.\n\n"
	    "These addresses are no users': where a script asks does_uri_exist(), ask is_list_uri() first.\n\n"
	    "The first notice names all, and each after which somebody is not in the list any more; every\n"
	    "other one only who has changed. When a user is renamed (`lcsctl users rename`), lists that\n"
	    "clients have given name the new address from then on. What a watcher may see\n"
	    "of each user is decided as if he had subscribed to each. Users of other domains, and\n"
	    "those who live on another server (module homing), are not watched from here: LCS clients are told to subscribe to them themselves.\n",
	.conf_size = sizeof(struct rls_conf),
	.local_size = sizeof(struct rls_local),
	.shared_size = sizeof(struct rls),
	.params = params,
	.funcs = funcs,
	.needs = needs,
	.stats = stats,
	.load = load,
);
