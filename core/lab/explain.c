/*
 * core/lab/explain.c - lcs explain: what a script would do with a message, line by line, without
 * a server and without a network.
 */
#include "cfg/program.h"
#include "core/lab/draft.h"
#include "core/lab/lab.h"
#include "core/lab/run.h"
#include "core/lab/steps.h"
#include "core/lab/tell.h"
#include "core/lab/way.h"
#include "core/lab/words.h"
#include "core/sip/counters.h"
#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>

#define MOCKS_MAX  64u

static struct {
	struct server_conf    conf;
	struct cfg_test_given given;
	const char           *message;
	char                 *mocks[MOCKS_MAX];
	unsigned              mock_count;
	enum trace_level      level;
} ask = { .level = TRACE_VALUES };

/* ---- mocks: NAME=VALUE ---- */

static const struct sym_func *function(struct slice name)
{
	const struct program *p = lab.cfg->program;

	for (unsigned i = 0; i < p->func_count; i++)
		if (slice_eq(slice_str(p->funcs[i]->name), name))
			return p->funcs[i];
	return NULL;
}

/* "42" is a number, but for a function that gives texts. */
static struct value literal(struct slice text, enum value_type wanted)
{
	int64_t n;

	if (wanted == VALUE_STRING && !slice_eq(text, SLICE("null")))
		return value_string(text);
	if (slice_eq(text, SLICE("true")) || slice_eq(text, SLICE("false")))
		return value_bool(text.len == 4);
	if (slice_eq(text, SLICE("null")))
		return value_null();
	if (slice_to_i64(text, &n) == 0)
		return value_int(n);
	return value_string(text);
}

static bool fits(const struct sym_func *f, struct value v)
{
	return v.type == f->ret || f->ret == VALUE_ANY || f->ret == VALUE_VOID ||
	    (v.type == VALUE_NULL && f->ret_nullable);
}

static bool add_mock(char *text)
{
	struct slice value = slice_str(text), name = slice_split(&value, '=');
	struct cfg_test_mock *m = arena_zalloc(lab.arena, sizeof(*m));
	struct cfg_span nowhere = { 0 };

	if (!m)
		abort();
	m->func = function(name);
	m->value = -1;
	m->is_suspended = slice_eq(value, SLICE("suspended"));
	m->literal = literal(value, m->func ? m->func->ret : VALUE_ANY);
	m->has_literal = true;
	if (!m->func) {
		fprintf(stderr, "lcs: the script never calls %.*s()\n", SLICE_ARG(name));
		return false;
	}
	if (m->is_suspended ? !(m->func->flags & FUNC_MAY_SUSPEND) : !fits(m->func, m->literal)) {
		fprintf(stderr, "lcs: %.*s() does not give \"%.*s\": %s\n", SLICE_ARG(name),
		    SLICE_ARG(value), m->func->sig);
		return false;
	}
	lab_mock(m, nowhere);
	return true;
}

/* ---- the answer ---- */

static struct { unsigned steps, calls, waits; } told;

static void show_step(uint32_t at, const struct tape_step *s, const struct trace_line *l, void *arg)
{
	struct slice place = trace_place(lab.arena, l);
	const char *note = steps_note(at);
	struct slice line;

	(void)arg;
	told.steps++;
	told.calls += step_kind(s) == TAPE_CALL;
	told.waits += step_kind(s) == TAPE_WAIT;
	line = slice_str(lab_text(" %-18.*s %-46.*s  %-9.*s  %s", SLICE_ARG(place),
	    SLICE_ARG(l->text), SLICE_ARG(l->value), note));
	while (line.len && line.p[line.len - 1] == ' ')
		line.len--;
	printf("%.*s\n", SLICE_ARG(line));
}

/* What ran before the message came, a startup_route, did not decide about it. */
static void show_runs(uint32_t before)
{
	const struct flight_run *r, *last = NULL;
	uint32_t end = steps_now();

	for (uint32_t at = before + 1; at <= end; at++) {
		r = steps_run_at(at);
		if (!r || r == last || r->first_step + 1 != at)
			continue;
		if (last)
			printf("%.*s\n", SLICE_ARG(lab.cfg->program->routes[r->route].name));
		steps_each(r, end, ask.level, show_step, NULL);
		last = r;
	}
}

