/*
 * test/fake/script.c - symbols like those of the real modules, and what they do in tests.
 */
#include "test/fake/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define IN_TX (IN_REQUEST | IN_FAILURE | IN_BRANCH | IN_LOCAL)
#define REPLIES (FUNC_ENDS | FUNC_REPLIES)
#define RELAYS (FUNC_ENDS | FUNC_RELAYS)
#define ARMS(kind) (FUNC_ARMS | (unsigned)(kind) << 16)

struct func { const char *module, *sig; unsigned where, flags; };

static const struct func funcs[] = {
	{ "core", "setflag(flag: any)", IN_ANY, 0 },
	{ "core", "isflagset(flag: any) -> bool", IN_ANY, 0 },
	{ "core", "strip(count: int 0..100)", IN_REQUEST | IN_BRANCH | IN_FAILURE, 0 },
	{ "sl", "sl_send_reply(code: int 100..699, reason: fmt) -> bool", IN_REQUEST, REPLIES },
	{ "sl", "send_reply(code: int 100..699, reason: fmt, headers: list? = null) -> bool", 0, 0 },
	{ "sl", "sl_reply_error() -> bool", IN_REQUEST | IN_FAILURE, REPLIES },
	{ "tm", "t_relay() -> bool", IN_REQUEST | IN_FAILURE, RELAYS | FUNC_MAY_SUSPEND },
	{ "tm", "t_reply(code: int 100..699, reason: fmt) -> bool", IN_REQUEST | IN_FAILURE, REPLIES },
	{ "tm", "t_check_trans() -> bool", IN_REQUEST, FUNC_YES_ENDS },
	{ "tm", "t_is_canceled() -> bool", IN_FAILURE, 0 },
	{ "tm", "t_check_status(pattern: str) -> bool", IN_FAILURE | IN_RESPONSE, 0 },
	{ "tm", "t_on_failure(route: str)", IN_TX, ARMS(ROUTE_FAILURE) },
	{ "tm", "t_on_branch(route: str)", IN_TX, ARMS(ROUTE_BRANCH) },
	{ "tm", "t_on_reply(route: str)", IN_TX | IN_RESPONSE, ARMS(ROUTE_REPLY) },
	{ "rr", "record_route() -> bool", IN_REQUEST | IN_BRANCH | IN_FAILURE, 0 },
	{ "rr", "loose_route() -> bool", IN_REQUEST, 0 },
	{ "maxfwd", "mf_process_maxfwd_header(limit: int 1..255) -> bool", IN_REQUEST, 0 },
	{ "sanity", "sanity_check() -> bool", IN_REQUEST, FUNC_NO_ENDS },
	{ "siputils", "has_totag() -> bool", IN_MESSAGE, 0 },
	{ "siputils", "is_request() -> bool", IN_MESSAGE, 0 },
	{ "siputils", "is_myself(uri: str) -> bool", IN_MESSAGE, 0 },
	{ "siputils", "is_method(methods: str) -> bool", IN_MESSAGE, FUNC_ASKS_METHOD },
	{ "textops", "append_hf(header: fmt) -> bool", IN_MESSAGE, 0 },
	{ "textops", "remove_hf(name: str) -> bool", IN_MESSAGE, 0 },
	{ "textops", "has_body(type: str? = null) -> bool", 0, 0 },
	{ "xlog", "xlog(level_or_text: fmt, text: fmt? = null)", 0, 0 },
	{ "xlog", "xwarn(text: fmt)", IN_ANY, FUNC_LOGS },
	{ "xlog", "xerr(text: fmt)", IN_ANY, FUNC_LOGS },
	{ "xlog", "xinfo(text: fmt, args: any...)", IN_ANY, FUNC_LOGS },
	{ "registrar", "save(domain: str = \"location\") -> bool", IN_REQUEST | IN_ONSEND,
	  REPLIES | FUNC_MAY_SUSPEND | FUNC_MAY_FAIL },
	{ "registrar", "lookup(domain: str = \"location\") -> bool", IN_REQUEST | IN_FAILURE,
	  FUNC_MAY_SUSPEND | FUNC_MAY_FAIL | FUNC_MUST_CHECK },
	{ "auth", "www_challenge(realm: str, flags: int = 0) -> bool", IN_REQUEST, REPLIES },
	{ "auth", "pv_www_authenticate(realm: str, ha1: str, flags: int = 0) -> int", IN_REQUEST, 0 },
	{ "auth_db", "auth_check(realm: str) -> bool", IN_REQUEST, FUNC_MAY_SUSPEND },
	{ "path", "add_path() -> bool", IN_REQUEST, 0 },
	{ "hello", "home_of(user: str?) -> str?", IN_ANY, FUNC_MAY_SUSPEND },
	{ "hello", "counts(a: int, b: int = 7, c: bool = false) -> int", IN_ANY, FUNC_MAY_SUSPEND },
	{ "hello", "joined(a: str, b: str) -> str", IN_ANY, FUNC_MAY_SUSPEND },
	{ "hello", "holds(x: any) -> bool", IN_ANY, FUNC_MAY_SUSPEND },
	{ "hello", "contacts() -> list", IN_ANY, 0 },
	{ "hello", "deliver(to: uri) -> bool", IN_ANY, 0 },
	{ "hello", "wait_for(d: dur) -> bool", IN_ANY, FUNC_MAY_SUSPEND },
	{ "twin_a", "twin() -> bool", IN_ANY, 0 },
	{ "twin_b", "twin() -> bool", IN_ANY, 0 }
};

