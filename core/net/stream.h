/*
 * core/net/stream.h - what a module must bring to put a layer (TLS) on a connected socket.
 *
 * All functions run on the connection's owner and never block. The socket is
 * non-blocking; the layer reads and writes it itself.
 */
#ifndef CORE_NET_STREAM_H
#define CORE_NET_STREAM_H

#include "core/net/listen.h"
#include "parser/hop.h"

#include <sys/types.h>
#include <sys/uio.h>

struct stream_ops {
	enum sip_transport transport;
	/* A connection begins. arg: as registered. listener: where it was accepted, NULL if we
	 * dialled; hop: whom we dialled, with the name to verify. The state or NULL with *err. */
	void *(*open)(void *arg, int fd, const struct net_listener *listener,
	    const struct sip_hop *hop, int *err);
	/* 0 done, -EAGAIN (see want), or a negative error. */
	int    (*handshake)(void *state);
	/* Bytes, 0 at the end of the stream, -EAGAIN, or a negative error. */
	ssize_t (*read)(void *state, char *into, size_t room);
	ssize_t (*write)(void *state, const struct iovec *iov, int count);
	/* After -EAGAIN: EPOLLIN and / or EPOLLOUT that the layer waits for. */
	uint32_t (*want)(void *state);
	/* Bytes decrypted already that epoll will not tell about? */
	bool   (*pending)(void *state);
	/* Verified peer (certificate name), empty if none; borrowed until close. */
	struct slice (*peer_name)(void *state);
	/* Until when the peer's certificate is good, unix seconds; 0: it has shown none. NULL: no
	 * layer with certificates. */
	int64_t (*peer_expires)(void *state);
	/* "TLSv1.3 TLS_AES_256_GCM_SHA384" into text; and details by word for $tls(..). */
	void   (*describe)(void *state, char *text, size_t room);
	/* Polite end if possible without blocking; frees the state. */
	void   (*close)(void *state);
	/* Is that one of the servers that are talked to by mutual TLS? NULL: there are none. */
	bool   (*is_peer)(void *arg, struct slice name);
	/* Last error of this thread's call as text for the log; static or thread-local. */
	const char *(*error_text)(void);
};

/** Module load, before workers_start(). arg is handed to open(). 0 or -EEXIST. */
int net_stream_register(const struct stream_ops *ops, void *arg);

#endif
