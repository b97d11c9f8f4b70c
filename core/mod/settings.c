/*
 * core/mod/settings.c - see settings.h.
 */
#include "core/mod/settings.h"

#include "core/mod/listeners.h"

#include <errno.h>
#include <unistd.h>

#define USEC_PER_MSEC 1000

/* ---- one value ---- */

struct slice setting_text(const struct cfg *cfg, const char *name)
{
	const struct value *v = cfg_setting(cfg, name);

	return v->type == VALUE_STRING ? v->s : SLICE_NULL;
}

int64_t setting_int(const struct cfg *cfg, const char *name)
{
	return cfg_setting(cfg, name)->i;
}

bool setting_bool(const struct cfg *cfg, const char *name)
{
	return cfg_setting(cfg, name)->b;
}

msec_t setting_msec(const struct cfg *cfg, const char *name)
{
	return cfg_setting(cfg, name)->dur / USEC_PER_MSEC;
}

static struct cfg_span place_of(const struct cfg *cfg, const char *name)
{
	for (unsigned i = 0; i < cfg->setting_count; i++)
		if (slice_eq(slice_str(cfg->settings[i].decl->name), slice_str(name)))
			return cfg->settings[i].at;
	return (struct cfg_span){ 0 };
}

/* A word's index in "a|b|c"; the checker has seen to it that it is there. */
static unsigned word_index(struct slice word, const char *words)
{
	struct slice rest = slice_str(words);
	unsigned i = 0;

	while (rest.len && !slice_eq_nocase(slice_split(&rest, '|'), word))
		i++;
	return i;
}

/* ---- rooms ---- */

/* The word "auto", or a number that the checker has looked at. */
static unsigned read_workers(const struct cfg *cfg)
{
	const struct value *v = cfg_setting(cfg, "workers");
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (v->type == VALUE_INT)
		return (unsigned)v->i;
	return cpus < 1 ? 1 : cpus > WORKERS_MAX ? WORKERS_MAX : (unsigned)cpus;
}

static const char *cstr(struct arena *arena, struct slice s)
{
	return s.len ? arena_dup_cstr(arena, s) : NULL;
}

static int read_log(const struct cfg *cfg, struct arena *arena, struct diag *diag,
    struct log_conf *log)
{
	*log = (struct log_conf){
		.level = word_index(setting_text(cfg, "log_level"),
		    "error|warning|notice|info|debug"),
		.format = word_index(setting_text(cfg, "log_format"), "text|json"),
		.sink = word_index(setting_text(cfg, "log_to"), "stderr|file|syslog|journal"),
		.path = cstr(arena, setting_text(cfg, "log_file")),
	};
	if (log->sink != LOG_SINK_FILE || log->path)
		return 0;
	diag_add(diag, DIAG_ERROR, 402, place_of(cfg, "log_to"),
	    "log_to = \"file\" needs log_file, too");
	return -EINVAL;
}

static void read_limits(const struct cfg *cfg, struct net_limits *l)
{
	*l = net_limits_preset;
	l->msg.max_bytes = (size_t)setting_int(cfg, "max_message_size");
	l->msg.max_hdrs = (uint16_t)setting_int(cfg, "max_message_headers");
	l->msg.arena_bytes = (size_t)setting_int(cfg, "max_message_memory");
	l->connections = (uint32_t)setting_int(cfg, "max_connections");
	l->connections_per_address = (uint32_t)setting_int(cfg, "max_connections_per_address");
	l->in_flight_per_connection = (uint32_t)setting_int(cfg, "max_in_flight");
	l->send_queue_bytes = (size_t)setting_int(cfg, "max_send_queue");
	l->idle_timeout = setting_msec(cfg, "idle_timeout");
	l->half_message_timeout = setting_msec(cfg, "half_message_timeout");
	l->connect_timeout = setting_msec(cfg, "connect_timeout");
	l->udp_rcvbuf = (int)setting_int(cfg, "udp_receive_buffer");
	l->udp_sndbuf = (int)setting_int(cfg, "udp_send_buffer");
}

static void read_dns(const struct cfg *cfg, struct arena *arena, struct dns_conf *dns)
{
	*dns = (struct dns_conf){
		.servers = cstr(arena, setting_text(cfg, "dns_servers")),
		.query_timeout = setting_msec(cfg, "dns_timeout"),
		.tries = (unsigned)setting_int(cfg, "dns_tries"),
		.ttl_max = setting_msec(cfg, "dns_max_ttl"),
		.negative_ttl_max = setting_msec(cfg, "dns_max_negative_ttl"),
		.naptr = setting_bool(cfg, "dns_naptr"),
		.srv = setting_bool(cfg, "dns_srv"),
		.ipv6 = setting_bool(cfg, "dns_ipv6"),
	};
}

