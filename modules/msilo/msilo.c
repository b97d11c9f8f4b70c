/*
 * msilo - messages for users who are not signed in: kept, and delivered when they are.
 *
 * Each is on disk before it is accepted, delivered in order, one at a time, and deleted when
 * the endpoint has answered for it.
 */
#include "modules/msilo/msilo.h"

#include <errno.h>
#include <stdlib.h>

static int load(struct lcs_mod *mod)
{
	struct msilo *m = lcs_shared(mod);

	m->mod = mod;
	return msilo_follow_names(m);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct msilo *m = lcs_shared(mod);
	int n;

	(void)next;
	(void)conf;
	if (m->was_loaded)
		return 0;
	if (!store_is_on()) {
		log_error("msilo", "no store is configured: no message can be kept. Set store = "
		    "\"sqlite:/path/file.db\"");
		return -ENODEV;
	}
	n = msilo_journal_load(m);
	if (n < 0)
		return n;
	m->was_loaded = true;
	log_info("msilo", "messages wait count=%d", n);
	return 0;
}

static void purge(struct timer *t)
{
	struct msilo_local *local = container_of(t, struct msilo_local, purge);

	msilo_journal_purge();
	timer_start(&local->purge, msilo_conf(local->m)->purge_interval);
}

static int worker_start(struct lcs_mod *mod, void *arg)
{
	struct msilo_local *local = arg;

	local->m = lcs_shared(mod);
	list_init(&local->sendings);
	timer_init(&local->purge, purge);
	if (worker_self() == 0)
		timer_start(&local->purge, 60000);
	return boxes_start(local->m, local);
}

static void worker_stop(struct lcs_mod *mod, void *arg)
{
	struct msilo_local *local = arg;

	timer_stop(&local->purge);
	msilo_sendings_stop(lcs_shared(mod), local);
	boxes_stop(local);
}

static void unload(struct lcs_mod *mod)
{
	struct msilo *m = lcs_shared(mod);

	while (m->loaded) {
		struct loaded_box *next = m->loaded->next;

		free(m->loaded);
		m->loaded = next;
	}
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	NEED(struct msilo, tm, tm, 1),
	NEED(struct msilo, usrloc, usrloc, 1),
	{ .name = "auth_db", .version = 1, .optional = true },
	{ 0 }
};

#define DAY_MS ((int64_t)86400 * 1000)

static const struct lcs_param params[] = {
	PARAM_DURATION(struct msilo_conf, expire_time, "72h", 1000, 365 * DAY_MS, "s",
	    "how long a message waits, unless its own Expires is shorter"),
	PARAM_DURATION(struct msilo_conf, purge_interval, "10m", 1000, DAY_MS, "s",
	    "how often messages that waited too long are deleted from the store"),
	PARAM_INT(struct msilo_conf, max_messages, "200", 1, 100000,
	    "messages that wait for one user; m_store() refuses more"),
	PARAM_INT(struct msilo_conf, max_body, "65536", 1, 16777216, "bytes of one message"),
	PARAM_BOOL(struct msilo_conf, add_date, "yes",
	    "begin the text of a plain message with the time it was sent; the Date header tells it "
	    "in any case"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct msilo_local, waiting, STAT_GAUGE, "messages that wait, expired ones included "
	    "until the user is looked at"),
	LCS_STAT(struct msilo_local, stored, STAT_COUNTER, "messages taken"),
	LCS_STAT(struct msilo_local, withheld, STAT_COUNTER, "messages taken without being kept (keep=false)"),
	LCS_STAT(struct msilo_local, delivered, STAT_COUNTER, "messages the endpoint accepted"),
	LCS_STAT(struct msilo_local, refused_by_client, STAT_COUNTER,
	    "messages the endpoint did not want, which are deleted, too"),
	LCS_STAT(struct msilo_local, tries_failed, STAT_COUNTER,
	    "tries without an answer that settles it; the message goes on waiting"),
	LCS_STAT(struct msilo_local, too_many, STAT_COUNTER, "messages refused above max_messages"),
	LCS_STAT(struct msilo_local, unfit, STAT_COUNTER,
	    "not kept: no body, too large, a typing note, in a dialog"),
	LCS_STAT(struct msilo_local, store_failures, STAT_COUNTER,
	    "not kept because the store could not take it"),
	{ 0 }
};

LCS_MODULE(msilo,
	.summary = "messages for users who are not signed in",
	.conf_size = sizeof(struct msilo_conf),
	.local_size = sizeof(struct msilo_local),
	.shared_size = sizeof(struct msilo),
	.params = params,
	.funcs = msilo_funcs,
	.needs = needs,
	.stats = stats,
	.rpcs = msilo_rpcs,
	.schema = &msilo_schema,
	.flags = MODULE_AT_START,
	.load = load,
	.prepare = prepare,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.unload = unload,
	.manual =
	    "```\n"
	    "if (!lookup(\"location\")) {\n"
	    "    if (is_method(\"MESSAGE\") && m_store()) sl_send_reply(202, \"Accepted for later\");\n"
	    "    else sl_send_reply(480, \"User is signed out\");\n"
	    "    exit;\n"
	    "}\n"
	    "...\n"
	    "if (save(\"location\")) m_dump();\n"
	    "```\n"
	    "\n"
	    "`m_store()` is true when the message is on disk, so what was answered with 202 survives\n"
	    "`kill -9`. Delivery is a MESSAGE to the user's best endpoint with the Date it was sent; the\n"
	    "next one follows when this one is answered. What an endpoint refuses or does not answer is\n"
	    "offered to his next one, and the endpoint that took a message gets those behind it. A 2xx\n"
	    "ends it, and so does a 6xx, or a 4xx of all of them; if one of them said 405 (a telephone\n"
	    "that takes no MESSAGE), 408, 480, 486 or 5xx, or its connection was lost (430), or its host is\n"
	    "not found or DNS does not answer (478), the message waits for the next `m_dump()`: at a\n"
	    "registration, or when a user ends \"do not disturb\".\n"
	    "Endpoints that say what they can do (`methods`, Allow) without MESSAGE come last; after\n"
	    "sixteen a message waits, too.\n"
	    "\n"
	    "Messages for a user who is renamed (`lcsctl users rename`) wait for the new name; those for\n"
	    "one who is deleted are deleted: a new user of the same address is somebody else.\n"
	    "\n"
	    "Who is blocked politely must not see that from the answers. `m_store(keep=false)` takes a\n"
	    "message of his as it would for a user who stays signed out, up to the same `max_messages`, for\n"
	    "`expire_time`, and writes a row as large as nothing: neither text nor sender is kept. All\n"
	    "whom a user blocks so share one number, in which his own messages do not count, and nothing\n"
	    "that he does empties it.\n"
	    "\n"
	    "`lcsctl messages list` shows whose messages wait, from whom and how long, never what they\n"
	    "say. `lcsctl messages delete USER NUMBER` deletes one of them, `lcsctl messages delete USER\n"
	    "--all` all of that user; each deletion is logged under `audit`. The senders are not told.\n"
	    "\n"
	    "A message is delivered once, with two exceptions that nobody can rule out: the server dies\n"
	    "after the endpoint's answer and before the deletion is on disk, or the answer is lost on\n"
	    "its way to the server. And a sender who got no 202, because the server died behind the\n"
	    "write, may send again.\n",
);
