/*
 * modules/presence_acl/soap.c - setACE and deleteACE in SERVICE requests.
 */
#include "modules/presence_acl/presence_acl.h"

#include <errno.h>
#include <stdlib.h>

struct asked { struct presence_acl *p; struct service_request *req; };

static uint16_t status_of(enum acl_result result)
{
	switch (result) {
	case ACL_OK: return 200;
	case ACL_OUT_OF_STEP: return 409;
	case ACL_UNKNOWN: return 404;
	case ACL_FORCED:
	case ACL_TOO_MANY: return 403;
	case ACL_TOO_LONG:
	case ACL_BAD: return 400;
	case ACL_NO_STORE: return 503;
	case ACL_NO_MEMORY: return 500;
	}
	return 500;
}

static void done(void *arg, const struct acl_answer *answer)
{
	struct asked *a = arg;
	const struct service_response ok = { .status = 200 };

	if (answer->result == ACL_OK)
		a->p->service->answer(a->req, &ok);
	else
		a->p->service->refuse(a->req, status_of(answer->result), answer->why);
	free(a);
}

static struct slice field(const struct service_asked *asked, const char *name)
{
	return slice_trim(service_field(asked, name));
}

static void ask(struct presence_acl *p, struct service_request *req,
    const struct service_asked *asked, const struct acl_change *change)
{
	struct acl_request wanted = { .aor = asked->aor, .changes = change, .count = 1 };
	struct asked *a;

	if (slice_to_u32(field(asked, "deltaNum"), &wanted.number) != 0 || !wanted.number) {
		p->service->refuse(req, 400, "deltaNum missing or not a number");
		return;
	}
	a = malloc(sizeof(*a));
	if (a) {
		*a = (struct asked){ p, req };
		if (acl_change(p, &wanted, done, a) == 0)
			return;
		free(a);
	}
	p->service->refuse(req, 500, "");
}

static void run(struct presence_acl *p, struct service_request *req,
    const struct service_asked *asked, enum acl_kind kind)
{
	struct acl_change change = { .kind = kind, .entry = { .mask = field(asked, "mask"),
	    .rights = { 'A', 'A' } } };

	if (acl_type_parse(field(asked, "type"), &change.entry.type) != 0)
		p->service->refuse(req, 400, "type is none of USER, DOMAIN, ALL");
	else if (kind == ACL_SET && acl_rights_parse(field(asked, "rights"), &change.entry.rights) != 0)
		p->service->refuse(req, 400, "rights are none of AA AD PA PD DA DD BA BD");
	else
		ask(p, req, asked, &change);
}

static void set_ace(struct service_request *req, const struct service_asked *asked, void *arg)
{
	run(arg, req, asked, ACL_SET);
}

static void delete_ace(struct service_request *req, const struct service_asked *asked, void *arg)
{
	run(arg, req, asked, ACL_DELETE);
}

int acl_add_operations(struct presence_acl *p)
{
	int err;

	p->operations[0] = (struct service_operation){ "setACE", SERVICE_SELF, set_ace, p };
	p->operations[1] = (struct service_operation){ "deleteACE", SERVICE_SELF, delete_ace, p };
	err = p->service->add_operation(p->service_state, &p->operations[0]);
	return err ? err : p->service->add_operation(p->service_state, &p->operations[1]);
}
