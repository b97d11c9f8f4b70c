/*
 * modules/xcap_server/services.c - rls-services (RFC 4826 section 4): addresses that stand for
 * lists of users. There is no other place for them, so what is kept is the truth.
 *
 * alice's services are called alice-NAME, so nobody takes another's address, and whose a service
 * is can be seen from it.
 */
#include "modules/xcap_server/services.h"

#include "modules/xcap_server/shape.h"
#include "modules/xcap_server/xcap.h"

#include <errno.h>

#define NS       XCAP_SERVICES_NS
#define LISTS_NS XCAP_LISTS_NS

struct reading {
	struct xcap       *x;
	struct arena      *arena;
	struct slice       owner;
	struct xcap_error *e;
};

/* ---- what a resource-list points to: a list of the owner's contacts ---- */

/* ".../resource-lists/users/sip:alice@example.com/index/~~/resource-lists/list[@name="Work"]",
 * with or without the scheme, the host and the root. */
static bool read_reference(struct reading *r, struct slice uri, struct slice *group)
{
	static const struct slice mark = SLICE_INIT("/resource-lists/users/");
	size_t at = slice_search(uri, mark);
	struct xcap_node node;
	struct xcap_path path;

	if (at == uri.len || xcap_path_parse(r->arena, slice_skip(uri, at), SLICE(""), &path) != 0 ||
	    xcap_node_parse(r->arena, &path, LISTS_NS, &node) != 0)
		return false;
	if (node.target != XCAP_ELEMENT || node.count != 2 ||
	    !slice_eq(node.steps[1].attr_name, SLICE("name")))
		return false;
	*group = node.steps[1].attr_value;
	path.user = slice_find(path.user, ':') < path.user.len ? path.user :
	    arena_printf(r->arena, "sip:%.*s", SLICE_ARG(path.user));
	path.user = path.user.p ? xcap_aor_of(r->arena, path.user) : SLICE_NULL;
	return path.user.p && slice_eq_nocase(path.user, r->owner);
}

/* ---- reading a document ---- */

static bool check_packages(struct reading *r, const struct xml_node *packages)
{
	xml_for_each(n, packages) {
		struct slice name;

		if (!xml_is(n, NS, SLICE("package")))
			return shape_refuse(n, NS, r->e);
		name = shape_text(r->arena, n, r->e);
		if (!name.p)
			return false;
		if (!slice_eq(name, SLICE("presence")))
			return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
			    "lists are served for the package presence");
	}
	return true;
}

static bool check_entries(struct reading *r, const struct xml_node *list)
{
	xml_for_each(n, list) {
		if (xml_is(n, LISTS_NS, SLICE("display-name")))
			continue;
		if (!xml_is(n, LISTS_NS, SLICE("entry")))
			return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
			    "%.*s: only entries can be in a list", SLICE_ARG(n->name));
		if (!shape_need(n, "uri", r->e).p)
			return false;
	}
	return true;
}

static bool check_in_service(struct reading *r, const struct xml_node *n, unsigned *lists)
{
	struct slice text, group;

	if (xml_is(n, NS, SLICE("packages")))
		return check_packages(r, n);
	(*lists)++;
	if (xml_is(n, NS, SLICE("list")))
		return check_entries(r, n);
	if (!xml_is(n, NS, SLICE("resource-list")))
		return shape_refuse(n, NS, r->e);
	text = shape_text(r->arena, n, r->e);
	if (!text.p)
		return false;
	return read_reference(r, text, &group) || xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
	    "resource-list is the URI of one of the user's own lists, chosen by its name");
}

static bool check_uri(struct reading *r, const struct xml_node *service)
{
	struct slice uri = shape_need(service, "uri", r->e), aor;

	if (!uri.p)
		return false;
	aor = xcap_aor_of(r->arena, uri);
	if (!aor.p || !xcap_is_service_of(aor, r->owner))
		return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
		    "a service of %.*s is called sip:%.*s-NAME%.*s", SLICE_ARG(r->owner),
		    SLICE_ARG(slice_first(r->owner, slice_find(r->owner, '@'))),
		    SLICE_ARG(slice_skip(r->owner, slice_find(r->owner, '@'))));
	if (r->x->users->state(r->x->users_state, aor) != AUTH_DB_UNKNOWN)
		return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE, "%.*s is a user", SLICE_ARG(aor));
	for (const struct xml_node *n = xml_child(service->parent, NS, SLICE("service"));
	    n != service; n = xml_next(n, NS, SLICE("service")))
		if (slice_eq_nocase(xml_attr(n, SLICE(""), SLICE("uri")), uri)) {
			xcap_refuse(r->e, XCAP_UNIQUENESS_FAILURE, "two services have the same uri");
			r->e->field = arena_printf(r->arena,
			    "rls-services/service[@uri=\"%.*s\"]/@uri", SLICE_ARG(uri));
			return false;
		}
	return true;
}

static bool check_service(struct reading *r, const struct xml_node *service)
{
	unsigned lists = 0;

	if (!shape_attrs(service, "uri", r->e) || !shape_no_text(service, r->e) ||
	    !check_uri(r, service))
		return false;
	xml_for_each(n, service)
		if (!check_in_service(r, n, &lists))
			return false;
	return lists == 1 || xcap_refuse(r->e, XCAP_SCHEMA_VALIDATION_ERROR,
	    "a service has one list or resource-list");
}

