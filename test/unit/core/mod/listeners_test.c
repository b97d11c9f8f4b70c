/*
 * test/unit/core/mod/listeners_test.c - listen lines and other settings become what the rooms take.
 */
#include "test/unit.h"

#include "core/mod/settings.h"
#include "test/unit/core/mod/fixture.h"

/* A listener for TLS wants a module of this name; here it need do nothing. */
LCS_MODULE(tls, .summary = "stands for the module that brings TLS");

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_open(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static int read_settings(const char *text, struct settings *out)
{
	if (fixture_load(&f, text) != 0)
		return -EBADMSG;
	return settings_read(f.cfg, f.arena, f.diag, out);
}

static const struct { const char *line, *addr; enum sip_transport t; } lines[] = {
	{ "listen = udp:10.1.2.3:5070", "10.1.2.3:5070", TRANSPORT_UDP },
	{ "listen = tcp:10.1.2.3", "10.1.2.3:5060", TRANSPORT_TCP },
	{ "loadmodule \"tls\"\nlisten = tls:10.1.2.3", "10.1.2.3:5061", TRANSPORT_TLS },
	{ "listen = udp:*:5060", "0.0.0.0:5060", TRANSPORT_UDP },
	{ "listen = udp:[2001:db8::1]:5060", "[2001:db8::1]:5060", TRANSPORT_UDP },
	{ "listen = tcp:[::]:5060", "[::]:5060", TRANSPORT_TCP },
	{ "listen = udp:localhost:5060", "127.0.0.1:5060", TRANSPORT_UDP },
	{ "listen = udp:lo:5060", "127.0.0.1:5060", TRANSPORT_UDP },
};

static void addresses_names_and_interfaces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct settings s;
		char text[ADDR_TEXT_BYTES];

		assert_int_equal(read_settings(lines[i].line, &s), 0);
		assert_true(s.setup.listener_count >= 1);
		sock_addr_format(&s.setup.listeners[0].addr, text);
		assert_string_equal(text, lines[i].addr);
		assert_int_equal(s.setup.listeners[0].transport, lines[i].t);
	}
}

static void options_of_a_listener(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(read_settings("loadmodule \"tls\"\n"
	    "listen = tls:10.0.0.1:5061 name \"clients\" advertise sip.example.com:443\n"
	    "listen = tls:10.0.0.1:5062 { name = \"peers\"; require_client_certificate = true; }", &s), 0);
	assert_int_equal(s.setup.listener_count, 2);
	assert_string_equal(s.setup.listeners[0].name, "clients");
	assert_string_equal(s.setup.listeners[0].advertise_host, "sip.example.com");
	assert_int_equal(s.setup.listeners[0].advertise_port, 443);
	assert_false(s.setup.listeners[0].require_client_certificate);
	assert_string_equal(s.setup.listeners[1].name, "peers");
	assert_true(s.setup.listeners[1].require_client_certificate);
}

static const struct { const char *text, *says; } wrong[] = {
	{ "listen = udp:nobody.has.this.name:5060", "neither an address nor an interface" },
	{ "listen = udp:10.0.0.1:5060\nlisten = udp:10.0.0.1:5060", "on one address" },
	{ "listen = udp:10.0.0.1:5060 name \"a name that is far too long for a label of a socket\"", "longer than 31 bytes" },
	{ "listen = tls:10.0.0.1:5061", "needs module \"tls\"" },
	{ "log_to = \"file\"", "log_file" },
	{ "workers = 65", "64" },
};

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct settings s;

		teardown(NULL);
		setup(NULL);
		assert_int_not_equal(read_settings(wrong[i].text, &s), 0);
		if (!fixture_says(&f, wrong[i].says))
			fail_msg("%s: %.*s", wrong[i].text, SLICE_ARG(diag_text(f.diag, DIAG_TEXT, f.arena)));
	}
}

static void udp_and_tcp_may_share_a_port(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(read_settings("listen = udp:10.0.0.1:5060\nlisten = tcp:10.0.0.1:5060", &s), 0);
	assert_int_equal(s.setup.listener_count, 2);
}

static void presets_are_what_the_rooms_document(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(read_settings("", &s), 0);
	assert_true(s.setup.workers >= 1);
	assert_true(s.setup.server_name.len > 0);
	assert_int_equal(s.limits.msg.max_bytes, net_limits_preset.msg.max_bytes);
	assert_int_equal(s.limits.msg.max_hdrs, net_limits_preset.msg.max_hdrs);
	assert_int_equal(s.limits.connections, net_limits_preset.connections);
	assert_int_equal(s.limits.connections_per_address, net_limits_preset.connections_per_address);
	assert_int_equal(s.limits.in_flight_per_connection, net_limits_preset.in_flight_per_connection);
	assert_int_equal(s.limits.send_queue_bytes, net_limits_preset.send_queue_bytes);
	assert_int_equal(s.limits.idle_timeout, net_limits_preset.idle_timeout);
	assert_int_equal(s.limits.half_message_timeout, net_limits_preset.half_message_timeout);
	assert_int_equal(s.limits.connect_timeout, net_limits_preset.connect_timeout);
	assert_true(s.store_is_preset);
}

static void settings_reach_their_rooms(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(read_settings("workers = 3\nserver_name = \"hs1\"\nlog_level = debug\n"
	    "log_format = json\nidle_timeout = 90s\nmax_message_size = 1M\nstore = \"none\"\n"
	    "dns_servers = \"192.0.2.53\"\ndns_srv = no\nrun_dir = \"/x\"\ninbox_limit = 100", &s), 0);
	assert_int_equal(s.setup.workers, 3);
	assert_slice(s.setup.server_name, "hs1");
	assert_int_equal(s.setup.log.level, LOG_LEVEL_DEBUG);
	assert_int_equal(s.setup.log.format, LOG_FORMAT_JSON);
	assert_int_equal(s.limits.idle_timeout, 90000);
	assert_int_equal(s.limits.msg.max_bytes, 1 << 20);
	assert_string_equal(s.store.url, "none");
	assert_false(s.store_is_preset);
	assert_string_equal(s.dns.servers, "192.0.2.53");
	assert_false(s.dns.srv);
	assert_slice(s.setup.control_socket, "/x/control.sock");
	assert_int_equal(s.inbox_limit, 100);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
UNIT_MAIN(
	TEST(addresses_names_and_interfaces),
	TEST(options_of_a_listener),
	TEST(what_is_wrong_is_said),
	TEST(udp_and_tcp_may_share_a_port),
	TEST(presets_are_what_the_rooms_document),
	TEST(settings_reach_their_rooms),
)
