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
	{ "jsonrpcs", "lcsctl speaks JSON-RPC to the server", true },
	{ "mi_fifo", "lcsctl speaks to the server", true },
	{ "mi_rpc", "lcsctl speaks to the server", true },
	{ "debugger", "lcs explain and lcsctl trace", true },
	{ "stun", "no module is needed for STUN beside SIP", true },
	{ "db_mysql", "users and bindings are in the server's own store", true },
	{ "db_postgres", "users and bindings are in the server's own store", true },
	{ "db_sqlite", "users and bindings are in the server's own store", true },
	{ "db_text", "users and bindings are in the server's own store", true },
	{ "db_unixodbc", "users and bindings are in the server's own store", true },
	{ "db_cluster", "users and bindings are in the server's own store", true },
	{ "async", "a call waits by itself, async_task_route() is known", true },
	{ "xhttp", "lcsctl for control", false },
	{ "acc",
	  "a line by xlog() for each call (doc/recipes/from-kamailio.md, \"Call "
	  "records\")", false },
	{ "alias_db", "a map in the script, or several users in module \"auth_db\"", false },
	{ "speeddial", "a map in the script", false },
	{ "domain", "alias = \"...\" names the server's domains", false },
	{ "uid_domain", "alias = \"...\" names the server's domains", false },
	{ "pua", "module \"registrar\" for who is registered", false },
	{ "rtpengine",
	  "nothing: media goes between the clients; signalling behind NAT is module "
	  "\"nathelper\"'s", false },
	{ "rtpproxy",
	  "nothing: media goes between the clients; signalling behind NAT is module "
	  "\"nathelper\"'s", false },
	{ "mediaproxy",
	  "nothing: media goes between the clients; signalling behind NAT is module "
	  "\"nathelper\"'s", false },
	{ "nat_traversal", "module \"nathelper\"", false },
	{ "dispatcher",
	  "a list of targets, $du and a failure_route "
	  "(doc/recipes/from-kamailio.md, \"Several gateways\")", false },
	{ "rtimer", "timer_route[NAME, 60s] { ... }", false },
	{ "drouting", "longest_prefix() on a map", false },
	{ "lcr", "longest_prefix() on a map", false },
	{ "carrierroute", "longest_prefix() on a map", false },
	{ "prefix_route", "longest_prefix() on a map", false },
	{ "mtree", "longest_prefix() on a map", false },
	{ "pdt", "longest_prefix() on a map", false },
	{ "dialplan", "a map, or {re.subst} in the script", false },
	{ "dialog",
	  "module \"rr\" for its route, \"htable\" for counts and values "
	  "(doc/recipes/from-kamailio.md, \"How many calls\")", false },
	{ "group", "module \"auth_db\"", false },
	{ "uri_db", "module \"auth_db\"", false },
	{ "auth_diameter", "module \"auth_db\"", false },
	{ "auth_radius", "module \"auth_db\"", false },
	{ "auth_ephemeral", "module \"auth\"", false },
	{ "auth_identity", "module \"auth\"", false },
	{ "avpops", "$avp() and the functions of the language", false },
	{ "regex", "=~ in the script", false },
	{ "sqlops", "a map, or $sht() and lcsctl htable set; lcsctl users for users", false },
	{ "topoh", "nothing: addresses stay as they are", false },
	{ "topos", "nothing: addresses stay as they are", false },
	{ "uac", "t_uac_send() of module \"tm\", $fu and $tu can be written", false },
	{ "imc", "module \"registrar\"", false },
	{ "siptrace", "lcsctl trace, which needs no module", false },
	{ "sipcapture", "lcsctl trace, which needs no module", false },
	{ "sdpops", "search_body() and replace_body() of module \"textops\"", false },
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
	{ "log", "xlog() of module \"xlog\"", false },
	{ "xhttp_reply", "lcsctl for control", false },
	{ "jsonrpc_dispatch", "lcsctl for control", false },
	{ "rtpengine_*", "nothing: media goes between the clients", false },
	{ "rtpproxy_*", "nothing: media goes between the clients", false },
	{ "unforce_rtp_proxy", "nothing: media goes between the clients", false },
	{ "start_recording", "nothing: media goes between the clients", false },
	{ "engage_media_proxy", "nothing: media goes between the clients", false },
	{ "ds_select_dst", "$du = TARGETS[n], with incr() of module \"htable\" for n", false },
	{ "ds_select_domain", "$rd = TARGETS[n], with incr() of module \"htable\" for n", false },
	{ "ds_select*", "$du = TARGETS[n], with incr() of module \"htable\" for n", false },
	{ "ds_next_*", "$du and t_relay() in a failure_route", false },
	{ "ds_mark_dst",
	  "an address that failed is tried last for shun_time of module \"tm\"", true },
	{ "ds_load_*", "the gateways are not counted: $sht() for what is to be counted", false },
	{ "ds_is_from_list", "allow_source_address() of module \"permissions\"", false },
	{ "ds_is_active", "nothing: no target is asked whether it is there", false },
	{ "dlg_manage",
	  "record_route() of module \"rr\" keeps the route; nothing else is kept", false },
	{ "dlg_bye", "nothing: the server ends no calls", false },
	{ "dlg_bridge", "nothing: the server begins no calls", false },
	{ "dlg_refer", "nothing: the server moves no calls", false },
	{ "dlg_set_timeout*",
	  "nothing: the server ends no calls; clients do (Session-Expires)", false },
	{ "is_known_dlg",
	  "loose_route(), which takes only routes given out for this dialog", false },
	{ "dlg_get", "$sht(name=>$ci) of module \"htable\"", false },
	{ "dlg_get_var", "$sht(name=>$ci) of module \"htable\"", false },
	{ "dlg_set_var", "$sht(name=>$ci) of module \"htable\"", false },
	{ "set_dlg_profile", "incr($sht(calls=>key)) of module \"htable\"", false },
	{ "unset_dlg_profile", "incr($sht(calls=>key), -1) of module \"htable\"", false },
	{ "get_profile_size", "$sht(calls=>key) of module \"htable\"", false },
	{ "is_in_profile", "$sht(calls=>key) of module \"htable\"", false },
	{ "dlg_isflagset", "isflagset()", false },
	{ "dlg_setflag", "setflag()", false },
	{ "dlg_resetflag", "resetflag()", false },
	{ "acc_*", "xlog() of module \"xlog\" with $ci, $fu, $tu, $rs", false },
	{ "uac_replace_from", "$fu = \"sip:...\", in this request alone: nothing puts it back in the "
	    "dialog", false },
	{ "uac_replace_to", "$tu = \"sip:...\", in this request alone: nothing puts it back in the "
	    "dialog", false },
	{ "uac_restore_*", "nothing: $fu and $tu are changed in one request alone", false },
	{ "uac_auth", "nothing: the server does not answer challenges", false },
	{ "uac_req_send", "t_uac_send() of module \"tm\"", false },
	{ "uac_reg_*", "nothing: the server registers nowhere", false },
	{ "dp_translate", "lookup_exact() on a map, or $rU = resubst($rU, \"/^00/+/\")", false },
	{ "dp_*", "lookup_exact() on a map", false },
	{ "do_routing", "longest_prefix() on a map", false },
	{ "next_routing", "$du and t_relay() in a failure_route", false },
	{ "pdt_translate", "longest_prefix() on a map", false },
	{ "prefix2domain", "longest_prefix() on a map", false },
	{ "load_gws", "longest_prefix() on a map", false },
	{ "next_gw", "$du and t_relay() in a failure_route", false },
	{ "sql_*", "a map, or $sht() of module \"htable\" filled by lcsctl htable set", false },
	{ "http_*", "nothing: a map, or $sht() of module \"htable\" filled by lcsctl htable set",
	  false },
	{ "sip_trace", "lcsctl trace remembers what happened to each message", true },
	{ "lua_*", "routes of the language", false },
	{ "sdp_*", "search_body() and replace_body() of module \"textops\"", false },
	{ "avp_db_load", "lookup_exact() on a map", false },
	{ "avp_printf", "$avp(x) = f\"...\"", false },
	{ "avp_check", "== and =~", false },
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
	{ "dlg_var",
	  "$sht(name=>$ci) of module \"htable\" for the call, $avp(name) for one "
	  "request", false },
	{ "dlg", "$ci, $ft and $tt name the dialog; how long it lasts nobody keeps", false },
	{ "dlg_ctx", "nothing: the server ends no calls", false },
	{ "rtpstat", "nothing: media goes between the clients", false },
	{ "uac_req", "t_uac_send() of module \"tm\"", false },
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
	{ "port", "listen", true },
	{ "mpath", "nothing: lcs finds its own modules; lcs -m PATH names others", true },
	{ "loadpath", "nothing: lcs finds its own modules; lcs -m PATH names others", true },
	{ "disable_tcp", "listen", true },
	{ "enable_sctp", "nothing: there is no SCTP", true },
	{ "auto_aliases", "alias", true },
	{ "dns", "nothing: names are looked up as needed", true },
	{ "rev_dns", "nothing: no address is looked up backwards", true },
	{ "server_signature", "remove_hf(\"Server\")", true },
	{ "group", "user", true }, { "uid", "user", true }, { "gid", "user", true },
	{ "sip_warning", "nothing: no Warning is added", true },
	{ "mhomed", "nothing: the listener that fits the next hop sends", true },
	{ "user_agent_header", "server_header, for both names", true },
	{ "use_dns_failover", "failover of module \"tm\"", true },
	{ "use_dns_cache", "nothing: answers are kept anyway", true },
	{ "dns_cache_init", "nothing: answers are kept anyway", true },
	{ "dns_cache_max_ttl", "dns_max_ttl", true },
	{ "dns_try_naptr", "dns_naptr", true }, { "dns_try_ipv6", "dns_ipv6", true },
	{ "dns_retr_time", "dns_timeout", true }, { "dns_retr_no", "dns_tries", true },
	{ "shm_mem_size", "nothing: memory is taken as it is needed", true },
	{ "pkg_mem_size", "nothing: memory is taken as it is needed", true },
	{ "tcp_accept_no_cl", "nothing: over TCP a message needs its Content-Length", true },
	{ "tcp_accept_aliases", "nothing: connections are used again anyway", true },
	{ "tcp_async", "nothing: no connection is waited for", true },
	{ "tcp_rd_buf_size", "max_message_size", true },
	{ "tcp_connect_timeout", "connect_timeout", true },
	{ "tcp_send_timeout", "max_send_queue", true },
	{ "tls_max_connections", "max_connections", true },
	{ "max_while_loops", "script_max_steps", true },
	{ "open_fd_limit", "open_files_limit", true },
	{ "reply_to_via", "nothing: RFC 3261 18.2.2 says where responses go", true },
	{ "syn_branch", "nothing: each branch has its own mark", true },
	{ "enable_tls", "module \"tls\" and listen", true },
	{ NULL, NULL, false }
};

