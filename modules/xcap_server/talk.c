/*
 * modules/xcap_server/talk.c - one connection: requests come in pieces, and are answered.
 */
#include "modules/xcap_server/http.h"

#include <stdlib.h>

/* A connection, and the request that is under way on it. */
struct conversation {
	struct list            node;	/* in http.suspended */
	struct http           *h;
	bool                   is_tls;
	struct MHD_Connection *connection;
	char                  *target;	/* of the request line, as it came */
	struct xcap_exchange  *exchange;
	bool                   is_answered;
	size_t                 wasted;	/* bytes that came behind the answer */
};

/* ---- answers ---- */

static enum MHD_Result send_answer(struct conversation *c)
{
	const struct xcap_answer *a = xcap_exchange_answer(c->exchange);
	struct MHD_Response *r = MHD_create_response_from_buffer(a->body.len,
	    (void *)(uintptr_t)a->body.p, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = r ? MHD_YES : MHD_NO;

	if (r && a->content_type)
		MHD_add_response_header(r, "Content-Type", a->content_type);
	for (unsigned i = 0; r && i < a->header_count; i++)
		MHD_add_response_header(r, a->headers[i].name, a->headers[i].value);
	if (r)
		result = MHD_queue_response(c->connection, a->status, r);
	if (r)
		MHD_destroy_response(r);
	c->is_answered = true;
	return result;
}

/* ---- requests ---- */

static struct slice header(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value ? slice_str(value) : SLICE("");
}

static void get_address(struct MHD_Connection *connection, struct sock_addr *out)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr_storage ss = { 0 };

	*out = (struct sock_addr){ 0 };
	if (!info || !info->client_addr)
		return;
	memcpy(&ss, info->client_addr, info->client_addr->sa_family == AF_INET6 ?
	    sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	sock_addr_from(out, &ss);
}

static void on_ready(void *arg)
{
	struct conversation *c = arg;

	list_remove(&c->node);
	MHD_resume_connection(c->connection);
}

/* What is longer than it may be is refused before it is sent. */
static bool is_too_long(struct conversation *c)
{
	struct slice text = header(c->connection, "Content-Length");
	uint64_t length;

	return text.len && (slice_to_u64(text, &length) != 0 ||
	    length > (uint64_t)c->h->conf.max_body);
}

/* Who is answered before he has sent all loses the connection. So what is short is read, that he
 * may ask again with his credentials on the same one; if he does not wait for our word anyway. */
static bool is_body_welcome(struct conversation *c)
{
	return !is_too_long(c) && !header(c->connection, "Expect").len &&
	    !header(c->connection, "Transfer-Encoding").len;
}

static enum MHD_Result begin(struct conversation *c, const char *method)
{
	struct xcap_request r = {
		.method = slice_str(method), .target = slice_str(c->target ? c->target : ""),
		.authorization = header(c->connection, "Authorization"),
		.if_match = header(c->connection, "If-Match"),
		.if_none_match = header(c->connection, "If-None-Match"),
		.content_type = header(c->connection, "Content-Type"),
		.is_tls = c->is_tls,
	};

	get_address(c->connection, &r.from);
	c->wasted = 0;
	c->exchange = xcap_exchange_new(c->h->x, c->h->inbox, on_ready, c);
	if (!c->exchange)
		return MHD_NO;
	c->is_answered = xcap_exchange_head(c->exchange, &r);
	if (!c->is_answered && is_too_long(c))
		c->is_answered = xcap_say(c->exchange, 413, "Too long.");
	return c->is_answered && !is_body_welcome(c) ? send_answer(c) : MHD_YES;
}

/* An answer can be sent when all has been read; so what comes is thrown away, for a while. */
static enum MHD_Result take_body(struct conversation *c, const char *data, size_t *size)
{
	size_t len = *size;

	*size = 0;
	if (!c->is_answered) {
		c->is_answered = xcap_exchange_body(c->exchange, slice_of(data, len));
		return MHD_YES;
	}
	c->wasted += len;
	return c->wasted > 4 * (size_t)c->h->conf.max_body ? MHD_NO : MHD_YES;
}

static enum MHD_Result run(struct conversation *c)
{
	if (atomic_load_explicit(&c->h->must_end, memory_order_relaxed) && !c->is_answered) {
		xcap_exchange_abandon(c->exchange);
		return send_answer(c);
	}
	if (c->is_answered || xcap_exchange_run(c->exchange))
		return send_answer(c);
	c->is_answered = true;		/* when it is resumed */
	list_push_back(&c->h->suspended, &c->node);
	MHD_suspend_connection(c->connection);
	return MHD_YES;
}

enum MHD_Result talk_on_request(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *size, void **state)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct conversation *c = info ? info->socket_context : NULL;

	(void)arg;
	(void)url;
	(void)version;
	if (!c)
		return MHD_NO;
	if (!c->exchange) {
		*state = c;
		return begin(c, method);
	}
	return *size ? take_body(c, data, size) : run(c);
}

void talk_on_completed(void *arg, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	struct conversation *c = *state;

	(void)arg;
	(void)connection;
	(void)code;
	if (!c)
		return;
	list_remove(&c->node);
	xcap_exchange_free(&c->exchange);
	*state = NULL;
}

/* ---- connections ---- */

void talk_on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	struct http_listener *l = arg;
	struct conversation *c = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		c = calloc(1, sizeof(*c));
		if (c) {
			list_init(&c->node);
			c->h = l->h;
			c->is_tls = l->is_tls;
			c->connection = connection;
		}
		*context = c;
	} else if (c) {
		list_remove(&c->node);
		xcap_exchange_free(&c->exchange);
		free(c->target);
		free(c);
		*context = NULL;
	}
}

/* The path as it came: percent signs are ours to resolve, piece by piece. */
void *talk_on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct conversation *c = info ? info->socket_context : NULL;

	(void)arg;
	if (c) {
		free(c->target);
		c->target = strdup(target);
	}
	return NULL;
}

void talk_abandon(struct http *h)
{
	while (!list_is_empty(&h->suspended)) {
		struct conversation *c = container_of(h->suspended.next, struct conversation, node);

		xcap_exchange_abandon(c->exchange);
		on_ready(c);
	}
}