/* Nothing came of it, so it was no message that a script could see. */
static void show_defects(void)
{
	struct defect_count counts[8];
	unsigned n = sip_defects_sum(counts, 8);

	for (unsigned i = 0; i < n && i < 8; i++)
		printf("=> malformed: %s\n", counts[i].reason);
}

static void show_outcome(void)
{
	bool relayed = false, any = false;
	char text[ADDR_TEXT_BYTES];

	for (const struct lab_out *o = lab.out; o; o = o->next) {
		if (!o->msg || o->is_copy)
			continue;
		sock_addr_format(&o->hop.remote, text);
		if (o->msg->is_request)
			printf("=> relayed %.*s %.*s to %s/%.*s\n", SLICE_ARG(o->msg->method_text),
			    SLICE_ARG(o->msg->request_uri), text,
			    SLICE_ARG(transport_uri_name(o->hop.transport)));
		else
			printf("=> replied %u %.*s\n", o->msg->status, SLICE_ARG(o->msg->reason));
		relayed |= o->msg->is_request;
		any = true;
	}
	if (!any && !told.steps)
		show_defects();
	printf("=> %s%s%u step%s, %u call%s, %u wait%s\n", any ? "" : "not replied; ",
	    relayed ? "" : "not relayed; ", told.steps, told.steps == 1 ? "" : "s", told.calls,
	    told.calls == 1 ? "" : "s", told.waits, told.waits == 1 ? "" : "s");
}

/* ---- the question ---- */

/* Files written by hand end their lines as text files do. */
static struct slice with_crlf(struct slice text)
{
	struct slice rest = text, all = SLICE("");

	if (slice_search(text, SLICE("\r\n")) < text.len)
		return text;
	while (rest.len) {
		struct slice line = slice_split(&rest, '\n');

		all = slice_str(lab_text("%.*s%.*s\r\n", SLICE_ARG(all), SLICE_ARG(line)));
	}
	return all;
}

static struct slice read_message(void)
{
	FILE *f = strcmp(ask.message, "-") == 0 ? stdin : fopen(ask.message, "rb");
	char *bytes = arena_bytes(lab.arena, FILE_BYTES_MAX);
	size_t len = 0;
	bool fine;

	if (f && bytes)
		len = fread(bytes, 1, FILE_BYTES_MAX, f);
	fine = f && bytes && !ferror(f) && feof(f);
	if (!fine)
		fprintf(stderr, "lcs: cannot read %s: %s\n", ask.message, f && len == FILE_BYTES_MAX ?
		    "no SIP message is as long as that" : err_text(-errno));
	if (f && f != stdin)
		fclose(f);
	return fine ? with_crlf(slice_of(bytes, len)) : SLICE_NULL;
}

static void show_question(struct slice bytes, const struct sip_hop *hop)
{
	struct slice first = slice_trim(slice_split(&bytes, '\n'));
	char text[ADDR_TEXT_BYTES];

	sock_addr_format(&hop->remote, text);
	if (slice_ends(first, SLICE(" SIP/2.0")))
		first.len -= 8;
	printf("%.*s from %s/%.*s%s%s%s\n", SLICE_ARG(first), text,
	    SLICE_ARG(transport_uri_name(hop->transport)), net_listener(hop->listener)->name[0] ?
	    " on \"" : "", net_listener(hop->listener)->name,
	    net_listener(hop->listener)->name[0] ? "\"" : "");
}

static int explain(void)
{
	struct slice bytes = read_message();
	struct cfg_span nowhere = { 0 };
	struct sip_hop hop;
	uint32_t before;

	if (!bytes.p)
		return 3;
	for (unsigned i = 0; i < ask.mock_count; i++)
		if (!add_mock(ask.mocks[i]))
			return VERB_USAGE;
	if (!lab_start() || !way_from(&ask.given, nowhere, &hop)) {
		fprintf(stderr, "lcs: %s\n", lab.failed);
		lab_stop();
		return 1;
	}
	before = steps_now();
	show_question(bytes, &hop);
	way_deliver(&hop, bytes);
	if (lab.failed)
		printf("%s: %s\n", tell_place(lab.failed_at), lab.failed);
	show_runs(before);
	show_outcome();
	lab_stop();
	return 0;
}

