/*
 * cfg/guest_names.c - names of Kamailio's that lcs does not have, and what is nearest.
 */
#include "cfg/guest.h"

static const struct guest_name modules[] = {
	{ "kex", "its functions belong to the language", true },
	{ "corex", "its functions belong to the language", true },
	{ "tmx", "module \"tm\" has its functions", true },
	{ "textopsx", "module \"textops\" has its functions", true },
	{ "cfgutils", "constants, $shv and foreach of the language", true },
	{ "cfg_rpc", "lcsctl shows and reloads the configuration", true },
	{ "cfg_db", "settings take ${NAME} from the environment", true },
	{ "counters", "lcsctl stats", true },
	{ "jsonrpcs", "lcsctl speaks JSON-RPC to module \"ctl\"", true },
	{ "mi_fifo", "lcsctl speaks to module \"ctl\"", true },
	{ "mi_rpc", "lcsctl speaks to module \"ctl\"", true },
	{ "debugger", "lcs explain and lcsctl trace", true },
	{ "stun", "no module is needed for STUN beside SIP", true },
	{ "db_mysql", "users and bindings are in the server's own store", true },
	{ "db_postgres", "users and bindings are in the server's own store", true },
	{ "db_sqlite", "users and bindings are in the server's own store", true },
	{ "db_text", "users and bindings are in the server's own store", true },
	{ "db_unixodbc", "users and bindings are in the server's own store", true },
	{ "db_cluster", "users and bindings are in the server's own store", true },
	{ "async", "a call waits by itself, async_task_route() is known", true },
	{ "xhttp", "module \"ctl\" for control", false },
	{ "acc", "module \"xlog\" for log lines, \"statistics\" for counts", false },
	{ "alias_db", "a map in the script, or several users in module \"auth_db\"", false },
	{ "speeddial", "a map in the script", false },
	{ "domain", "alias = \"...\" names the server's domains", false },
	{ "uid_domain", "alias = \"...\" names the server's domains", false },
	{ "presence", "module \"registrar\" for who is registered", false },
	{ "presence_xml", "module \"registrar\" for who is registered", false },
	{ "pua", "module \"registrar\" for who is registered", false },
	{ "rtpengine", "module \"nathelper\" for signalling behind NAT", false },
	{ "rtpproxy", "module \"nathelper\" for signalling behind NAT", false },
	{ "mediaproxy", "module \"nathelper\" for signalling behind NAT", false },
	{ "nat_traversal", "module \"nathelper\"", false },
	{ "dispatcher", "a map and t_on_failure() in the script", false },
	{ "rtimer", "timer_route[NAME, 60s] { ... }", false },
	{ "drouting", "longest_prefix() on a map", false },
	{ "lcr", "longest_prefix() on a map", false },
	{ "carrierroute", "longest_prefix() on a map", false },
	{ "prefix_route", "longest_prefix() on a map", false },
	{ "mtree", "longest_prefix() on a map", false },
	{ "pdt", "longest_prefix() on a map", false },
	{ "dialplan", "a map, or {re.subst} in the script", false },
	{ "dialog", "module \"rr\" follows a dialog by its routes", false },
	{ "group", "module \"auth_db\"", false },
	{ "uri_db", "module \"auth_db\"", false },
	{ "auth_diameter", "module \"auth_db\"", false },
	{ "auth_radius", "module \"auth_db\"", false },
	{ "auth_ephemeral", "module \"auth\"", false },
	{ "auth_identity", "module \"auth\"", false },
	{ "avpops", "$avp() and the functions of the language", false },
	{ "regex", "=~ in the script", false },
	{ "sqlops", "module \"auth_db\" for users", false },
	{ "topoh", "module \"rr\"", false },
	{ "topos", "module \"rr\"", false },
	{ "uac", "t_uac_send() of module \"tm\"", false },
	{ "msilo", "module \"registrar\"", false },
	{ "imc", "module \"registrar\"", false },
	{ "siptrace", "module \"xlog\"", false },
	{ "sipcapture", "module \"xlog\"", false },
	{ "sdpops", "module \"textops\"", false },
	{ "diversion", "append_hf() of module \"textops\"", false },
	{ "enum", "$du and DNS in the script", false },
	{ "pipelimit", "module \"ratelimit\"", false },
	{ "websocket", "module \"tls\" and a TCP listener", false },
	{ "outbound", "t_relay_to_flow() of module \"tm\"", false },
	{ "app_lua", "routes of the language", false },
	{ "app_python3", "routes of the language", false },
	{ "ldap", "module \"auth_db\"", false },
	{ NULL, NULL, false }
};

