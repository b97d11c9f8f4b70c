/*
 * core/net/dial.c - connections that we open, and the layer that is put on any.
 */
#include "core/net/room.h"

#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>
#include <unistd.h>

/* From the address that we listen on, so that the peer sees one host, not two. */
static int bind_source(int fd, const struct net_listener *l)
{
	struct sock_addr from;
	struct sockaddr_storage ss;
	socklen_t len;
	int one = 1;

	if (!l || ip_is_any(&l->addr.ip))
		return 0;
	from = l->addr;
	from.port = 0;
	len = sock_addr_to(&from, &ss);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&ss, len) == 0 ? 0 : -errno;
}

static int connect_to(int fd, const struct sock_addr *remote)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr_to(remote, &ss);

	if (connect(fd, (struct sockaddr *)&ss, len) == 0 || errno == EINPROGRESS)
		return 0;
	return -errno;
}

static int open_socket(const struct sip_hop *hop, unsigned listener, int *out)
{
	int family = hop->remote.ip.family == 6 ? AF_INET6 : AF_INET;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = bind_source(fd, net_listener(listener));
	if (!err)
		err = connect_to(fd, &hop->remote);
	if (err)
		close(fd);
	else
		*out = fd;
	return err;
}

static struct conn *open_conn(const struct sip_hop *hop, int *err)
{
	struct conn_spec spec = { .transport = hop->transport, .remote = hop->remote,
				  .dialled = hop };
	struct conn *c;

	if (!layer_is_there(hop->transport)) {
		*err = -EPROTONOSUPPORT;
		return NULL;
	}
	spec.listener = (uint16_t)net_listener_towards(hop);
	*err = open_socket(hop, spec.listener, &spec.fd);
	if (*err)
		return NULL;
	c = conn_new(&spec);
	*err = c ? 0 : -ENOMEM;
	return c;
}

void conn_dial(struct sip_out *out)
{
	int err;
	struct conn *c = open_conn(&out->hop, &err);

	if (!c) {
		NET_COUNT(send_errors, 1);
		out_fail(out, err);
		return;
	}
	conn_queue(c, out);
}

static void note_local(struct conn *c)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(c->watch.fd, (struct sockaddr *)&ss, &len) == 0)
		sock_addr_from(&c->local, &ss);
}

void conn_dial_ready(struct conn *c)
{
	int err = 0;
	socklen_t len = sizeof(err);
	struct sip_hop hop;

	if (getsockopt(c->watch.fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		err = errno;
	if (err) {
		NET_COUNT(send_errors, 1);
		conn_close(c, -err, "could not be opened");
		return;
	}
	note_local(c);
	NET_COUNT(connections_opened, 1);
	hop = conn_hop(c);
	hop.name = slice_str(c->dial_name);
	conn_begin_layer(c, &hop);
}

/* ---- TLS, if the transport wants it ---- */

static void handshake_failed(struct conn *c, int err, const char *text)
{
	char remote[ADDR_TEXT_BYTES];

	sock_addr_format(&c->remote, remote);
	log_debug("net", "handshake failed remote=%s error=\"%s\" detail=\"%s\"", remote,
	    err_text(err), text);
	NET_COUNT(handshake_errors, 1);
	conn_close(c, err, "handshake failed");
}

void conn_begin_layer(struct conn *c, const struct sip_hop *dialled)
{
	struct layer layer = layer_of((enum sip_transport)c->transport);
	int err = 0;

	if (c->transport == TRANSPORT_TCP) {
		conn_opened(c);
		return;
	}
	c->ops = layer.ops;
	c->layer = layer.ops->open(layer.arg, c->watch.fd,
	    dialled ? NULL : net_listener(c->listener), dialled, &err);
	if (!c->layer) {
		handshake_failed(c, err, layer.ops->error_text());
		return;
	}
	c->state = CONN_HANDSHAKE;
	conn_handshake(c);
}

void conn_handshake(struct conn *c)
{
	int err = c->ops->handshake(c->layer);

	if (err == -EAGAIN) {
		conn_update_events(c);
		return;
	}
	if (err)
		handshake_failed(c, err, c->ops->error_text());
	else
		conn_opened(c);
}