#define MSG IN_MESSAGE
#define WR (IN_REQUEST | IN_BRANCH | IN_FAILURE | IN_LOCAL)

static const struct sym_var core_vars[] = {
	{ .name = "rm", .type = VALUE_STRING, .read = MSG },
	{ .name = "ru", .type = VALUE_URI, .read = MSG, .write = WR },
	{ .name = "rU", .type = VALUE_STRING, .nullable = true, .read = MSG, .write = WR },
	{ .name = "rd", .type = VALUE_STRING, .read = MSG, .write = WR },
	{ .name = "fu", .type = VALUE_STRING, .read = MSG },
	{ .name = "fU", .type = VALUE_STRING, .nullable = true, .read = MSG, .write = WR },
	{ .name = "fd", .type = VALUE_STRING, .read = MSG },
	{ .name = "tu", .type = VALUE_STRING, .read = MSG },
	{ .name = "ci", .type = VALUE_STRING, .read = MSG },
	{ .name = "ua", .type = VALUE_STRING, .nullable = true, .read = MSG },
	{ .name = "rp", .type = VALUE_INT, .read = MSG, .write = WR },
	{ .name = "dp", .type = VALUE_INT, .nullable = true, .read = MSG },
	{ .name = "du", .type = VALUE_STRING, .nullable = true, .read = MSG, .write = WR },
	{ .name = "si", .type = VALUE_IP, .read = MSG },
	{ .name = "sp", .type = VALUE_INT, .read = MSG },
	{ .name = "ml", .type = VALUE_INT, .read = MSG },
	{ .name = "proto", .type = VALUE_STRING, .read = MSG },
	{ .name = "Ts", .type = VALUE_INT, .read = IN_ANY },
	{ .name = "server_name", .type = VALUE_STRING, .read = IN_ANY },
	{ .name = "sck", .type = VALUE_STRING, .nullable = true, .arg = VAR_ARG_NAME, .read = MSG },
	{ .name = "hdr", .type = VALUE_STRING, .nullable = true, .arg = VAR_ARG_NAME,
	  .indexable = true, .read = MSG, .write = MSG },
	{ .name = "avp", .type = VALUE_ANY, .nullable = true, .arg = VAR_ARG_NAME,
	  .indexable = true, .read = IN_ANY, .write = IN_ANY },
	{ .name = "sht", .type = VALUE_ANY, .nullable = true, .arg = VAR_ARG_KEYED,
	  .read = IN_ANY, .write = IN_ANY }
};
static const struct sym_var tm_vars[] = {
	{ .name = "T_reply_code", .module = "tm", .type = VALUE_INT, .nullable = true,
	  .read = IN_FAILURE | IN_RESPONSE }
};
static const struct sym_var tls_vars[] = {
	{ .name = "tls_peer_name", .module = "tls", .type = VALUE_STRING, .nullable = true,
	  .read = MSG }
};
static const struct sym_event usrloc_events[] = {
	{ "usrloc:contact-expired", "usrloc", "a binding is gone" }
};

