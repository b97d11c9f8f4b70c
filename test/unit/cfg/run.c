/*
 * test/unit/cfg/run.c - load a script from a string, run a route, look at what it did.
 */
#include "test/unit/cfg/run.h"

#include "cfg/diag_item.h"
#include "cfg/fiber.h"

#define MODULES_TEXT \
	"loadmodule \"sl\" loadmodule \"tm\" loadmodule \"rr\" loadmodule \"maxfwd\"\n" \
	"loadmodule \"sanity\" loadmodule \"siputils\" loadmodule \"textops\"\n" \
	"loadmodule \"xlog\" loadmodule \"usrloc\" loadmodule \"registrar\"\n" \
	"loadmodule \"auth\" loadmodule \"hello\"\n"

struct scene *scene_new(void)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_int_equal(fake_script_init(&s->fake), 0);
	s->arena = arena_new(0);
	assert_non_null(s->arena);
	return s;
}

void scene_free(struct scene *s)
{
	cfg_free(&s->cfg);
	diag_free(&s->diag);
	arena_free(&s->arena);
	fake_script_fini(&s->fake);
	free(s);
	regex_thread_flush();
	arena_thread_flush();
}

static int load(struct scene *s, struct slice text)
{
	cfg_free(&s->cfg);
	diag_free(&s->diag);
	s->diag = diag_new();
	assert_non_null(s->diag);
	return cfg_load_text("t.cfg", text, &s->fake.host, s->diag, &s->cfg);
}

int scene_load(struct scene *s, const char *text)
{
	return load(s, arena_printf(s->arena, "#!lcs 1\n%s", text));
}

int scene_load_body(struct scene *s, const char *body)
{
	return load(s, arena_printf(s->arena, "#!lcs 1\n" MODULES_TEXT
	    "request_route {\n%s\ndrop;\n}\n", body));
}

static void to_log(struct scene *s, struct slice text)
{
	size_t len = text.len < sizeof(s->log) - 1 ? text.len : sizeof(s->log) - 1;

	memcpy(s->log, text.p, len);
	s->log[len] = '\0';
}

const char *scene_messages(struct scene *s)
{
	to_log(s, diag_text(s->diag, DIAG_TEXT, s->arena));
	return s->log;
}

void scene_begin(struct scene *s, const struct vm_limits *limits)
{
	int id = cfg_route_id(s->cfg, ROUTE_REQUEST, SLICE(""));

	assert_true(id >= 0);
	fake_script_begin(&s->fake, s->arena);
	s->fiber = vm_start(s->cfg->program, (unsigned)id, NULL, 0, s->arena, limits);
	assert_non_null(s->fiber);
	vm_set_method(s->fiber, FAKE_METHOD);
}

enum vm_status scene_go(struct scene *s)
{
	return vm_run(s->fiber, &s->fake.vm, &s->fake);
}

enum vm_status scene_run(struct scene *s)
{
	enum vm_status st;

	scene_begin(s, NULL);
	while ((st = scene_go(s)) == VM_SUSPENDED)
		vm_resume(s->fiber, fake_result(&s->fake, s->fiber->waits_for));
	return st;
}

const char *scene_calls(struct scene *s)
{
	size_t len = 0;

	s->log[0] = '\0';
	for (unsigned i = 0; i < s->fake.call_count && i < FAKE_CALLS_MAX; i++)
		len += (size_t)snprintf(s->log + len, sizeof(s->log) - len, "%s\n",
		    s->fake.calls[i].text);
	return s->log;
}

void first_error(struct scene *s, char *text, size_t room)
{
	const struct diag_item **list = diag_sorted(s->diag, s->arena);
	char code[8];

	while (*list && (*list)->level != DIAG_ERROR)
		list++;
	assert_non_null(*list);
	diag_code_text(*list, code);
	snprintf(text, room, "%s: %.*s", code, SLICE_ARG((*list)->text));
}

const char *scene_value(const char *expression)
{
	static char text[1000];
	struct scene *s = scene_new();
	char body[1200];
	enum vm_status st;

	snprintf(body, sizeof(body), "$avp(result) = %s;", expression);
	if (scene_load_body(s, body) != 0) {
		first_error(s, text, sizeof(text));
		scene_free(s);
		return text;
	}
	st = scene_run(s);
	if (st == VM_FAILED) {
		snprintf(text, sizeof(text), "error: %s", vm_error(s->fiber)->what);
	} else {
		const struct value *v = fake_get(&s->fake, "$avp(result)");
		struct slice shown = v ? value_text(s->arena, *v) : SLICE("nothing");

		snprintf(text, sizeof(text), "%.*s", SLICE_ARG(shown));
		if (v && v->type == VALUE_NULL)
			snprintf(text, sizeof(text), "null");
	}
	scene_free(s);
	return text;
}