/* Parameters whose loss somebody will feel, or need not. */
static const struct guest_name params[] = {
	{ "sipping_bflag",
	  "detect_nat of module \"registrar\", and fix_nated_register(), say who is "
	  "pinged", true },
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
	{ "timer_interval", "nothing: what runs out goes at its time", true },
	{ "gruu_enabled", "nothing: who asks for GRUUs is given some", true },
	{ "remove_latency",
	  "nothing: an address is free again after one unit below the limit", true },
	{ "outbound_mode", "nothing: clients that ask for outbound get it", true },
	{ "use_domain", "nothing: a user is a name and a domain", true },
	{ "desc_order", "nothing: what was registered last goes first among equals", true },
	{ "preload", "nothing: the store is read at start", true },
	{ NULL, NULL, false }
};

static const struct guest_name events[] = {
	{ "htable:mod-init", "startup_route", false },
	{ "core:worker-one-init", "startup_route", false },
	{ "tm:local-request", "local_route", false },
	{ "tm:local-response", "reply_route", false },
	{ "tm:branch-failure:*", "failure_route", false },
	{ "xhttp:*", "lcsctl for control", false },
	{ "dialog:*", "reply_route for the answer, request_route for the BYE", false },
	{ "dispatcher:*", "nothing: no target is asked whether it is there", false },
	{ "rtpengine:*", "nothing: media goes between the clients", false },
	{ NULL, NULL, false }
};

static const struct guest_name *const tables[] = {
	[GUEST_MODULE] = modules, [GUEST_FUNCTION] = functions, [GUEST_VARIABLE] = variables,
	[GUEST_SETTING] = settings, [GUEST_PARAM] = params,
	[GUEST_EVENT] = events
};

/* "ds_*" is every name that begins so. */
static bool names(const char *row, struct slice name)
{
	struct slice r = slice_str(row);

	if (r.p[r.len - 1] == '*')
		return slice_starts(name, slice_first(r, r.len - 1));
	return slice_eq(name, r);
}

const struct guest_name *guest_find(enum guest_what what, struct slice name)
{
	for (const struct guest_name *n = tables[what]; n->name; n++)
		if (names(n->name, name))
			return n;
	return NULL;
}