static const struct sym_setting core_params[] = {
	{ .name = "server_name", .type = VALUE_STRING, .preset = "" },
	{ .name = "workers", .type = VALUE_INT, .preset = "auto", .words = "auto", .min = 1, .max = 256 },
	{ .name = "log_level", .type = VALUE_STRING, .preset = "notice",
	  .words = "error|warning|notice|info|debug" },
	{ .name = "debug_lists", .type = VALUE_BOOL, .preset = "no" },
	{ .name = "tcp_idle_timeout", .type = VALUE_DURATION, .preset = "10m", .min = 1000000,
	  .max = 86400000000 },
	{ .name = "script_max_steps", .type = VALUE_INT, .preset = "100000", .min = 1000, .max = 1 << 30 },
	{ .name = "message_max_size", .type = VALUE_INT, .preset = "64k", .min = 1024, .max = 1 << 24 },
	{ .name = "old_name", .type = VALUE_BOOL, .preset = "no", .deprecated = "debug_lists" },
	{ .name = "profile", .type = VALUE_STRING, .preset = "" }
};
static const struct sym_setting tm_params[] = {
	{ .name = "fr_timer", .type = VALUE_DURATION, .preset = "30s", .min = 1000,
	  .max = 600000000, .legacy_unit = "ms" },
	{ .name = "retries", .type = VALUE_INT, .preset = "3", .min = 0, .max = 10 }
};
static const struct sym_setting usrloc_params[] = {
	{ .name = "use_domain", .type = VALUE_BOOL, .preset = "no" }
};
static const struct sym_setting registrar_params[] = {
	{ .name = "append_branches", .type = VALUE_BOOL, .preset = "yes" }
};
static const struct sym_setting tls_params[] = {
	{ .name = "certificate", .type = VALUE_STRING, .preset = "", .is_file = true },
	{ .name = "key", .type = VALUE_STRING, .preset = "", .is_file = true, .secret = true }
};
static const struct sym_setting hello_params[] = {
	{ .name = "greeting", .type = VALUE_STRING, .preset = "hello" },
	{ .name = "friend", .type = VALUE_LIST, .preset = "" },
	{ .name = "next_hop", .type = VALUE_URI, .preset = "" },
	{ .name = "network", .type = VALUE_IP, .preset = "127.0.0.0/8" }
};

static const struct sym_setting twisted_params[] = {
	{ .name = "age", .type = VALUE_DURATION, .preset = "8h30m" },
	{ .name = "must", .type = VALUE_STRING, .doc = "nobody can guess it" },
	{ .name = "may", .type = VALUE_DURATION, .preset = "" }
};

static const char *const registrar_needs[] = { "usrloc", NULL };
static const char *const auth_db_needs[] = { "auth", NULL };

static const char *const path_conflicts[] = { "tls", NULL };

#define COUNTED(list) list, sizeof(list) / sizeof(list[0])