/* A URL is shown to whoever may read the configuration or the log. */
static int check_mirror(const struct cfg *cfg, struct diag *diag)
{
	struct slice url = setting_text(cfg, "store_mirror");
	size_t from = slice_search(url, SLICE("://")) + 3, at = url.len;

	while (at > from && url.p[at - 1] != '@')	/* the last: a password may have one, or a '/' */
		at--;
	if (at <= from || slice_find(slice_skip(slice_first(url, at), from), ':') == at - from)
		return 0;
	diag_add(diag, DIAG_ERROR, 409, place_of(cfg, "store_mirror"), "the password does not belong into "
	    "store_mirror but into store_mirror_password, as \"${file:/etc/lcs/mirror.password}\" or "
	    "\"${cred:mirror}\"");
	return -EINVAL;
}

static int read_mirror(const struct cfg *cfg, struct arena *arena, const struct server_setup *setup,
    struct store_mirror_conf *mirror)
{
	struct slice home = setting_text(cfg, "store_mirror_home");
	struct slice password = setting_text(cfg, "store_mirror_password");

	*mirror = (struct store_mirror_conf){
		.url = cstr(arena, setting_text(cfg, "store_mirror")),
		.live = cstr(arena, setting_text(cfg, "store_mirror_live")),
		.home = cstr(arena, home.len ? home : setup->server_name),
		.ca = cstr(arena, setting_text(cfg, "store_mirror_ca")),
		.tls = word_index(setting_text(cfg, "store_mirror_tls"), "no|encrypt|verify"),
		.timeout = setting_msec(cfg, "store_mirror_timeout"),
		.retry = setting_msec(cfg, "store_mirror_retry"),
		.marks = (uint64_t)setting_int(cfg, "store_mirror_marks"),
	};
	/* With its NUL, which a copy as a secret would else lack. */
	mirror->password = arena_dup_secret(arena, slice_of(password.len ? cstr(arena, password) : "",
	    password.len + 1)).p;
	return mirror->home && mirror->password ? 0 : -ENOMEM;
}

static int read_store(const struct cfg *cfg, struct arena *arena, struct settings *out)
{
	struct slice url = setting_text(cfg, "store");

	out->store_is_preset = url.len == 0;
	if (out->store_is_preset)
		url = arena_printf(arena, "sqlite:%.*s/lcs.db", SLICE_ARG(out->setup.state_dir));
	out->store = (struct store_conf){
		.url = cstr(arena, url),
		.batch_delay = setting_msec(cfg, "store_batch_delay"),
		.batch_max = (unsigned)setting_int(cfg, "store_batch_max"),
		.queue_limit = (unsigned)setting_int(cfg, "store_queue_limit"),
		.readers = (unsigned)setting_int(cfg, "store_readers"),
		.sync = setting_bool(cfg, "store_sync"),
	};
	return out->store.url ? read_mirror(cfg, arena, &out->setup, &out->store.mirror) : -ENOMEM;
}

static struct slice host_name(struct arena *arena)
{
	char name[256] = "localhost";

	if (gethostname(name, sizeof(name) - 1) != 0)
		return SLICE("localhost");
	return arena_dup(arena, slice_str(name));
}

static void read_names(const struct cfg *cfg, struct arena *arena, struct server_setup *setup)
{
	const struct { const char *name; struct slice *into; } texts[] = {
		{ "server_name", &setup->server_name }, { "user", &setup->user },
		{ "group", &setup->group }, { "run_dir", &setup->run_dir },
		{ "state_dir", &setup->state_dir },
		{ "control_socket", &setup->control_socket },
		{ "control_socket_group", &setup->control_socket_group },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i].into = arena_dup(arena, setting_text(cfg, texts[i].name));
	if (setup->server_name.len == 0)
		setup->server_name = host_name(arena);
	if (setup->control_socket.len == 0)
		setup->control_socket = arena_printf(arena, "%.*s/control.sock",
		    SLICE_ARG(setup->run_dir));
}

int settings_read(const struct cfg *cfg, struct arena *arena, struct diag *diag,
    struct settings *out)
{
	int err, later;

	*out = (struct settings){ 0 };
	read_names(cfg, arena, &out->setup);
	out->setup.open_files = (unsigned)setting_int(cfg, "open_files_limit");
	out->setup.stop_timeout = setting_msec(cfg, "stop_timeout");
	out->setup.watchdog = setting_msec(cfg, "watchdog");
	out->inbox_limit = (size_t)setting_int(cfg, "inbox_limit");
	out->trace_memory = (size_t)setting_int(cfg, "trace_memory");
	read_limits(cfg, &out->limits);
	read_dns(cfg, arena, &out->dns);
	out->setup.workers = read_workers(cfg);
	err = read_log(cfg, arena, diag, &out->setup.log);
	later = read_store(cfg, arena, out);
	err = err ? err : later;
	later = check_mirror(cfg, diag);
	err = err ? err : later;
	later = listeners_read(cfg, diag, &out->setup);
	return err ? err : later;
}
