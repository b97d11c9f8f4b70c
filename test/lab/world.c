/*
 * world - a module whose function asks the world, as a test must never do: made by
 * test/groups/lab.sh.
 */
#include "core/lcs.h"

#include <stdlib.h>

static enum fn_status ask_world(struct lcs_call *call)
{
	(void)call;
	abort();			/* nobody may come here */
}

static const struct lcs_func funcs[] = {
	{ "ask_world(what: str) -> bool", ask_world, IN_ANY, FUNC_TOUCHES_WORLD, "ask" },
	{ 0 }
};

LCS_MODULE(world, .summary = "asks the world", .funcs = funcs);