static const struct module {
	const char               *name;
	const struct sym_var     *vars;		unsigned var_count;
	const struct sym_setting *params;	unsigned param_count;
	const struct sym_event   *events;	unsigned event_count;
	const char *const        *needs;
} modules[] = {
	{ "core", COUNTED(core_vars), COUNTED(core_params), NULL, 0, NULL },
	{ "sl", NULL, 0, NULL, 0, NULL, 0, NULL }, { "tm", COUNTED(tm_vars), COUNTED(tm_params), NULL, 0, NULL },
	{ "rr", NULL, 0, NULL, 0, NULL, 0, NULL }, { "maxfwd", NULL, 0, NULL, 0, NULL, 0, NULL },
	{ "sanity", NULL, 0, NULL, 0, NULL, 0, NULL }, { "siputils", NULL, 0, NULL, 0, NULL, 0, NULL },
	{ "textops", NULL, 0, NULL, 0, NULL, 0, NULL }, { "xlog", NULL, 0, NULL, 0, NULL, 0, NULL },
	{ "pv", NULL, 0, NULL, 0, NULL, 0, NULL },
	{ "usrloc", NULL, 0, COUNTED(usrloc_params), COUNTED(usrloc_events), NULL },
	{ "registrar", NULL, 0, COUNTED(registrar_params), NULL, 0, registrar_needs },
	{ "auth", NULL, 0, NULL, 0, NULL, 0, NULL },
	{ "auth_db", NULL, 0, NULL, 0, NULL, 0, auth_db_needs },
	{ "path", NULL, 0, NULL, 0, NULL, 0, NULL },
	{ "tls", COUNTED(tls_vars), COUNTED(tls_params), NULL, 0, NULL },
	{ "hello", NULL, 0, COUNTED(hello_params), NULL, 0, NULL },
	{ "twisted", NULL, 0, COUNTED(twisted_params), NULL, 0, NULL },
	{ "twin_a", NULL, 0, NULL, 0, NULL, 0, NULL }, { "twin_b", NULL, 0, NULL, 0, NULL, 0, NULL }
};
#define FUNCS (sizeof(funcs) / sizeof(funcs[0]))
#define MODULES (sizeof(modules) / sizeof(modules[0]))

/* ---- symbols ---- */

static int add_func(struct fake_script *f, const struct func *from, struct sym_func *out)
{
	memset(out, 0, sizeof(*out));
	out->module = strcmp(from->module, "core") == 0 ? NULL : from->module;
	out->where = from->where ? from->where : IN_REQUEST | IN_FAILURE;
	out->flags = from->flags & 0xffff;
	out->arms_kind = from->flags >> 16;
	/* Declared with 0: an answer, or a line in the log, by its name. */
	if (!from->where && strncmp(from->sig, "send_reply", 10) == 0)
		out->flags = REPLIES;
	if (!from->where && strncmp(from->sig, "xlog", 4) == 0) {
		out->flags = FUNC_LOGS;
		out->where = IN_ANY;
	}
	if (!from->where && strncmp(from->sig, "has_body", 8) == 0)
		out->where = IN_MESSAGE;
	return sym_func_parse(f->arena, from->sig, out);
}

static const struct sym_module *make(struct fake_script *f, const struct module *m)
{
	struct sym_module *sym = arena_zalloc(f->arena, sizeof(*sym));
	struct sym_func *list = arena_zalloc(f->arena, FUNCS * sizeof(*list));

	if (!sym || !list)
		return NULL;
	sym->name = m->name;
	sym->funcs = list;
	for (size_t i = 0; i < FUNCS; i++)
		if (strcmp(funcs[i].module, m->name) == 0 &&
		    add_func(f, &funcs[i], &list[sym->func_count++]) != 0)
			return NULL;
	sym->vars = m->vars;
	sym->var_count = m->var_count;
	sym->params = m->params;
	sym->param_count = m->param_count;
	sym->events = m->events;
	sym->event_count = m->event_count;
	sym->needs = m->needs;
	sym->conflicts = strcmp(m->name, "path") == 0 ? path_conflicts : NULL;
	sym->is_passive = strcmp(m->name, "tls") == 0;
	return sym;
}

static const struct sym_module *open_module(void *arg, const char *name, const char **why)
{
	struct fake_script *f = arg;

	for (size_t i = 1; i < MODULES; i++)
		if (strcmp(modules[i].name, name) == 0) {
			*why = "memory is short";
			if (!f->made[i])
				f->made[i] = make(f, &modules[i]);
			return f->made[i];
		}
	*why = "no such file";
	return NULL;
}
_Static_assert(MODULES <= sizeof(((struct fake_script *)0)->made) / sizeof(void *),
    "a place for each module");

static const char *const *module_names(void *arg)
{
	static const char *names[MODULES];

	(void)arg;
	for (size_t i = 1; i < MODULES; i++)
		names[i - 1] = modules[i].name;
	names[MODULES - 1] = NULL;
	return names;
}

