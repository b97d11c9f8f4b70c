/*
 * modules/homing/where.c - where a user lives, by all that is known.
 *
 * What was said here counts more than what the directory says. Who is not named at all lives on
 * this server, if he is one of its users.
 */
#include "modules/homing/homing.h"

static struct slice server_of(struct homing *h, struct slice aor)
{
	const struct home *home = homes_find(&h->homes, aor);

	if (home || !h->auth_db)
		return home ? home->server : SLICE("");
	return h->auth_db->home(h->auth_db_state, aor);
}

struct slice homing_elsewhere(struct homing *h, struct slice aor, const struct gen *gen)
{
	struct slice server = server_of(h, aor);

	return homes_is_server(server) && !lcs_is_own_host(gen, server, 0) ? server : SLICE("");
}

const char *homing_rule(struct homing *h, struct slice aor, const struct gen *gen,
    struct slice *server)
{
	const struct home *said = homes_find(&h->homes, aor);

	*server = homing_elsewhere(h, aor, gen);
	if (server->len)
		return said ? "homes" : "directory";
	if (said || (h->auth_db && h->auth_db->state(h->auth_db_state, aor) != AUTH_DB_UNKNOWN))
		return "here";
	return NULL;
}

/* ---- all of them ---- */

struct visit { struct homing *homing; homing_user_fn *fn; void *arg; };

static void visit_said(const struct home *home, void *arg)
{
	const struct visit *v = arg;

	if (homes_is_server(home->server))
		v->fn(home->aor, home->server, v->arg);
}

static void visit_directory(struct slice aor, struct slice home, void *arg)
{
	const struct visit *v = arg;

	if (homes_is_server(home) && !homes_find(&v->homing->homes, aor))
		v->fn(aor, home, v->arg);
}

void homing_each_user(struct homing *h, homing_user_fn *fn, void *arg)
{
	struct visit v = { h, fn, arg };

	homes_each(&h->homes, visit_said, &v);
	if (h->auth_db)
		h->auth_db->each_home(h->auth_db_state, visit_directory, &v);
}
