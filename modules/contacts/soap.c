/*
 * modules/contacts/soap.c - what clients ask for in SERVICE requests: setContact, deleteContact,
 * addGroup, modifyGroup, deleteGroup.
 */
#include "modules/contacts/contacts.h"

#include "utils/buf.h"
#include "utils/xml_write.h"

#include <stdio.h>

/* Of all operations addGroup alone has a body in its 200. */
static void answer_group(struct roaming *r, struct service_request *req,
    const struct roaming_answer *answer)
{
	struct buf *b = buf_new(128);
	struct xml_writer w;
	char id[16];

	if (b) {
		snprintf(id, sizeof(id), "%u", answer->given);
		xml_write_init(&w, b);
		xml_begin(&w, "m:addGroup");
		xml_put_leaf(&w, "m:groupID", slice_str(id));
		xml_end(&w);
	}
	if (b && !b->failed)
		r->service->answer_soap(req, buf_slice(b));
	else
		r->service->refuse(req, 500, "");
	buf_unref(&b);
}

static void ask(struct roaming *r, struct service_request *req, const struct service_asked *asked,
    const struct contacts_change *change)
{
	r->api->serve(r, req, asked, change,
	    change->kind == CONTACTS_ADD_GROUP ? answer_group : NULL);
}

/* ---- reading ---- */

static struct slice field(const struct service_asked *asked, const char *name)
{
	return slice_trim(service_field(asked, name));
}

/* What is in <contactExtension>, as it came: the next reader may know more than we do. */
static struct slice extension_of(const struct service_asked *asked)
{
	const struct xml_node *n = xml_child(asked->operation, SERVICE_NS, SLICE("contactExtension"));
	struct buf *b = n && n->children ? buf_new(256) : NULL;
	struct slice text = SLICE_NULL;
	struct xml_writer w;

	if (!b)
		return text;
	xml_write_init(&w, b);
	for (n = n->children; n; n = n->next)
		xml_put_node(&w, n, SLICE(""));
	if (!b->failed)
		text = arena_dup(asked->arena, buf_slice(b));
	buf_unref(&b);
	return text;
}

static void set_contact(struct service_request *req, const struct service_asked *asked, void *arg)
{
	struct roaming *r = arg;
	struct slice subscribed = field(asked, "subscribed");
	struct contacts_change change = { .kind = CONTACTS_SET, .contact = {
		.uri = field(asked, "URI"), .name = field(asked, "displayName"),
		.external = field(asked, "externalURI"), .extension = extension_of(asked),
		.subscribed = true } };

	if (subscribed.len && xml_bool(subscribed, &change.contact.subscribed) != 0)
		r->service->refuse(req, 400, "subscribed is neither true nor false");
	else if (list_members_parse(field(asked, "groups"), &change.contact.members) != 0)
		r->service->refuse(req, 400, "groups are not numbers of groups");
	else
		ask(r, req, asked, &change);
}

static void delete_contact(struct service_request *req, const struct service_asked *asked, void *arg)
{
	const struct contacts_change change = { .kind = CONTACTS_DELETE,
	    .contact = { .uri = field(asked, "URI") } };

	ask(arg, req, asked, &change);
}

static void change_group(struct service_request *req, const struct service_asked *asked,
    struct roaming *r, enum contacts_kind kind)
{
	struct contacts_change change = { .kind = kind, .group = {
		.name = field(asked, "name"), .external = field(asked, "externalURI") } };
	uint32_t id = 0;

	if (kind != CONTACTS_ADD_GROUP && (slice_to_u32(field(asked, "groupID"), &id) != 0 || !id)) {
		r->service->refuse(req, 400, "groupID missing or not a number");
		return;
	}
	change.group.id = id;
	ask(r, req, asked, &change);
}

static void add_group(struct service_request *req, const struct service_asked *asked, void *arg)
{
	change_group(req, asked, arg, CONTACTS_ADD_GROUP);
}

static void modify_group(struct service_request *req, const struct service_asked *asked, void *arg)
{
	change_group(req, asked, arg, CONTACTS_MODIFY_GROUP);
}

static void delete_group(struct service_request *req, const struct service_asked *asked, void *arg)
{
	change_group(req, asked, arg, CONTACTS_DELETE_GROUP);
}

const struct roaming_operation contacts_operations[] = {
	{ "setContact", set_contact }, { "deleteContact", delete_contact },
	{ "addGroup", add_group }, { "modifyGroup", modify_group },
	{ "deleteGroup", delete_group }, { NULL, NULL }
};