static bool check_root(struct reading *r, const struct xml_node *root)
{
	if (!xml_is(root, NS, SLICE("rls-services")))
		return xcap_refuse(r->e, XCAP_SCHEMA_VALIDATION_ERROR,
		    "the root is rls-services in its namespace");
	if (!shape_attrs(root, "", r->e) || !shape_no_text(root, r->e))
		return false;
	xml_for_each(n, root) {
		if (!xml_is(n, NS, SLICE("service")))
			return shape_refuse(n, NS, r->e);
		if (!check_service(r, n))
			return false;
	}
	return true;
}

static int plan_services(struct xcap *x, struct xcap_plan *p, struct xcap_error *e)
{
	struct reading r = { x, p->arena, p->aor, e };

	*e = (struct xcap_error){ .why = XCAP_WHY_COUNT };
	if (!p->root || check_root(&r, p->root))
		return 0;
	return e->why == XCAP_WHY_COUNT ? -ENOMEM : -EBADMSG;
}

/* ---- carrying it out ---- */

static uint32_t number_of(struct xcap *x, struct slice aor)
{
	const struct xcap_kept *kept = xcap_kept_find(x, &xcap_services, aor);

	return kept ? kept->number : 0;
}

struct asking { roaming_done_fn *done; void *arg; struct roaming_answer answer; };

static void tell(void *arg)
{
	struct asking *asking = arg;

	asking->done(asking->arg, &asking->answer);
}

/* One change of a user at a time comes here; but that somebody was renamed may have come between.
 * A number is not used again when a document has been deleted: it begins with the time of day. */
static void answer_change(const struct xcap_plan *p, uint32_t current, struct roaming_answer *out)
{
	uint32_t now = (uint32_t)loop_wall(worker_loop());

	out->result = current == p->number ? ROAMING_OK : ROAMING_OUT_OF_STEP;
	out->number = p->number >= now ? p->number + 1 : now;
}

static int change_services(struct xcap *x, const struct xcap_plan *p, roaming_done_fn *done,
    void *arg)
{
	struct asking *asking = arena_alloc(p->arena, sizeof(*asking));

	if (!asking)
		return -ENOMEM;
	*asking = (struct asking){ .done = done, .arg = arg };
	answer_change(p, number_of(x, p->aor), &asking->answer);
	return lcs_post(lcs_user_key(p->aor), tell, asking);
}

static bool is_there(const struct xcap *x)
{
	(void)x;
	return true;
}

const struct xcap_usage xcap_services = {
	.auid = SLICE_INIT("rls-services"),
	.ns = SLICE_INIT("urn:ietf:params:xml:ns:rls-services"),
	.mime = SLICE_INIT("application/rls-services+xml"), .root = "rls-services",
	.stat = offsetof(struct xcap_local, services),
	.is_there = is_there, .number = number_of, .plan = plan_services, .change = change_services,
};

/* ---- for other modules ---- */

static int take_list(struct reading *r, const struct xml_node *list, struct xcap_service *out)
{
	struct slice *uris;
	unsigned n = 0;

	xml_for_each_named(e, list, LISTS_NS, SLICE("entry"))
		n++;
	uris = arena_alloc(r->arena, (n + 1) * sizeof(*uris));
	if (!uris)
		return -ENOMEM;
	n = 0;
	xml_for_each_named(e, list, LISTS_NS, SLICE("entry"))
		uris[n++] = slice_trim(xml_attr(e, SLICE(""), SLICE("uri")));
	out->uris = uris;
	out->count = n;
	return 0;
}

static int take_service(struct reading *r, const struct xml_node *service,
    struct xcap_service *out)
{
	const struct xml_node *list = xml_child(service, NS, SLICE("list"));
	struct slice text;

	*out = (struct xcap_service){ .owner = r->owner };
	if (list)
		return take_list(r, list, out);
	text = xml_text(r->arena, xml_child(service, NS, SLICE("resource-list")));
	out->is_group = text.p && read_reference(r, slice_trim(text), &out->group);
	return out->is_group ? 0 : -ENOENT;
}

/* In the document of one who may be the owner. */
static int look(struct reading *r, const struct xcap_kept *kept, struct slice aor,
    struct xcap_service *out)
{
	const struct xml_limits limits = { kept->text.len + 1, 24, 16384 };
	struct xml_defect why;
	struct xml_node *root;
	int err = xml_read(r->arena, kept->text, &limits, &root, &why);

	if (err)
		return err == -ENOMEM ? err : -ENOENT;
	xml_for_each_named(n, root, NS, SLICE("service")) {
		struct slice uri = xcap_aor_of(r->arena, xml_attr(n, SLICE(""), SLICE("uri")));

		if (uri.p && slice_eq_nocase(uri, aor))
			return take_service(r, n, out);
	}
	return -ENOENT;
}

/* alice-b-work is of alice or of alice-b. */
int xcap_find_service(struct xcap *x, struct arena *arena, struct slice aor,
    struct xcap_service *out)
{
	struct slice domain = slice_skip(aor, slice_find(aor, '@'));
	size_t name = aor.len - domain.len;

	for (size_t i = 1; i < name; i++) {
		const struct slice pieces[] = { slice_first(aor, i), domain };
		struct reading r = { x, arena, SLICE_NULL, NULL };
		const struct xcap_kept *kept;
		int err = -ENOENT;

		if (aor.p[i] != '-')
			continue;
		r.owner = arena_join(arena, pieces, 2);
		if (!r.owner.p)
			return -ENOMEM;
		kept = xcap_kept_find(x, &xcap_services, r.owner);
		if (kept)
			err = look(&r, kept, aor, out);
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}
