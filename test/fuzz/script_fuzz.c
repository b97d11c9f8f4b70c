/*
 * test/fuzz/script_fuzz.c - any bytes as a script: read, checked, shown, and if there is
 * nothing wrong with it every route of it runs, with functions that answer by chance,
 * wait, fail, are cancelled or too late. What is printed of it means the same.
 */
#include "test/fake/script.h"

#include "cfg/calls.h"
#include "cfg/compare.h"
#include "cfg/fiber.h"
#include "cfg/print.h"
#include "utils/err.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX_BYTES 20000u
#define WAITS_MAX      50u

static struct fake_script fake;

static unsigned seed_of(const uint8_t *data, size_t size)
{
	unsigned h = 2166136261u;

	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * 16777619u;
	return h | 1u;
}

/* What happens to a run that waits: mostly its value comes. */
static enum vm_status go_on(struct fiber *f, unsigned nth)
{
	if (nth == WAITS_MAX || fake.seed % 37 == 0)
		return vm_cancel(f, &fake.vm, &fake);
	if (f->within_count > 0 && fake.seed % 5 == 0) {
		vm_expire(f, fake.seed % f->within_count);
		fake.deadlines--;
	} else {
		vm_resume(f, fake_result(&fake, f->waits_for));
	}
	return vm_run(f, &fake.vm, &fake);
}

static void run_route(const struct cfg *cfg, unsigned id, unsigned seed)
{
	static const struct vm_limits limits = { 3000, 64 << 10 };
	struct arena *arena = arena_new(1 << 20);
	struct fiber *f = arena ? vm_start(cfg->program, id, NULL, 0, arena, &limits) : NULL;
	enum vm_status st;

	lcs_assert(arena);
	fake.seed = seed;
	if (f) {
		fake_script_begin(&fake, arena);
		st = vm_run(f, &fake.vm, &fake);
		for (unsigned n = 1; st == VM_SUSPENDED; n++)
			st = go_on(f, n);
		lcs_assert(fake.deadlines == 0);
		lcs_assert(st != VM_FAILED || vm_error(f)->what);
	}
	arena_free(&arena);
}

static bool takes_values(const struct cfg *cfg, unsigned id)
{
	return cfg->program->routes[id].params > 0;
}

static void run_all(const struct cfg *cfg, unsigned seed)
{
	for (unsigned i = 0; i < cfg->route_count; i++)
		for (unsigned n = 0; n < 3 && !takes_values(cfg, cfg->routes[i].id); n++)
			run_route(cfg, cfg->routes[i].id, seed + n * 7919 + i);
}

static void print(const struct cfg *cfg, bool anonymous, struct buf *out)
{
	struct print p = { .out = out, .cfg = cfg, .anonymous = anonymous };

	p.key = print_key(SLICE("fuzz"));
	print_cfg(&p);
	lcs_assert(!out->failed);
}

/* Hidden secrets are gone, and a guest's own forms are not printed as such. */
static bool can_be_read_again(struct slice printed, struct slice text)
{
	return slice_search(printed, SLICE("(secret)")) == printed.len &&
	    slice_search(text, SLICE("#!KAMAILIO")) == text.len &&
	    slice_search(text, SLICE("#!OPENSIPS")) == text.len;
}

static void print_and_compare(const struct cfg *cfg, struct slice text)
{
	struct buf *out = buf_new(256), *other = buf_new(256);
	struct diag *diag = diag_new();
	struct cfg *again = NULL;

	lcs_assert(out && other && diag);
	print(cfg, false, out);
	if (can_be_read_again(buf_slice(out), text)) {
		fake.seed = 0;
		cfg_load_text("fuzz.cfg", buf_slice(out), &fake.host, diag, &again);
		lcs_assert(again);
		lcs_assert(cfg_compare(cfg, again, other) == 0);
	}
	buf_clear(other);
	print(cfg, true, other);
	calls_text(cfg, other);
	calls_dot(cfg, other);
	modules_text(cfg, other);
	cfg_free(&again);
	diag_free(&diag);
	buf_unref(&out);
	buf_unref(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag *diag = diag_new();
	struct arena *arena = arena_new(0);
	struct cfg *cfg = NULL;
	struct slice text;
	int err;

	if (!fake.arena && fake_script_init(&fake) != 0)
		return 0;
	lcs_assert(diag && arena);
	fake.host.profile_path = NULL;	/* what a file says is no input of this one */
	fake.seed = 0;
	if (size <= TEXT_MAX_BYTES) {
		err = cfg_load_text("fuzz.cfg", slice_of((const char *)data, size), &fake.host, diag,
		    &cfg);
		lcs_assert((err == 0) == (diag_errors(diag) == 0));
		lcs_assert((err == 0) == (cfg != NULL));
		text = diag_text(diag, DIAG_TEXT, arena);
		lcs_assert(text.p || text.len == 0);
		diag_text(diag, DIAG_JSON, arena);
	}
	if (cfg) {
		run_all(cfg, seed_of(data, size));
		print_and_compare(cfg, slice_of((const char *)data, size));
	}
	cfg_free(&cfg);
	diag_free(&diag);
	arena_free(&arena);
	return 0;
}