static const char *who_exports(void *arg, const char *symbol, bool is_variable)
{
	size_t len = strlen(symbol);

	(void)arg;
	for (size_t i = 0; !is_variable && i < FUNCS; i++)
		if (strncmp(funcs[i].sig, symbol, len) == 0 && funcs[i].sig[len] == '(' &&
		    strcmp(funcs[i].module, "core") != 0)
			return funcs[i].module;
	for (size_t i = 1; is_variable && i < MODULES; i++)
		for (unsigned v = 0; v < modules[i].var_count; v++)
			if (strcmp(modules[i].vars[v].name, symbol) == 0)
				return modules[i].name;
	return NULL;
}

/* ---- values ---- */

static unsigned chance(struct fake_script *f, unsigned n)
{
	f->seed = f->seed * 1103515245u + 12345u;
	return (f->seed >> 16) % n;
}

static struct slice words[] = {
	{ "sip:alice@example.com;transport=tcp", 35 }, { "", 0 }, { "42", 2 }, { "INVITE", 6 },
	{ "\"A\" <sip:a@b>;tag=1", 19 }, { "a=1;b=2", 7 }, { "10.0.0.1", 8 }
};

static struct value plain(struct fake_script *f, enum value_type type)
{
	static const struct ip_net net = { { 4, { 10, 0, 0, 1 } }, 32 };
	static const struct value items[] = { { VALUE_STRING, .s = { "x", 1 } },
		{ VALUE_STRING, .s = { "y", 1 } } };
	static const struct value_list list = { 2, items };
	static struct sip_uri uri;

	switch (type) {
	case VALUE_BOOL:     return value_bool(f->seed ? chance(f, 2) : true);
	case VALUE_INT:      return value_int(f->seed ? (int)chance(f, 5) - 1 : 1);
	case VALUE_DURATION: return value_duration(1000000);
	case VALUE_IP:       return (struct value){ .type = VALUE_IP, .ip = &net };
	case VALUE_LIST:     return (struct value){ .type = VALUE_LIST, .list = &list };
	case VALUE_URI:
		sip_uri_parse(SLICE("sip:bob@example.com;transport=tls"), &uri, NULL);
		return (struct value){ .type = VALUE_URI, .uri = &uri };
	case VALUE_ANY:
		return f->seed ? plain(f, VALUE_BOOL + chance(f, 3)) : value_string(SLICE("any"));
	case VALUE_VOID:     return value_null();
	default:
		return value_string(f->seed ? words[chance(f, 7)] : SLICE("text"));
	}
}

struct value fake_result(struct fake_script *f, const struct sym_func *func)
{
	if (f->answer.type == func->ret && !f->seed && f->answer.type != VALUE_NULL)
		return f->answer;
	if (func->ret_nullable && f->seed && chance(f, 3) == 0)
		return value_null();
	return plain(f, func->ret);
}

/* ---- what the machine calls ---- */

static void note_value(char *text, size_t room, struct value v, struct arena *arena)
{
	size_t len = strlen(text);
	struct slice s = value_text(arena, v);

	if (v.type == VALUE_NULL)
		snprintf(text + len, room - len, "null");
	else
		snprintf(text + len, room - len, v.type == VALUE_STRING ? "\"%.*s\"" : "%.*s",
		    SLICE_ARG(s));
}

static void note_call(struct fake_script *f, const struct sym_func *func,
    const struct value *argv, unsigned argc)
{
	struct fake_call *c;

	if (f->call_count++ >= FAKE_CALLS_MAX)
		return;
	c = &f->calls[f->call_count - 1];
	snprintf(c->text, sizeof(c->text) - 1, "%s(", func->name);
	for (unsigned i = 0; i < argc; i++) {
		if (i && strlen(c->text) < sizeof(c->text) - 3)
			memcpy(c->text + strlen(c->text), ", ", 3);
		note_value(c->text, sizeof(c->text) - 1, argv[i], f->run);
	}
	memcpy(c->text + strlen(c->text), ")", 2);
}

static bool is_among(struct slice list, struct slice word)
{
	while (list.len > 0)
		if (slice_eq(slice_trim(slice_split(&list, '|')), word))
			return true;
	return false;
}

