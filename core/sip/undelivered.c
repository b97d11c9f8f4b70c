/*
 * core/sip/undelivered.c - see undelivered.h.
 *
 * ICMP quotes the beginning of the datagram: enough for the first Via, which is ours, not
 * always enough for the Call-ID. So it is not known who owns the transaction, and all are
 * asked; the branch, which only its sender and its receiver know, says which one is meant.
 */
#include "core/sip/undelivered.h"

#include "core/sip/tx.h"
#include "parser/lines.h"
#include "utils/list.h"

#include <stdlib.h>

#define BRANCH_BYTES 128u

struct report {
	struct inbox_item item;
	int               err;
	bool              is_cancel;
	size_t            len;
	char              branch[BRANCH_BYTES];
};

static void tell(struct inbox_item *item)
{
	struct report *r = container_of(item, struct report, item), report = *r;

	free(r);
	tx_ops()->undelivered(slice_of(report.branch, report.len), report.is_cancel, report.err);
}

static void tell_all(const struct report *what)
{
	for (unsigned i = 0; i < worker_count(); i++) {
		struct report *r = malloc(sizeof(*r));

		if (!r)
			return;
		*r = *what;
		r->item.run = tell;
		if (worker_post(i, &r->item, INBOX_MAY_REFUSE) != 0)
			free(r);
	}
}

/* The top Via of a request that may end anywhere. */
static bool find_via(struct line_walk *walk, struct sip_via *via)
{
	struct slice line, name, value, first;

	while (line_walk_next(walk, &line))
		if (line_split(line.p, slice_end(line), &name, &value) &&
		    hdr_by_name(name) == HDR_VIA)
			return hdr_next_value(&value, &first) &&
			    sip_via_parse(first, via, NULL) == 0;
	return false;
}

void sip_undelivered(struct slice sent, const struct sock_addr *to, int err)
{
	struct report report = { .err = err };
	struct line_walk walk;
	struct slice start;
	struct sip_via via;

	(void)to;
	if (!tx_ops() || !tx_ops()->undelivered || !line_walk_begin(&walk, sent, &start) ||
	    slice_starts(start, SLICE("SIP/")) || !find_via(&walk, &via) ||
	    via.branch.len == 0 || via.branch.len > sizeof(report.branch))
		return;
	report.is_cancel = slice_starts(start, SLICE("CANCEL "));
	report.len = via.branch.len;
	memcpy(report.branch, via.branch.p, via.branch.len);
	tell_all(&report);
}
