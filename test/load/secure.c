/*
 * test/load/secure.c - TLS below a user's messages, if the crowd is to have it; else a plain socket.
 */
#include "test/load/crowd.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

int secure_init(struct crowd *c)
{
	c->tls = SSL_CTX_new(TLS_client_method());
	if (!c->tls || SSL_CTX_load_verify_file(c->tls, c->ca) != 1)
		return -ENOENT;
	SSL_CTX_set_verify(c->tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(c->tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return 0;
}

/* What a call of OpenSSL that failed means, as a system call would say it. */
static int verdict(SSL *ssl, int ret)
{
	switch (SSL_get_error(ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE: return EAGAIN;
	case SSL_ERROR_ZERO_RETURN: return 0;
	default: return ECONNRESET;
	}
}

static bool begin(struct user *u)
{
	u->ssl = SSL_new(u->c->tls);
	if (!u->ssl)
		return false;
	SSL_set_connect_state(u->ssl);
	return SSL_set_fd(u->ssl, u->fd) == 1 && SSL_set1_host(u->ssl, u->c->domain) == 1 &&
	    SSL_set_tlsext_host_name(u->ssl, u->c->domain) == 1;
}

int secure_shake(struct user *u)
{
	int ret;

	if (!u->c->tls || u->kind == KIND_UDP)
		return 0;
	if (!u->ssl && !begin(u))
		return -ENOMEM;
	ERR_clear_error();
	ret = SSL_do_handshake(u->ssl);
	return ret == 1 ? 0 : verdict(u->ssl, ret) == EAGAIN ? -EAGAIN : -EPROTO;
}

ssize_t secure_read(struct user *u, char *into, size_t room)
{
	size_t n;
	int ret;

	if (!u->ssl)
		return recv(u->fd, into, room, 0);
	ERR_clear_error();
	ret = SSL_read_ex(u->ssl, into, room, &n);
	if (ret == 1)
		return (ssize_t)n;
	errno = verdict(u->ssl, ret);
	return errno ? -1 : 0;
}

ssize_t secure_write(struct user *u, struct slice bytes)
{
	size_t n;
	int ret;

	if (!u->ssl)
		return send(u->fd, bytes.p, bytes.len, MSG_NOSIGNAL);
	ERR_clear_error();
	ret = SSL_write_ex(u->ssl, bytes.p, bytes.len, &n);
	if (ret == 1)
		return (ssize_t)n;
	errno = verdict(u->ssl, ret);
	return -1;
}

void secure_free(struct user *u)
{
	SSL_free(u->ssl);
	u->ssl = NULL;
}
