/*
 * core/mod/settings_table.c - the settings of the core. These texts are lcs.cfg(5).
 */
#include "core/mod/settings.h"

#ifndef LCS_STATE_DIR
#define LCS_STATE_DIR "/var/lib/lcs"
#endif
#ifndef LCS_RUN_DIR
#define LCS_RUN_DIR "/run/lcs"
#endif

#define K 1024
#define SECOND 1000000			/* usec_t */
#define MINUTE (60 * SECOND)
#define HOUR   (60ll * MINUTE)
#define DAY    (24 * HOUR)

#define TEXT(n, preset_, when_, doc_) \
	{ .name = n, .type = VALUE_STRING, .preset = preset_, .when = when_, .doc = doc_ }
#define WORD(n, preset_, words_, when_, doc_) \
	{ .name = n, .type = VALUE_STRING, .preset = preset_, .words = words_, .when = when_, .doc = doc_ }
#define INT(n, preset_, lo, hi, when_, doc_) \
	{ .name = n, .type = VALUE_INT, .preset = preset_, .min = lo, .max = hi, .when = when_, .doc = doc_ }
#define BOOL(n, preset_, when_, doc_) \
	{ .name = n, .type = VALUE_BOOL, .preset = preset_, .when = when_, .doc = doc_ }
#define TIME(n, preset_, lo, hi, unit, when_, doc_) \
	{ .name = n, .type = VALUE_DURATION, .preset = preset_, .min = lo, .max = hi, \
	  .legacy_unit = unit, .when = when_, .doc = doc_ }
#define OLD(n, new_name) \
	{ .name = n, .type = VALUE_ANY, .preset = "null", .when = PARAM_RESTART, \
	  .deprecated = new_name, .doc = "old name" }

