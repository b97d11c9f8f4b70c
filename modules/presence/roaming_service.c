/*
 * modules/presence/roaming_service.c - changes that users ask for in SERVICE requests.
 */
#include "modules/presence/roaming.h"

struct roaming_serving {
	struct roaming         *r;
	struct service_request *req;
	void (*answered)(struct roaming *r, struct service_request *req,
	    const struct roaming_answer *answer);
};

static uint16_t status_of(enum roaming_result result)
{
	switch (result) {
	case ROAMING_OK: return 200;
	case ROAMING_OUT_OF_STEP: return 409;
	case ROAMING_UNKNOWN: return 404;
	case ROAMING_EXISTS:
	case ROAMING_NOT_EMPTY:
	case ROAMING_RESERVED:
	case ROAMING_FORCED:
	case ROAMING_TOO_MANY: return 403;
	case ROAMING_TOO_LONG:
	case ROAMING_BAD: return 400;
	case ROAMING_NO_STORE: return 503;
	case ROAMING_NO_MEMORY: return 500;
	}
	return 500;
}

static void done(void *arg, const struct roaming_answer *answer)
{
	struct roaming_serving *s = arg;
	const struct service_response ok = { .status = 200 };

	if (answer->result != ROAMING_OK)
		s->r->service->refuse(s->req, status_of(answer->result), answer->why);
	else if (s->answered)
		s->answered(s->r, s->req, answer);
	else
		s->r->service->answer(s->req, &ok);
	free(s);
}

/* A client that changes something before its list came counts from 0. It gets the list, and the
 * number, from its subscription. */
static bool read_number(struct roaming *r, struct service_request *req,
    const struct service_asked *asked, uint32_t *number)
{
	if (slice_to_u32(slice_trim(service_field(asked, "deltaNum")), number) != 0) {
		r->service->refuse(req, 400, "deltaNum missing or not a number");
		return false;
	}
	if (*number || r->kind->takes_unnumbered)
		return true;
	r->service->refuse(req, 409, r->kind->out_of_step);
	return false;
}

void roaming_serve(struct roaming *r, struct service_request *req,
    const struct service_asked *asked, const void *change,
    void (*answered)(struct roaming *r, struct service_request *req,
    const struct roaming_answer *answer))
{
	struct roaming_request wanted = { .aor = asked->aor };
	struct roaming_serving *s;

	if (!read_number(r, req, asked, &wanted.number))
		return;
	s = malloc(sizeof(*s));
	if (s) {
		*s = (struct roaming_serving){ r, req, answered };
		if (roaming_change(r, &wanted, change, 1, done, s) == 0)
			return;
		free(s);
	}
	r->service->refuse(req, 500, "");
}

int roaming_add_operations(struct roaming *r)
{
	const struct roaming_operation *all = r->kind->operations;
	int err = 0;

	for (unsigned i = 0; !err && all[i].name; i++) {
		lcs_assert(i < ROAMING_OPERATIONS_MAX);
		r->operations[i] = (struct service_operation){ all[i].name, SERVICE_SELF,
		    all[i].run, r };
		err = r->service->add_operation(r->service_state, &r->operations[i]);
	}
	return err;
}
