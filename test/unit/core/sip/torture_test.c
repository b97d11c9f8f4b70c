/*
 * test/unit/core/sip/torture_test.c - the torture messages of RFC 4475 and RFC 5118, each in a
 * datagram, through the whole way: what is to be refused is refused with its code, what is to
 * be dropped is dropped, everything else reaches the script.
 *
 * The script answers 299 to whatever it sees, and sanity stands before it.
 */
#include "test/unit.h"

#include "core/mod/server.h"
#include "core/mod/stats.h"
#include "core/lab/log.h"
#include "core/lab/net.h"
#include "core/lab/run.h"

#include <unistd.h>

#define REACHED_SCRIPT 299

static const char script[] =
    "#!lcs 1\nserver_name = \"torture\"\nlisten = udp:192.0.2.250:5060\nworkers = 2\n"
    "loadmodule \"sl\"\nloadmodule \"sanity\"\nrequest_route {\n"
    "if (!sanity_check()) exit;\nsl_send_reply(299, \"seen\");\n}\n";

static struct server *server;
static struct net_listener listeners[LISTENERS_MAX];
static const struct server_conf *conf;
static unsigned last_status, answers;

static int wire(const struct sip_hop *hop, struct slice bytes)
{
	struct slice rest = bytes;

	(void)hop;
	slice_split(&rest, ' ');
	last_status = 0;
	for (unsigned i = 0; i < 3 && i < rest.len; i++)
		last_status = last_status * 10 + (unsigned)(rest.p[i] - '0');
	answers++;
	return 0;
}

static int setup(void **state)
{
	static struct server_conf c;
	static char path[] = "/tmp/lcs-torture-XXXXXX";
	struct diag *diag = diag_new();
	struct slice why;
	int fd = mkstemp(path), err;

	(void)state;
	if (fd < 0 || write(fd, script, sizeof(script) - 1) < 0)
		return -1;
	close(fd);
	c = (struct server_conf){ .path = path, .module_path = "/nowhere" };
	conf = &c;
	err = server_load(conf, diag, &server);
	diag_print(diag, DIAG_TEXT, stderr);
	diag_free(&diag);
	unlink(path);
	if (err)
		return err;
	memcpy(listeners, server_setup(server)->listeners, sizeof(listeners));
	fake_set_wire(wire);
	return server_start(server, listeners, 1, &why);
}

static int teardown(void **state)
{
	(void)state;
	server_stop(&server);
	return 0;
}

/* ---- verdicts.tsv ---- */

static FILE *open_below(const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[512];

	snprintf(path, sizeof(path), "%s/test/torture/%s", top ? top : ".", name);
	return fopen(path, "rb");
}

static void send_file(const char *name)
{
	struct sip_hop from = { .transport = TRANSPORT_UDP, .listener = 1 };
	static char bytes[65536];
	FILE *f = open_below(name);

	assert_non_null(f);
	sock_addr_parse(SLICE("198.51.100.1:5060"), &from.remote);
	sock_addr_parse(SLICE("192.0.2.250:5060"), &from.local);
	answers = last_status = 0;
	fake_receive(&from, slice_of(bytes, fread(bytes, 1, sizeof(bytes), f)), 0);
	fake_settle();
	fclose(f);
}

/* Column n of a line, from 0. */
static struct slice column(struct slice line, unsigned n)
{
	struct slice s = slice_split(&line, '\t');

	while (n-- > 0)
		s = slice_split(&line, '\t');
	return s;
}

/* "reject 400 via": 400. "any=416" of the treatment: 416. 0: whatever the script says. */
static unsigned wanted_code(struct slice parse, struct slice treatment)
{
	uint32_t code = 0;

	if (slice_starts(parse, SLICE("reject "))) {
		parse = slice_skip(parse, 7);
		slice_to_u32(slice_split(&parse, ' '), &code);
	} else if (slice_starts(treatment, SLICE("any="))) {
		slice_to_u32(slice_skip(treatment, 4), &code);
	}
	return code;
}

static bool is_request(const char *name)
{
	char first[8] = "";
	FILE *f = open_below(name);
	bool yes = fread(first, 1, 7, f) == 7 && strncmp(first, "SIP/2.0", 7) != 0;

	fclose(f);
	return yes;
}

static bool is_lenient(struct slice latitude, unsigned status)
{
	char code[8];

	snprintf(code, sizeof(code), "%u", status);
	if (status == REACHED_SCRIPT)
		return slice_search(latitude, SLICE("forward")) < latitude.len ||
		    slice_search(latitude, SLICE("accept")) < latitude.len;
	return slice_search(latitude, slice_str(code)) < latitude.len;
}

static bool is_right(struct slice line, const char *name)
{
	struct slice parse = column(line, 3), latitude = column(line, 5);
	unsigned code = wanted_code(parse, column(line, 4));

	if (slice_eq(parse, SLICE("discard")) || !is_request(name))
		return answers == 0;
	if (answers != 1)
		return false;
	return last_status == (code ? code : REACHED_SCRIPT) || is_lenient(latitude, last_status);
}

static void every_message_gets_its_verdict(void **state)
{
	FILE *f = open_below("verdicts.tsv");
	unsigned messages = 0, wrong = 0;
	char text[4096];

	(void)state;
	assert_non_null(f);
	while (fgets(text, sizeof(text), f)) {
		struct slice line = slice_trim(slice_str(text));
		char name[128];

		if (line.len == 0 || line.p[0] == '#')
			continue;
		snprintf(name, sizeof(name), "%.*s", SLICE_ARG(column(line, 0)));
		send_file(name);
		messages++;
		if (is_right(line, name))
			continue;
		wrong++;
		print_message("# %s: %u answers, status %u; wanted %.*s, %.*s\n", name, answers,
		    last_status, SLICE_ARG(column(line, 3)), SLICE_ARG(column(line, 4)));
	}
	fclose(f);
	assert_int_equal(messages, 61);
	assert_int_equal(wrong, 0);
}

static void count(void *arg)
{
	uint64_t *sum = arg, n;

	assert_true(lcs_stat_value(SLICE("core.malformed_answered"), &n));
	sum[0] = n;
	assert_true(lcs_stat_value(SLICE("core.malformed_dropped"), &n));
	sum[1] = n;
}

static void what_was_malformed_was_counted(void **state)
{
	uint64_t sum[2];

	(void)state;
	fake_as_worker(0, count, sum);
	assert_true(sum[0] >= 15);
	assert_true(sum[1] >= 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_gets_its_verdict),
		cmocka_unit_test(what_was_malformed_was_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