static const struct sym_setting table[] = {
	/* ---- who we are ---- */
	TEXT("server_name", "", PARAM_RELOAD,
	    "name of this server in certificates, bindings and logs; empty: the host's name"),
	TEXT("profile", "", PARAM_RELOAD,
	    "what this server is for, so that its script is checked by the rules of that: home, "
	    "frontend, forwarding, carrier, archive, or a site's own; several with commas between"),
	BOOL("server_signature", "yes", PARAM_RELOAD,
	    "put our name into Server and User-Agent of what we make ourselves"),
	TEXT("server_header", "lcs", PARAM_RELOAD, "that name"),

	/* ---- the process ---- */
	{ .name = "workers", .type = VALUE_INT, .preset = "auto", .min = 1, .max = WORKERS_MAX,
	  .words = "auto", .when = PARAM_RESTART, .doc = "threads that do everything SIP; \"auto\": one for each CPU" },
	TEXT("user", "", PARAM_RESTART, "user the server runs as; empty: who started it"),
	TEXT("group", "", PARAM_RESTART, "its group; empty: the user's"),
	TEXT("state_dir", LCS_STATE_DIR, PARAM_RESTART, "what must survive a restart"),
	TEXT("run_dir", LCS_RUN_DIR, PARAM_RESTART, "sockets and files of the running server"),
	TEXT("control_socket", "", PARAM_RESTART,
	    "Unix socket for lcsctl; empty: control.sock in run_dir"),
	TEXT("control_socket_group", "", PARAM_RESTART, "group that may use it; empty: the server's"),
	INT("open_files_limit", "0", 0, 10000000, PARAM_RESTART,
	    "file descriptors, at least two for each connection; 0: the system's limit"),
	TIME("watchdog", "10s", SECOND, HOUR, "s", PARAM_RESTART,
	    "a worker without a turn for so long is ended with a report"),
	TIME("stop_timeout", "5s", 0, 10 * MINUTE, "s", PARAM_RELOAD,
	    "when lcs is told to end, transactions under way have so long to get their answer, and "
	    "what is new gets 503; a second signal ends it at once. Keep it below the service "
	    "manager's limit (TimeoutStopSec=)"),
	INT("inbox_limit", "10000", 16, 10000000, PARAM_RESTART,
	    "messages waiting for one worker before new requests get 503"),

	/* ---- modules ---- */
	TEXT("module_path", "", PARAM_RELOAD,
	    "directories that loadmodule looks into, separated by ':', written out in quotes; "
	    "empty: where lcs was installed. Option -m and LCS_MODULE_PATH come first"),

	/* ---- log ---- */
	WORD("log_level", "notice", "error|warning|notice|info|debug", PARAM_NOW,
	    "least urgent lines that are written"),
	WORD("log_format", "text", "text|json", PARAM_RESTART, "form of the lines"),
	WORD("log_to", "stderr", "stderr|file|syslog|journal", PARAM_RESTART, "where they go; without -D the system's log takes the place of stderr"),
	TEXT("log_file", "", PARAM_RESTART, "with log_to = file: its path"),

	/* ---- the script ---- */
	INT("script_max_steps", "100000", 1000, 1000000000, PARAM_RELOAD,
	    "instructions one run may execute; beyond that the request gets 500"),
	INT("script_max_memory", "256k", 16 * K, 1024 * 1024 * K, PARAM_RELOAD,
	    "bytes one run, and the variables of one transaction, may own"),
	INT("trace_memory", "1M", 0, 1024 * 1024 * K, PARAM_RESTART,
	    "bytes for what each worker remembers of the last messages and the lines that decided "
	    "about them (lcsctl trace); 0: nothing"),
	INT("max_branches", "16", 1, 256, PARAM_RELOAD, "targets of one request"),

	BOOL("reload_requires_tests", "no", PARAM_RELOAD,
	    "a commit is refused when a test of the new script fails; so is one that takes this "
	    "setting away. Going back is always allowed"),
	TIME("reload_tests_limit", "20s", SECOND, 10 * MINUTE, "s", PARAM_RELOAD,
	    "all tests together may take so long; lcsctl has to wait meanwhile, messages have not"),

	/* ---- messages and connections ---- */
	INT("max_message_size", "64k", 4 * K, 16 * 1024 * K, PARAM_RESTART,
	    "bytes of one message; longer ones get 513"),
	INT("max_message_headers", "256", 16, MSG_MAX_HDRS, PARAM_RESTART,
	    "header lines of one message; one with more gets 513"),
	INT("max_message_memory", "1M", 64 * K, 256 * 1024 * K, PARAM_RESTART,
	    "bytes that handling one message may take"),
	INT("max_connections", "100000", 1, 10000000, PARAM_RESTART, "of all peers together"),
	INT("max_connections_per_address", "1000", 1, 10000000, PARAM_RESTART,
	    "of one address; more are closed at once"),
	INT("max_in_flight", "200", 1, 100000, PARAM_RESTART,
	    "messages of one connection under way before it is not read any more"),
	INT("max_send_queue", "4M", 64 * K, 1024 * 1024 * K, PARAM_RESTART,
	    "bytes waiting to be sent to one connection before it is closed as too slow"),
	TIME("idle_timeout", "1h", 10 * SECOND, 7 * DAY, "s", PARAM_RESTART,
	    "a connection without a byte either way is closed"),
	TIME("half_message_timeout", "30s", SECOND, HOUR, "s", PARAM_RESTART,
	    "the rest of a message must come within this time"),
	TIME("connect_timeout", "5s", 100000, 5 * MINUTE, "s", PARAM_RESTART,
	    "for TCP and the TLS handshake together"),
	INT("udp_receive_buffer", "4M", 0, 1024 * 1024 * K, PARAM_RESTART,
	    "SO_RCVBUF of UDP sockets in bytes; 0: the system's"),
	INT("udp_send_buffer", "0", 0, 1024 * 1024 * K, PARAM_RESTART,
	    "SO_SNDBUF of UDP sockets in bytes; 0: the system's"),

	/* ---- store ---- */
	TEXT("store", "", PARAM_RESTART,
	    "\"sqlite:/path/file.db\" or \"none\"; empty: lcs.db in state_dir if a module needs it"),
	TIME("store_batch_delay", "5ms", 0, SECOND, "ms", PARAM_RESTART,
	    "writes wait so long for company before they are committed together"),
	INT("store_batch_max", "512", 1, 100000, PARAM_RESTART, "writes of one commit"),
	INT("store_queue_limit", "20000", 16, 10000000, PARAM_RESTART,
	    "writes waiting before more are refused"),
	BOOL("store_sync", "no", PARAM_RESTART,
	    "what was answered also survives a power cut, not only the end of the process"),
	INT("store_readers", "2", 1, 64, PARAM_RESTART, "threads that read"),
	TEXT("store_mirror", "", PARAM_RESTART,
	    "\"mysql://user@host:port/database\": contacts, access lists, waiting watchers and "
	    "messages, bindings, publications and subscriptions are kept there, too, for others to ask "
	    "and to fill an empty store from; users are served from the store alone, so it may be away. "
	    "Needs the module mysql. \"?socket=PATH\" behind it: the database of this machine"),
	TEXT("store_mirror_live", "", PARAM_RESTART,
	    "another database there for bindings, publications and subscriptions; empty: the same"),
	TEXT("store_mirror_home", "", PARAM_RESTART,
	    "whose rows these are: servers that share a database have one each; empty: server_name"),
	{ .name = "store_mirror_password", .type = VALUE_STRING, .preset = "", .when = PARAM_RESTART,
	  .secret = true, .doc = "of the user in store_mirror; better \"${file:...}\" or \"${cred:...}\"" },
	WORD("store_mirror_tls", "verify", "no|encrypt|verify", PARAM_RESTART,
	    "to the database: verify refuses a certificate that does not belong to the host, encrypt "
	    "takes any, no sends everything in the clear; a socket of this machine needs none"),
	{ .name = "store_mirror_ca", .type = VALUE_STRING, .preset = "", .when = PARAM_RESTART,
	  .is_file = true, .doc = "certificates that sign the database's; empty: those of the system" },
	TIME("store_mirror_timeout", "5s", SECOND, 5 * MINUTE, "s", PARAM_RESTART,
	    "for connecting to the database, and for each of its answers"),
	TIME("store_mirror_retry", "1h", SECOND, DAY, "s", PARAM_RESTART,
	    "rows that the database has refused are tried again after so long, and with lcsctl store resync"),
	INT("store_mirror_marks", "1000000", 100, 1000000000, PARAM_RESTART,
	    "rows whose changes are noted while the database is away; when there are more, nothing is noted "
	    "any more, and all rows are compared when it is back"),

	/* ---- DNS ---- */
	TEXT("dns_servers", "", PARAM_RESTART,
	    "\"192.0.2.53, [2001:db8::53]:5353\"; empty: the system's resolv.conf"),
	TIME("dns_timeout", "1s", 50000, 30 * SECOND, "s", PARAM_RESTART, "for one packet"),
	INT("dns_tries", "3", 1, 10, PARAM_RESTART, "packets for one question"),
	TIME("dns_max_ttl", "1d", SECOND, 7 * DAY, "s", PARAM_RESTART, "answers are kept at most"),
	TIME("dns_max_negative_ttl", "5m", 0, DAY, "s", PARAM_RESTART,
	    "\"no such name\" is kept at most"),
	BOOL("dns_naptr", "yes", PARAM_RESTART, "ask NAPTR where RFC 3263 says so"),
	BOOL("dns_srv", "yes", PARAM_RESTART, "ask SRV where RFC 3263 says so"),
	BOOL("dns_ipv6", "yes", PARAM_RESTART, "ask AAAA too"),

	/* ---- names of other servers' configurations ---- */
	OLD("children", "workers"),
	OLD("mpath", "module_path"),
	OLD("tcp_connection_lifetime", "idle_timeout"),
	OLD("tcp_max_connections", "max_connections"),
	OLD("tcp_connect_timeout", "connect_timeout"),
};

const struct sym_setting *settings_table(unsigned *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}
