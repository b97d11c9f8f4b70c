/*
 * modules/contacts/soap.c - what clients ask for in SERVICE requests: setContact, deleteContact,
 * addGroup, modifyGroup, deleteGroup.
 */
#include "modules/contacts/contacts.h"

#include "utils/buf.h"
#include "utils/xml_write.h"

#include <stdio.h>

static struct contacts *contacts_of(void *arg) { return arg; }

/* ---- answering ---- */

static uint16_t status_of(enum contacts_result result)
{
	switch (result) {
	case CONTACTS_OK: return 200;
	case CONTACTS_OUT_OF_STEP: return 409;
	case CONTACTS_UNKNOWN: return 404;
	case CONTACTS_EXISTS:
	case CONTACTS_NOT_EMPTY:
	case CONTACTS_RESERVED:
	case CONTACTS_TOO_MANY: return 403;
	case CONTACTS_TOO_LONG:
	case CONTACTS_BAD: return 400;
	case CONTACTS_NO_STORE: return 503;
	case CONTACTS_NO_MEMORY: return 500;
	}
	return 500;
}

struct asked { struct contacts *c; struct service_request *req; bool wants_group; };

/* Of all operations addGroup alone has a body in its 200. */
static void answer_group(const struct asked *a, unsigned group)
{
	struct buf *b = buf_new(128);
	struct xml_writer w;
	char id[16];

	if (b) {
		snprintf(id, sizeof(id), "%u", group);
		xml_write_init(&w, b);
		xml_begin(&w, "m:addGroup");
		xml_put_leaf(&w, "m:groupID", slice_str(id));
		xml_end(&w);
	}
	if (b && !b->failed)
		a->c->service->answer_soap(a->req, buf_slice(b));
	else
		a->c->service->refuse(a->req, 500, "");
	buf_unref(&b);
}

static void done(void *arg, const struct contacts_answer *answer)
{
	struct asked *a = arg;
	uint16_t status = status_of(answer->result);
	const struct service_response ok = { .status = 200 };

	if (status != 200)
		a->c->service->refuse(a->req, status, answer->why);
	else if (a->wants_group)
		answer_group(a, answer->group);
	else
		a->c->service->answer(a->req, &ok);
	free(a);
}

static void ask(struct contacts *c, struct service_request *req, const struct service_asked *asked,
    const struct contacts_change *change)
{
	struct slice number = slice_trim(service_field(asked, "deltaNum"));
	struct contacts_request wanted = { .aor = asked->aor, .changes = change, .count = 1 };
	struct asked *a;

	if (slice_to_u32(number, &wanted.number) != 0 || !wanted.number) {
		c->service->refuse(req, 400, "deltaNum missing or not a number");
		return;
	}
	a = malloc(sizeof(*a));
	if (a) {
		*a = (struct asked){ c, req, change->kind == CONTACTS_ADD_GROUP };
		if (contacts_change(c, &wanted, done, a) == 0)
			return;
		free(a);
	}
	c->service->refuse(req, 500, "");
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
	struct contacts *c = contacts_of(arg);
	struct slice subscribed = field(asked, "subscribed");
	struct contacts_change change = { .kind = CONTACTS_SET, .contact = {
		.uri = field(asked, "URI"), .name = field(asked, "displayName"),
		.external = field(asked, "externalURI"), .extension = extension_of(asked),
		.subscribed = true } };

	if (subscribed.len && xml_bool(subscribed, &change.contact.subscribed) != 0)
		c->service->refuse(req, 400, "subscribed is neither true nor false");
	else if (list_members_parse(field(asked, "groups"), &change.contact.members) != 0)
		c->service->refuse(req, 400, "groups are not numbers of groups");
	else
		ask(c, req, asked, &change);
}

static void delete_contact(struct service_request *req, const struct service_asked *asked, void *arg)
{
	const struct contacts_change change = { .kind = CONTACTS_DELETE,
	    .contact = { .uri = field(asked, "URI") } };

	ask(contacts_of(arg), req, asked, &change);
}

static void change_group(struct service_request *req, const struct service_asked *asked,
    struct contacts *c, enum contacts_kind kind)
{
	struct contacts_change change = { .kind = kind, .group = {
		.name = field(asked, "name"), .external = field(asked, "externalURI") } };
	uint32_t id = 0;

	if (kind != CONTACTS_ADD_GROUP && (slice_to_u32(field(asked, "groupID"), &id) != 0 || !id)) {
		c->service->refuse(req, 400, "groupID missing or not a number");
		return;
	}
	change.group.id = id;
	ask(c, req, asked, &change);
}

static void add_group(struct service_request *req, const struct service_asked *asked, void *arg)
{
	change_group(req, asked, contacts_of(arg), CONTACTS_ADD_GROUP);
}

static void modify_group(struct service_request *req, const struct service_asked *asked, void *arg)
{
	change_group(req, asked, contacts_of(arg), CONTACTS_MODIFY_GROUP);
}

static void delete_group(struct service_request *req, const struct service_asked *asked, void *arg)
{
	change_group(req, asked, contacts_of(arg), CONTACTS_DELETE_GROUP);
}

int contacts_add_operations(struct contacts *c)
{
	static const struct { const char *name; void (*run)(struct service_request *req,
	    const struct service_asked *asked, void *arg); } all[CONTACTS_OPERATIONS] = {
		{ "setContact", set_contact }, { "deleteContact", delete_contact },
		{ "addGroup", add_group }, { "modifyGroup", modify_group },
		{ "deleteGroup", delete_group },
	};
	int err = 0;

	for (unsigned i = 0; !err && i < CONTACTS_OPERATIONS; i++) {
		c->operations[i] = (struct service_operation){ all[i].name, SERVICE_SELF, all[i].run, c };
		err = c->service->add_operation(c->service_state, &c->operations[i]);
	}
	return err;
}
