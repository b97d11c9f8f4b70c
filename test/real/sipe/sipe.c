/*
 * sipe.c - pidgin-sipe without a window: one account, told what to do by lines on standard
 * input, telling what happens by lines on standard output.
 *
 *	cc -o sipe sipe.c $(pkg-config --cflags --libs purple) -lxml2 -ldl -rdynamic
 *	sipe --dir DIR --user alice@example.com --password secret --server 127.0.0.1:5060
 *	    [--login 'EXAMPLE\alice'] [--transport tcp|tls|auto] [--auth ntlm|krb5|automatic]
 *	    [--sso]
 *
 * What it understands and says is in README.md beside it.
 */
#include <dlfcn.h>
#include <glib.h>
#include <libxml/parser.h>
#include <purple.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static GMainLoop *main_loop;
static PurpleAccount *account;

/* ---- what it says ---- */

/* One line per event whatever is in it: backslash, CR and LF are written as \\, \r, \n. */
static void put_escaped(const char *s)
{
	for (; s && *s; s++)
		if (*s == '\\')
			fputs("\\\\", stdout);
		else if (*s == '\n')
			fputs("\\n", stdout);
		else if (*s == '\r')
			fputs("\\r", stdout);
		else
			putchar(*s);
}

/* The word, then each text with a tab in front; NULL ends. */
static void tell(const char *word, ...)
{
	const char *text;
	va_list ap;

	fputs(word, stdout);
	va_start(ap, word);
	while ((text = va_arg(ap, const char *))) {
		putchar('\t');
		put_escaped(text);
	}
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

/* ---- a libxml2 that calls nobody back ---- */

/*
 * Debian 12's libxml2 no longer calls the SAX1 callbacks of a handler that claims SAX2, as
 * that of libsipe does. The executable's symbol comes before the library's.
 */
int xmlSAXUserParseMemory(xmlSAXHandlerPtr sax, void *user, const char *text, int size)
{
	int (*real)(xmlSAXHandlerPtr, void *, const char *, int);
	xmlSAXHandler copy = *sax;
	void *symbol = dlsym(RTLD_NEXT, "xmlSAXUserParseMemory");

	memcpy(&real, &symbol, sizeof(real));
	copy.initialized = 0;
	return real(&copy, user, text, size);
}

/* ---- libpurple's event loop on glib's ---- */

struct input { PurpleInputFunction call; gpointer arg; };

static gboolean input_ready(GIOChannel *channel, GIOCondition cond, gpointer data)
{
	const struct input *in = data;
	PurpleInputCondition what = 0;

	if (cond & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		what |= PURPLE_INPUT_READ;
	if (cond & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
		what |= PURPLE_INPUT_WRITE;
	in->call(in->arg, g_io_channel_unix_get_fd(channel), what);
	return TRUE;
}

static guint input_add(int fd, PurpleInputCondition what, PurpleInputFunction call, gpointer arg)
{
	struct input *in = g_new0(struct input, 1);
	GIOChannel *channel = g_io_channel_unix_new(fd);
	GIOCondition cond = G_IO_HUP | G_IO_ERR | G_IO_NVAL;
	guint id;

	*in = (struct input){ call, arg };
	if (what & PURPLE_INPUT_READ)
		cond |= G_IO_IN;
	if (what & PURPLE_INPUT_WRITE)
		cond |= G_IO_OUT;
	id = g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, cond, input_ready, in, g_free);
	g_io_channel_unref(channel);
	return id;
}

/*
 * A second is how long the plugin lets a user go on choosing before it tells a new state. Nobody
 * chooses here: a tenth.
 */
static guint timeout_seconds(guint interval, GSourceFunc call, gpointer arg)
{
	if (interval == 1)
		return g_timeout_add(100, call, arg);
	return g_timeout_add_seconds(interval, call, arg);
}

static PurpleEventLoopUiOps loop_ops = {
	.timeout_add = g_timeout_add, .timeout_remove = g_source_remove,
	.input_add = input_add, .input_remove = g_source_remove,
	.timeout_add_seconds = timeout_seconds,
};

/* ---- what libpurple wants to show somebody ---- */

static void *show_message(PurpleNotifyMsgType type, const char *title, const char *primary,
    const char *secondary)
{
	(void)type;
	tell("notice", or_empty(title), or_empty(primary), or_empty(secondary), NULL);
	return NULL;
}

static void *show_formatted(const char *title, const char *primary, const char *secondary,
    const char *text)
{
	(void)secondary;
	tell("notice", or_empty(title), or_empty(primary), or_empty(text), NULL);
	return NULL;
}

static void *show_userinfo(PurpleConnection *gc, const char *who, PurpleNotifyUserInfo *info)
{
	(void)gc;
	for (GList *l = purple_notify_user_info_get_entries(info); l; l = l->next) {
		const char *label = purple_notify_user_info_entry_get_label(l->data);

		if (label)
			tell("info", who, label,
			    or_empty(purple_notify_user_info_entry_get_value(l->data)), NULL);
	}
	tell("info-end", who, NULL);
	return NULL;
}

static void *show_results(PurpleConnection *gc, const char *title, const char *primary,
    const char *secondary, PurpleNotifySearchResults *results, gpointer arg)
{
	(void)gc; (void)title; (void)arg;
	for (GList *row = results->rows; row; row = row->next) {
		fputs("found", stdout);
		for (GList *column = row->data; column; column = column->next) {
			putchar('\t');
			put_escaped(column->data);
		}
		putchar('\n');
	}
	tell("found-end", or_empty(primary), or_empty(secondary), NULL);
	return results;
}

static PurpleNotifyUiOps notify_ops = {
	.notify_message = show_message, .notify_formatted = show_formatted,
	.notify_userinfo = show_userinfo, .notify_searchresults = show_results,
};

/* Questions: the first answer is taken (accept, yes), but for the search, whose fields the
 * command has filled in. */
static void *ask_action(const char *title, const char *primary, const char *secondary,
    int preset, PurpleAccount *a, const char *who, PurpleConversation *conv, void *arg,
    size_t count, va_list actions)
{
	const char *name = va_arg(actions, const char *);
	GCallback call = va_arg(actions, GCallback);

	(void)preset; (void)a; (void)who; (void)conv; (void)count;
	tell("asked", or_empty(title), or_empty(primary), or_empty(secondary), or_empty(name), NULL);
	if (call)
		((PurpleRequestActionCb)call)(arg, 0);
	return NULL;
}

static char *search_words[2];		/* given name, surname */

static void *ask_fields(const char *title, const char *primary, const char *secondary,
    PurpleRequestFields *fields, const char *ok_text, GCallback ok, const char *cancel_text,
    GCallback cancel, PurpleAccount *a, const char *who, PurpleConversation *conv, void *arg)
{
	unsigned n = 0;

	(void)secondary; (void)ok_text; (void)cancel_text; (void)cancel; (void)a; (void)who;
	(void)conv;
	tell("form", or_empty(title), or_empty(primary), NULL);
	for (GList *g = purple_request_fields_get_groups(fields); g; g = g->next)
		for (GList *f = purple_request_field_group_get_fields(g->data); f; f = f->next)
			if (purple_request_field_get_type(f->data) == PURPLE_REQUEST_FIELD_STRING &&
			    n < 2)
				purple_request_field_string_set_value(f->data, search_words[n++]);
	((PurpleRequestFieldsCb)ok)(arg, fields);
	return NULL;
}

static PurpleRequestUiOps request_ops = {
	.request_action = ask_action, .request_fields = ask_fields,
};

/* ---- connections ---- */

static void disconnected_why(PurpleConnection *gc, PurpleConnectionError why, const char *text)
{
	char number[16];

	(void)gc;
	g_snprintf(number, sizeof(number), "%d", (int)why);
	tell("failed", number, or_empty(text), NULL);
}

static PurpleConnectionUiOps connection_ops = { .report_disconnect_reason = disconnected_why };

static void *authorize(PurpleAccount *a, const char *who, const char *id, const char *alias,
    const char *message, gboolean on_list, PurpleAccountRequestAuthorizationCb yes,
    PurpleAccountRequestAuthorizationCb no, void *arg)
{
	(void)a; (void)id; (void)on_list; (void)no;
	tell("authorize", who, or_empty(alias), or_empty(message), NULL);
	if (g_getenv("SIPE_RIG_DENY"))
		no(arg);
	else
		yes(arg);
	return NULL;
}

static PurpleAccountUiOps account_ops = { .request_authorize = authorize };

/* ---- signals ---- */

static void signed_on(PurpleConnection *gc) { (void)gc; tell("signed-on", NULL); }
static void signed_off(PurpleConnection *gc) { (void)gc; tell("signed-off", NULL); }

static void got_im(PurpleAccount *a, const char *sender, const char *text,
    PurpleConversation *conv, PurpleMessageFlags flags)
{
	(void)a; (void)conv; (void)flags;
	tell("im", sender, text, NULL);
}

static void conv_created(PurpleConversation *conv)
{
	tell("conversation", purple_conversation_get_name(conv), NULL);
}

/* What the protocol writes itself: errors, "could not be delivered". */
static void wrote(PurpleAccount *a, const char *who, const char *text, PurpleConversation *conv,
    PurpleMessageFlags flags)
{
	(void)a; (void)who;
	if (flags & (PURPLE_MESSAGE_ERROR | PURPLE_MESSAGE_SYSTEM))
		tell("im-error", purple_conversation_get_name(conv), text, NULL);
}

static void typing(PurpleAccount *a, const char *who) { (void)a; tell("typing", who, "on", NULL); }
static void typed(PurpleAccount *a, const char *who) { (void)a; tell("typing", who, "paused", NULL); }
static void typing_stopped(PurpleAccount *a, const char *who)
{
	(void)a;
	tell("typing", who, "off", NULL);
}

static void tell_status(PurpleBuddy *b)
{
	PurpleStatus *s = purple_presence_get_active_status(purple_buddy_get_presence(b));

	tell("status", purple_buddy_get_name(b), purple_status_get_id(s),
	    or_empty(purple_status_get_attr_string(s, "message")), NULL);
}

static void status_changed(PurpleBuddy *b, PurpleStatus *old, PurpleStatus *now)
{
	(void)old; (void)now;
	tell_status(b);
}

static void buddy_on(PurpleBuddy *b) { tell_status(b); }
static void buddy_off(PurpleBuddy *b) { tell_status(b); }

static void buddy_added(PurpleBuddy *b)
{
	PurpleGroup *g = purple_buddy_get_group(b);

	tell("buddy", purple_buddy_get_name(b), g ? purple_group_get_name(g) : "",
	    or_empty(purple_buddy_get_alias_only(b)), NULL);
}

static void buddy_removed(PurpleBuddy *b)
{
	PurpleGroup *g = purple_buddy_get_group(b);

	tell("buddy-gone", purple_buddy_get_name(b), g ? purple_group_get_name(g) : "", NULL);
}

static void watch_signals(void)
{
	static int handle;
	const struct { void *from; const char *name; PurpleCallback call; } all[] = {
		{ purple_connections_get_handle(), "signed-on", PURPLE_CALLBACK(signed_on) },
		{ purple_connections_get_handle(), "signed-off", PURPLE_CALLBACK(signed_off) },
		{ purple_conversations_get_handle(), "received-im-msg", PURPLE_CALLBACK(got_im) },
		{ purple_conversations_get_handle(), "conversation-created",
		  PURPLE_CALLBACK(conv_created) },
		{ purple_conversations_get_handle(), "wrote-im-msg", PURPLE_CALLBACK(wrote) },
		{ purple_conversations_get_handle(), "buddy-typing", PURPLE_CALLBACK(typing) },
		{ purple_conversations_get_handle(), "buddy-typed", PURPLE_CALLBACK(typed) },
		{ purple_conversations_get_handle(), "buddy-typing-stopped",
		  PURPLE_CALLBACK(typing_stopped) },
		{ purple_blist_get_handle(), "buddy-status-changed", PURPLE_CALLBACK(status_changed) },
		{ purple_blist_get_handle(), "buddy-signed-on", PURPLE_CALLBACK(buddy_on) },
		{ purple_blist_get_handle(), "buddy-signed-off", PURPLE_CALLBACK(buddy_off) },
		{ purple_blist_get_handle(), "buddy-added", PURPLE_CALLBACK(buddy_added) },
		{ purple_blist_get_handle(), "buddy-removed", PURPLE_CALLBACK(buddy_removed) },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		purple_signal_connect(all[i].from, all[i].name, &handle, all[i].call, NULL);
}

/* ---- files: every offer is taken, below the directory of the account ---- */

static void file_offered(PurpleXfer *xfer)
{
	char *path = g_build_filename(purple_user_dir(), "received", NULL);

	tell("file-offered", purple_xfer_get_remote_user(xfer),
	    or_empty(purple_xfer_get_filename(xfer)), NULL);
	purple_xfer_request_accepted(xfer, path);
	g_free(path);
}

static void file_ended(PurpleXfer *xfer, gpointer word)
{
	tell(word, purple_xfer_get_remote_user(xfer), or_empty(purple_xfer_get_filename(xfer)), NULL);
}

static void watch_files(void)
{
	static const char *const ends[] = {
		"file-recv-complete", "file-recv-cancel", "file-send-complete", "file-send-cancel",
	};
	static int handle;

	purple_signal_connect(purple_xfers_get_handle(), "file-recv-request", &handle,
	    PURPLE_CALLBACK(file_offered), NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		purple_signal_connect(purple_xfers_get_handle(), ends[i], &handle,
		    PURPLE_CALLBACK(file_ended), (gpointer)ends[i]);
}

/* ---- commands ---- */

static PurpleConversation *talk_with(const char *who)
{
	PurpleConversation *c = purple_find_conversation_with_account(PURPLE_CONV_TYPE_IM, who,
	    account);

	return c ? c : purple_conversation_new(PURPLE_CONV_TYPE_IM, account, who);
}

static PurpleGroup *group_named(const char *name)
{
	PurpleGroup *g = purple_find_group(name);

	if (!g) {
		g = purple_group_new(name);
		purple_blist_add_group(g, NULL);
	}
	return g;
}

static void do_im(char **w)
{
	purple_conv_im_send(PURPLE_CONV_IM(talk_with(w[1])), w[2]);
}

static void do_typing(char **w)
{
	serv_send_typing(purple_account_get_connection(account), w[1],
	    strcmp(w[2], "on") == 0 ? PURPLE_TYPING : PURPLE_NOT_TYPING);
}

static void do_close(char **w)
{
	purple_conversation_destroy(talk_with(w[1]));
}

/* status ID [note] */
static void do_status(char **w)
{
	PurpleStatusType *type = purple_account_get_status_type(account, w[1]);

	if (!type) {
		tell("error", "no such status", w[1], NULL);
		return;
	}
	if (w[2] && purple_status_type_get_attr(type, "message"))
		purple_account_set_status(account, w[1], TRUE, "message", w[2], NULL);
	else
		purple_account_set_status(account, w[1], TRUE, NULL);
}

/* add URI GROUP [ALIAS] */
static void do_add(char **w)
{
	PurpleBuddy *b = purple_buddy_new(account, w[1], w[3]);

	purple_blist_add_buddy(b, NULL, group_named(w[2]), NULL);
	purple_account_add_buddy_with_invite(account, b, NULL);
}

static void do_remove(char **w)
{
	PurpleBuddy *b;

	while ((b = purple_find_buddy(account, w[1]))) {
		purple_account_remove_buddy(account, b, purple_buddy_get_group(b));
		purple_blist_remove_buddy(b);
	}
}

static void do_move(char **w)
{
	PurpleBuddy *b = purple_find_buddy(account, w[1]);

	if (b)
		purple_blist_add_buddy(b, NULL, group_named(w[2]), NULL);
}

static void do_alias(char **w)
{
	PurpleBuddy *b = purple_find_buddy(account, w[1]);

	if (!b)
		return;
	purple_blist_alias_buddy(b, w[2]);
	serv_alias_buddy(b);
}

static void do_group_add(char **w)
{
	group_named(w[1]);
}

static void do_group_rename(char **w)
{
	PurpleGroup *g = purple_find_group(w[1]);

	if (g)
		purple_blist_rename_group(g, w[2]);
}

static void do_group_remove(char **w)
{
	PurpleGroup *g = purple_find_group(w[1]);

	if (!g)
		return;
	purple_account_remove_group(account, g);
	purple_blist_remove_group(g);
}

static void do_block(char **w)
{
	purple_privacy_deny_add(account, w[1], FALSE);
}

static void do_unblock(char **w)
{
	purple_privacy_deny_remove(account, w[1], FALSE);
}

static void do_send_file(char **w)
{
	serv_send_file(purple_account_get_connection(account), w[1], w[2]);
}

static void do_get_info(char **w)
{
	serv_get_info(purple_account_get_connection(account), w[1]);
}

/* An entry of the account's menu by the beginning of its label. */
static void do_action(char **w)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	PurplePlugin *plugin = purple_connection_get_prpl(gc);
	GList *all = PURPLE_PLUGIN_ACTIONS(plugin, gc);

	for (GList *l = all; l; l = l->next) {
		PurplePluginAction *action = l->data;

		if (action && g_str_has_prefix(action->label, w[1])) {
			action->plugin = plugin;
			action->context = gc;
			action->callback(action);
			return;
		}
	}
	tell("error", "no such action", w[1], NULL);
}

/* search GIVEN [SURNAME] */
static void do_search(char **w)
{
	char *words[] = { w[0], (char *)"Contact search...", NULL };

	g_free(search_words[0]);
	g_free(search_words[1]);
	search_words[0] = g_strdup(w[1]);
	search_words[1] = g_strdup(w[2]);
	do_action(words);
}

static void do_buddies(char **w)
{
	GSList *all = purple_find_buddies(account, NULL);

	(void)w;
	for (GSList *l = all; l; l = l->next) {
		buddy_added(l->data);
		tell_status(l->data);
	}
	g_slist_free(all);
	for (PurpleBlistNode *n = purple_blist_get_root(); n; n = purple_blist_node_get_sibling_next(n))
		if (PURPLE_BLIST_NODE_IS_GROUP(n))
			tell("group", purple_group_get_name(PURPLE_GROUP(n)), NULL);
	tell("buddies-end", NULL);
}

static void do_sign_off(char **w)
{
	(void)w;
	purple_account_set_enabled(account, "lcs-sipe", FALSE);
}

static void do_sign_on(char **w)
{
	(void)w;
	purple_account_set_enabled(account, "lcs-sipe", TRUE);
}

static void do_quit(char **w)
{
	(void)w;
	g_main_loop_quit(main_loop);
}

static const struct { const char *word; int words; void (*run)(char **w); } commands[] = {
	{ "im", 2, do_im }, { "typing", 2, do_typing }, { "close", 1, do_close },
	{ "status", 1, do_status }, { "add", 2, do_add }, { "remove", 1, do_remove },
	{ "move", 2, do_move }, { "alias", 2, do_alias }, { "group-add", 1, do_group_add },
	{ "group-rename", 2, do_group_rename }, { "group-remove", 1, do_group_remove },
	{ "block", 1, do_block }, { "unblock", 1, do_unblock }, { "get-info", 1, do_get_info },
	{ "send-file", 2, do_send_file },
	{ "search", 1, do_search }, { "action", 1, do_action }, { "buddies", 0, do_buddies },
	{ "sign-off", 0, do_sign_off }, { "sign-on", 0, do_sign_on }, { "quit", 0, do_quit },
};

static void obey(char *line)
{
	char **w = g_strsplit(line, "\t", 5);
	int n = (int)g_strv_length(w);

	for (int i = 0; i < n; i++) {
		char *raw = w[i];

		w[i] = g_strcompress(raw);
		g_free(raw);
	}
	for (size_t i = 0; n > 0 && i < G_N_ELEMENTS(commands); i++)
		if (strcmp(w[0], commands[i].word) == 0 && n > commands[i].words) {
			commands[i].run(w);
			tell("done", w[0], NULL);
			g_strfreev(w);
			return;
		}
	tell("error", "no such command, or too few words", line, NULL);
	g_strfreev(w);
}

static gboolean line_ready(GIOChannel *channel, GIOCondition cond, gpointer data)
{
	char *line = NULL;
	gsize end;

	(void)cond; (void)data;
	if (g_io_channel_read_line(channel, &line, NULL, &end, NULL) != G_IO_STATUS_NORMAL) {
		g_main_loop_quit(main_loop);
		return FALSE;
	}
	line[end] = '\0';
	obey(line);
	g_free(line);
	return TRUE;
}

static void watch_input(void)
{
	GIOChannel *channel = g_io_channel_unix_new(0);

	g_io_channel_set_flags(channel, G_IO_FLAG_NONBLOCK, NULL);
	g_io_add_watch(channel, G_IO_IN | G_IO_HUP, line_ready, NULL);
}

/* ---- its log ---- */

/* Not to standard output, where libpurple would write it by itself. */
static void log_print(PurpleDebugLevel level, const char *category, const char *text)
{
	(void)level;
	fprintf(stderr, "%s: %s", category ? category : "", text);
}

static gboolean log_is_wanted(PurpleDebugLevel level, const char *category)
{
	return level >= PURPLE_DEBUG_INFO && category && strcmp(category, "sipe") == 0;
}

static PurpleDebugUiOps debug_ops = { .print = log_print, .is_enabled = log_is_wanted };

/* ---- beginning ---- */

static char *opt_dir, *opt_user, *opt_login, *opt_password, *opt_server, *opt_transport,
    *opt_auth, *opt_agent;
static gboolean opt_sso, opt_debug;

static GOptionEntry options[] = {
	{ "dir", 0, 0, G_OPTION_ARG_STRING, &opt_dir, "for libpurple's files", "DIR" },
	{ "user", 0, 0, G_OPTION_ARG_STRING, &opt_user, "sign-in name", "NAME@DOMAIN" },
	{ "login", 0, 0, G_OPTION_ARG_STRING, &opt_login, "account name", "LOGIN" },
	{ "password", 0, 0, G_OPTION_ARG_STRING, &opt_password, "password", "TEXT" },
	{ "server", 0, 0, G_OPTION_ARG_STRING, &opt_server, "server", "HOST:PORT" },
	{ "transport", 0, 0, G_OPTION_ARG_STRING, &opt_transport, "tcp, tls or auto", "NAME" },
	{ "auth", 0, 0, G_OPTION_ARG_STRING, &opt_auth, "ntlm, krb5 or automatic", "NAME" },
	{ "user-agent", 0, 0, G_OPTION_ARG_STRING, &opt_agent, "its User-Agent", "TEXT" },
	{ "sso", 0, 0, G_OPTION_ARG_NONE, &opt_sso, "use the tickets that are there", NULL },
	{ "debug", 0, 0, G_OPTION_ARG_NONE, &opt_debug, "libpurple's log on standard error", NULL },
	{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
};

/* A certificate is taken as it is: trust in the server is not what is tested here. */
static void trust_all(PurpleCertificateVerificationRequest *vrq)
{
	purple_certificate_verify_complete(vrq, PURPLE_CERTIFICATE_VALID);
}

static PurpleCertificateVerifier trusting = {
	.scheme_name = (char *)"x509", .name = (char *)"rig", .start_verification = trust_all,
};

static void ui_init(void)
{
	PurpleCertificateVerifier *usual;

	purple_connections_set_ui_ops(&connection_ops);
	purple_notify_set_ui_ops(&notify_ops);
	purple_request_set_ui_ops(&request_ops);
	purple_accounts_set_ui_ops(&account_ops);
	usual = purple_certificate_find_verifier("x509", "tls_cached");
	if (usual)
		usual->start_verification = trust_all;
	else
		purple_certificate_register_verifier(&trusting);
}

static PurpleCoreUiOps core_ops = { .ui_init = ui_init };

static void start_purple(void)
{
	purple_util_set_user_dir(opt_dir);
	if (opt_debug) {
		purple_debug_set_ui_ops(&debug_ops);
		g_setenv("PURPLE_UNSAFE_DEBUG", "1", TRUE);
		g_setenv("PURPLE_VERBOSE_DEBUG", "1", TRUE);
		purple_debug_set_unsafe(TRUE);
		purple_debug_set_verbose(TRUE);
	}
	purple_core_set_ui_ops(&core_ops);
	purple_eventloop_set_ui_ops(&loop_ops);
	if (!purple_core_init("lcs-sipe"))
		g_error("libpurple does not start");
	purple_set_blist(purple_blist_new());
	purple_blist_load();
	purple_prefs_load();
	purple_prefs_set_bool("/purple/logging/log_ims", FALSE);
	purple_prefs_set_bool("/purple/logging/log_system", FALSE);
	/* Idle people go away by themselves, which no test wants. */
	purple_prefs_set_bool("/purple/away/away_when_idle", FALSE);
	purple_prefs_set_string("/purple/away/idle_reporting", "none");
}

static void make_account(void)
{
	char *name = opt_login ? g_strconcat(opt_user, ",", opt_login, NULL) : g_strdup(opt_user);

	account = purple_account_new(name, "prpl-sipe");
	g_free(name);
	purple_account_set_password(account, or_empty(opt_password));
	purple_account_set_string(account, "server", opt_server);
	purple_account_set_string(account, "transport", opt_transport ? opt_transport : "tcp");
	purple_account_set_string(account, "authentication", opt_auth ? opt_auth : "ntlm");
	purple_account_set_bool(account, "krb5", opt_sso);
	purple_account_set_bool(account, "sso", opt_sso);
	if (opt_agent)
		purple_account_set_string(account, "useragent", opt_agent);
	purple_accounts_add(account);
}

int main(int argc, char **argv)
{
	GOptionContext *context = g_option_context_new("- pidgin-sipe by lines");
	GError *error = NULL;

	g_option_context_add_main_entries(context, options, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || !opt_user || !opt_server ||
	    !opt_dir) {
		fprintf(stderr, "%s\n", error ? error->message :
		    "--dir, --user and --server must be given");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	main_loop = g_main_loop_new(NULL, FALSE);
	start_purple();
	if (!purple_find_prpl("prpl-sipe")) {
		tell("failed", "-1", "pidgin-sipe is not installed", NULL);
		return 77;
	}
	watch_signals();
	watch_files();
	make_account();
	purple_savedstatus_activate(purple_savedstatus_new(NULL, PURPLE_STATUS_AVAILABLE));
	watch_input();
	tell("ready", NULL);
	purple_account_set_enabled(account, "lcs-sipe", TRUE);
	g_main_loop_run(main_loop);
	purple_core_quit();
	return 0;
}
