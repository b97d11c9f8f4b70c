/*
 * modules/presence_acl/soap.c - setACE and deleteACE in SERVICE requests.
 */
#include "modules/presence_acl/presence_acl.h"

static struct slice field(const struct service_asked *asked, const char *name)
{
	return slice_trim(service_field(asked, name));
}

static void run(struct roaming *r, struct service_request *req,
    const struct service_asked *asked, enum acl_kind kind)
{
	struct acl_change change = { .kind = kind, .entry = { .mask = field(asked, "mask"),
	    .rights = { 'A', 'A' } } };

	if (acl_type_parse(field(asked, "type"), &change.entry.type) != 0)
		r->service->refuse(req, 400, "type is none of USER, DOMAIN, ALL");
	else if (kind == ACL_SET && acl_rights_parse(field(asked, "rights"), &change.entry.rights) != 0)
		r->service->refuse(req, 400, "rights are none of AA AD PA PD DA DD BA BD");
	else
		r->api->serve(r, req, asked, &change, NULL);
}

static void set_ace(struct service_request *req, const struct service_asked *asked, void *arg)
{
	run(arg, req, asked, ACL_SET);
}

static void delete_ace(struct service_request *req, const struct service_asked *asked, void *arg)
{
	run(arg, req, asked, ACL_DELETE);
}

const struct roaming_operation acl_operations[] = {
	{ "setACE", set_ace }, { "deleteACE", delete_ace }, { NULL, NULL }
};
