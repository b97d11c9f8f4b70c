/*
 * core/mod/ask.c - see ask.h.
 */
#include "core/mod/ask.h"

#include "cfg/calls.h"
#include "cfg/compare.h"
#include "cfg/print.h"

#include <errno.h>
#include <stdio.h>

bool ask_calls_form(struct ask *a, const char *form)
{
	struct slice s = slice_str(form ? form : "text");

	a->calls_dot |= slice_eq(s, SLICE("dot"));
	a->calls |= slice_eq(s, SLICE("text"));
	return a->calls || a->calls_dot;
}

bool ask_is_asked(const struct ask *a)
{
	return a->dump || a->anonymous || a->code || a->calls || a->calls_dot || a->modules ||
	    a->diff;
}

static void dump(const struct ask *a, const struct cfg *cfg, struct buf *out)
{
	struct print p = { .out = out, .cfg = cfg, .anonymous = a->anonymous };

	if (a->anonymous)
		p.key = print_key(slice_str(a->key ? a->key : ""));
	print_cfg(&p);
}

static int diff(const struct ask *a, const struct cfg *cfg, const struct server_conf *conf,
    struct diag *diag, struct buf *out)
{
	struct server_conf other = *conf;
	struct server *server = NULL;
	int err;

	other.path = a->diff;
	err = server_load(&other, diag, &server);
	if (err)
		return err;
	if (cfg_compare(cfg, server_cfg(server), out) == 0)
		buf_printf(out, "%s and %s mean the same\n", conf->path, a->diff);
	server_free(&server);
	return 0;
}

int ask_answer(const struct ask *a, struct server *server, const struct server_conf *conf,
    struct diag *diag, void *file)
{
	const struct cfg *cfg = server_cfg(server);
	struct buf *out = buf_new(4096);
	int err = out ? 0 : -ENOMEM;

	if (!err && (a->dump || a->anonymous))
		dump(a, cfg, out);
	if (!err && a->calls)
		calls_text(cfg, out);
	if (!err && a->calls_dot)
		calls_dot(cfg, out);
	if (!err && a->modules)
		modules_text(cfg, out);
	if (!err && a->diff)
		err = diff(a, cfg, conf, diag, out);
	if (!err && out->failed)
		err = -ENOMEM;
	if (!err)
		fwrite(out->data, 1, out->len, file);
	if (!err && a->code)
		cfg_dump_code(cfg, file);
	buf_unref(&out);
	return err;
}