static const struct guest_name functions[] = {
	{ "set_reply_no_connect", "responses go back on the request's connection anyway", true },
	{ "set_forward_no_connect", "connections are used again anyway", true },
	{ "set_forward_close", "connections are kept", true },
	{ "set_reply_close", "connections are kept", true },
	{ "sd_lookup", "lookup_exact() on a map", false },
	{ "alias_db_lookup", "lookup_exact() on a map", false },
	{ "handle_publish", "sl_send_reply(489, \"Bad Event\")", false },
	{ "handle_subscribe", "sl_send_reply(489, \"Bad Event\")", false },
	{ "log", "xlog() of module \"xlog\"", false },
	{ "rtpengine_manage", "nothing: media goes between the clients", false },
	{ "rtpengine_offer", "nothing: media goes between the clients", false },
	{ "rtpengine_answer", "nothing: media goes between the clients", false },
	{ "rtpengine_delete", "nothing: media goes between the clients", false },
	{ "rtpproxy_manage", "nothing: media goes between the clients", false },
	{ "rtpproxy_offer", "nothing: media goes between the clients", false },
	{ "rtpproxy_answer", "nothing: media goes between the clients", false },
	{ "unforce_rtp_proxy", "nothing: media goes between the clients", false },
	{ "xhttp_reply", "lcsctl for control", false },
	{ "jsonrpc_dispatch", "lcsctl for control", false },
	{ "ds_select_dst", "$du from a map", false },
	{ "ds_select_domain", "$rd from a map", false },
	{ "ds_next_dst", "t_next_hop(), or $du in a failure_route", false },
	{ "ds_next_domain", "$rd in a failure_route", false },
	{ "ds_mark_dst", "t_next_hop()", false },
	{ "dlg_manage", "record_route() of module \"rr\"", false },
	{ "dlg_isflagset", "isflagset()", false },
	{ "avp_printf", "$avp(x) = f\"...\"", false },
	{ "avp_check", "== and =~", false },
	{ "avp_db_load", "module \"auth_db\"", false },
	{ "sql_query", "a map, or module \"auth_db\"", false },
	{ "t_suspend", "a call waits by itself", false },
	{ "t_continue", "a call waits by itself", false },
	{ "async_route", "async_task_route(), or timer_route", false },
	{ "async_sleep", "a call waits by itself", false },
	{ "sleep", "timer_route", false },
	{ "usleep", "timer_route", false },
	{ "is_from_user_enabled", "user_is_enabled()", false },
	{ "is_avp_set", "$avp(x) != null", false },
	{ "subst", "{re.subst} on a header", false },
	{ NULL, NULL, false }
};

static const struct guest_name variables[] = {
	{ "dlg_var", "$avp(x) while a transaction lasts", false },
	{ "dlg", "$ci", false },
	{ "hu", "nothing: there is no HTTP", false },
	{ "xavu", "$xavp(a=>b)", false },
	{ "xavi", "$xavp(a=>b)", false },
	{ "sel", "the variables of the request", false },
	{ "def", "a define as it is", false },
	{ "sndto", "$du", false },
	{ "rcv", "$si, $sp, $proto", false },
	{ "ds", "a map in the script", false },
	{ "dsv", "a map in the script", false },
	{ "sqlite", "a map in the script", false },
	{ "dbr", "a map in the script", false },
	{ NULL, NULL, false }
};

static const struct guest_name settings[] = {
	{ "debug", "log_level", true }, { "log_stderror", "lcs -D logs to standard error", true },
	{ "log_facility", "log_to", true }, { "log_name", "log_to", true },
	{ "log_prefix", "log lines name the message by themselves", true },
	{ "memdbg", "nothing: memory is not shared", true },
	{ "memlog", "nothing: memory is not shared", true },
	{ "mem_join", "nothing: memory is not shared", true },
	{ "children", "workers", true }, { "tcp_children", "workers", true },
	{ "socket_workers", "workers", true }, { "fork", "lcs -D stays in the foreground", true },
	{ "port", "listen", true }, { "mpath", "lcs -m PATH", true },
	{ "disable_tcp", "listen", true }, { "enable_tls", "module \"tls\" and listen", true },
	{ "enable_sctp", "nothing: there is no SCTP", true },
	{ "auto_aliases", "alias", true }, { "dns", "nothing: names are looked up as needed", true },
	{ "rev_dns", "nothing: no address is looked up backwards", true },
	{ "server_signature", "remove_hf(\"Server\")", true },
	{ "group", "user", true }, { "uid", "user", true }, { "gid", "user", true },
	{ "sip_warning", "nothing: no Warning is added", true },
	{ NULL, NULL, false }
};

/* Parameters whose loss somebody will feel, or need not. */
static const struct guest_name params[] = {
	{ "sipping_bflag", "detect_nat of module \"registrar\", and fix_nated_register(), say who is pinged", true },
	{ "ping_nated_only", "nothing: only clients behind a NAT are pinged", true },
	{ "natping_processes", "nothing: each worker pings its own users", true },
	{ "udpping_from_path", "nothing: who came by a Path is that proxy's to ping", true },
	{ "keepalive_timeout", "natping_max_unanswered of module \"nathelper\"", true },
	{ "db_url", "the setting store; lcsctl users import takes users with ha1 over", true },
	{ "db_mode", "journal of module \"usrloc\"", true },
	{ "nat_bflag", "detect_nat of module \"registrar\"", true },
	{ "received_avp", "nothing: bindings keep the source's address", true },
	{ "calculate_ha1", "nothing: digests are kept, never passwords", true },
	{ "password_column", "nothing: digests are kept, never passwords", true },
	{ "load_credentials", "nothing: display names come by lcsctl directory", true },
	{ "failure_reply_mode", "t_drop_replies() of module \"tm\"", true },
	{ NULL, NULL, false }
};

static const struct guest_name *const tables[] = {
	[GUEST_MODULE] = modules, [GUEST_FUNCTION] = functions, [GUEST_VARIABLE] = variables,
	[GUEST_SETTING] = settings, [GUEST_PARAM] = params
};

const struct guest_name *guest_find(enum guest_what what, struct slice name)
{
	for (const struct guest_name *n = tables[what]; n->name; n++)
		if (slice_eq(name, slice_str(n->name)))
			return n;
	return NULL;
}
