/*
 * core/mod/store_rpc.c - see store_rpc.h.
 */
#include "core/mod/store_rpc.h"

#include "core/store/mirror.h"
#include "utils/json.h"

#include <errno.h>

static int run_show(struct lcs_rpc_call *call)
{
	struct store_mirror_status s;
	struct store_counters c = { 0 };
	json_t *shown;

	if (store_is_on())
		store_counters(&c);
	store_mirror_status(&s);
	shown = json_pack("{s:b, s:b, s:I, s:I, s:b}", "on", store_is_on(),
	    "healthy", !store_is_on() || store_is_healthy(), "writes", (json_int_t)c.writes,
	    "errors", (json_int_t)c.errors, "mirror", s.is_on);
	if (shown && s.is_on)
		json_object_update_new(shown, json_pack("{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:b, s:o}",
		    "mirror_joined", s.is_joined, "mirror_home", json_slice(slice_str(s.home)),
		    "mirror_waiting", (json_int_t)s.waiting, "mirror_behind", (json_int_t)s.behind,
		    "mirror_written", (json_int_t)s.written, "mirror_refused", (json_int_t)s.refused,
		    "mirror_failures", (json_int_t)s.failures, "mirror_unmarked", s.is_unmarked,
		    "mirror_error", json_slice(slice_str(s.error))));
	return lcs_rpc_done(call, shown);
}

static int ask_mirror(struct lcs_rpc_call *call, bool claim)
{
	if (store_mirror_resync(claim) == 0)
		return lcs_rpc_done(call, json_true());
	return lcs_rpc_fail(call, -ENODEV, "the store has no mirror: store_mirror is not set");
}

static int run_resync(struct lcs_rpc_call *call) { return ask_mirror(call, false); }
static int run_claim(struct lcs_rpc_call *call) { return ask_mirror(call, true); }

static const struct lcs_rpc_arg no_args[] = { { 0 } };

const struct lcs_rpc store_rpcs[] = {
	{ "store.show", RIGHT_READ, no_args, run_show, "the store, and how far its SQL mirror is" },
	{ "store.resync", RIGHT_ADMIN, no_args, run_resync,
	  "begin to compare every row of the SQL mirror anew and bring what differs: \"store show\" "
	  "tells how far it is" },
	{ "store.claim", RIGHT_ADMIN, no_args, run_claim,
	  "begin to make the rows of this home in the SQL mirror what this store has, whoever wrote "
	  "them: \"store show\" tells how far it is" },
	{ 0 }
};