/* ---- the command line ---- */

enum long_option { OPTION_FROM = 256, OPTION_OVER, OPTION_AT, OPTION_MOCK, OPTION_LEVEL };

static const struct option long_options[] = {
	LAB_WORDS,
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "over", required_argument, NULL, OPTION_OVER },
	{ "at", required_argument, NULL, OPTION_AT },
	{ "mock", required_argument, NULL, OPTION_MOCK },
	{ "level", required_argument, NULL, OPTION_LEVEL },
	{ NULL, 0, NULL, 0 }
};

static const char help[] =
    "usage: lcs explain CODE...            (E0201, W0502, ...)\n"
    "       lcs explain --all [--markdown]\n"
    "       lcs explain -f FILE MESSAGE [-A NAME[=TOKENS]]... [-m PATH]\n"
    "                [--from ADDRESS[:PORT]] [--over udp|tcp|tls] [--at LISTENER]\n"
    "                [--mock NAME=VALUE]... [--level decisions|calls|values]\n\n"
    "  MESSAGE           a file with one SIP message, or -\n"
    "  --from ADDRESS    where it comes from (192.0.2.10)\n"
    "  --over TRANSPORT  and how (that of the first listener)\n"
    "  --at LISTENER     the name of a listener\n"
    "  --mock NAME=VALUE what a function answers: true, false, null, suspended, a\n"
    "                    number or a text\n";

static bool set_from(const char *text)
{
	static struct ip_net from;
	struct sock_addr addr;

	if (sock_addr_parse(slice_str(text), &addr) == 0) {
		from.addr = addr.ip;
		ask.given.port = addr.port;
	} else if (ip_parse(slice_str(text), &from.addr) != 0) {
		fprintf(stderr, "lcs: --from is an address, not \"%s\"\n", text);
		return false;
	}
	ask.given.from = &from;
	return true;
}

static bool set_over(const char *text)
{
	ask.given.transport = slice_str(text);
	if (transport_parse(ask.given.transport) != TRANSPORT_NONE)
		return true;
	fprintf(stderr, "lcs: --over is udp, tcp or tls, not \"%s\"\n", text);
	return false;
}

static bool set_level(const char *text)
{
	static const char *const words[] = { "decisions", "calls", "values" };
	int n = lab_choose("--level", text, words, 3);

	if (n >= 0)
		ask.level = (enum trace_level)n;
	return n >= 0;
}

static bool keep_mock(char *text)
{
	if (ask.mock_count == MOCKS_MAX || !strchr(text, '=')) {
		fprintf(stderr, "lcs: --mock NAME=VALUE, at most %u times\n", MOCKS_MAX);
		return false;
	}
	ask.mocks[ask.mock_count++] = text;
	return true;
}

static bool read_option(int letter)
{
	switch (letter) {
	case OPTION_FROM: return set_from(optarg);
	case OPTION_OVER: return set_over(optarg);
	case OPTION_AT: ask.given.listener = slice_str(optarg); return true;
	case OPTION_MOCK: return keep_mock(optarg);
	case OPTION_LEVEL: return set_level(optarg);
	default: return false;
	}
}

static const struct lab_words words = { "explain", "", long_options, read_option, help };

int lab_explain(int argc, char **argv)
{
	int status = lab_read_words(&words, &ask.conf, argc, argv);

	if (status)
		return status - 1;
	if (!ask.conf.path)
		return verb_misused("explain", "explain needs a configuration (-f FILE), or the code of a "
		    "message");
	if (optind + 1 != argc)
		return verb_misused("explain", optind == argc ? "explain needs a file with a SIP message" :
		    "explain takes one message");
	ask.message = argv[optind];
	/* Then every call is one, also a question for methods: a mock may stand for it. */
	ask.conf.with_tests = ask.mock_count > 0;
	status = lab_load(&ask.conf);
	return status ? status : explain();
}