static enum fn_status call(void *arg, const struct sym_func *func, const struct value *argv,
    unsigned argc, struct value *ret)
{
	struct fake_script *f = arg;

	/* Nobody hears of those that the machine answers by itself. */
	if (func->flags & FUNC_ASKS_METHOD) {
		*ret = value_bool(is_among(argv[0].s, sip_method_name(FAKE_METHOD)));
		return FN_DONE;
	}
	note_call(f, func, argv, argc);
	if (f->fail_all || (f->seed && chance(f, 40) == 0))
		return FN_FAILED;
	if ((func->flags & FUNC_MAY_SUSPEND) && (f->suspend_all || (f->seed && chance(f, 4) == 0)))
		return FN_SUSPENDED;
	*ret = fake_result(f, func);
	return FN_DONE;
}

static void var_name(const struct sym_var *v, struct value key, char out[64])
{
	if (key.type == VALUE_STRING)
		snprintf(out, 64, "$%s(%.*s)", v->name, SLICE_ARG(key.s));
	else
		snprintf(out, 64, "$%s", v->name);
}

static struct fake_var *find(const struct fake_script *f, const char *name)
{
	for (unsigned i = 0; i < f->var_count; i++)
		if (strcmp(f->vars[i].name, name) == 0)
			return (struct fake_var *)(uintptr_t)&f->vars[i];
	return NULL;
}

static enum fn_status get(void *arg, const struct sym_var *v, struct value key,
    struct value index, struct value *out)
{
	struct fake_script *f = arg;
	struct fake_var *known;
	char name[64];

	var_name(v, key, name);
	known = find(f, name);
	if (index.type == VALUE_ANY)
		*out = plain(f, VALUE_LIST);
	else if (known)
		*out = known->value;
	else if (v->nullable && !(f->seed && chance(f, 2)))
		*out = value_null();
	else
		*out = plain(f, v->type);
	return FN_DONE;
}

static enum fn_status set(void *arg, const struct sym_var *v, struct value key,
    struct value index, struct value value)
{
	struct fake_script *f = arg;
	char name[64];

	(void)index;
	var_name(v, key, name);
	fake_set(f, name, value);
	return FN_DONE;
}

static void deadline_push(void *arg, usec_t after, unsigned level)
{
	struct fake_script *f = arg;

	(void)after;
	(void)level;
	f->deadlines++;
}

static void deadline_pop(void *arg, unsigned level)
{
	struct fake_script *f = arg;

	(void)level;
	f->deadlines--;
}

void fake_set(struct fake_script *f, const char *name, struct value v)
{
	struct fake_var *known = find(f, name);

	if (!known && f->var_count == FAKE_VARS_MAX)
		return;
	if (!known) {
		known = &f->vars[f->var_count++];
		snprintf(known->name, sizeof(known->name), "%s", name);
	}
	known->value = v;
}

const struct value *fake_get(const struct fake_script *f, const char *name)
{
	const struct fake_var *v = find(f, name);

	return v ? &v->value : NULL;
}

/* A unit test runs anywhere; what it is told by make leads to the tree. */
static const char *profiles_of_tree(struct arena *arena)
{
	const char *top = getenv("top_srcdir");

	return arena_dup_cstr(arena, arena_printf(arena, "%s/cfg/profiles", top ? top : "."));
}

int fake_script_init(struct fake_script *f)
{
	memset(f, 0, sizeof(*f));
	f->arena = arena_new(0);
	if (!f->arena)
		return -ENOMEM;
	f->host.arg = f;
	f->host.with_tests = true;
	f->host.profile_path = profiles_of_tree(f->arena);
	f->host.core = make(f, &modules[0]);
	if (!f->host.core)
		return -ENOMEM;
	f->host.open_module = open_module;
	f->host.module_names = module_names;
	f->host.who_exports = who_exports;
	f->vm = (struct vm_host){ .call = call, .get = get, .set = set,
		.deadline_push = deadline_push, .deadline_pop = deadline_pop };
	return 0;
}

void fake_script_fini(struct fake_script *f)
{
	arena_free(&f->arena);
}

void fake_script_begin(struct fake_script *f, struct arena *run)
{
	f->run = run;
	f->call_count = f->var_count = 0;
	f->deadlines = 0;
}
