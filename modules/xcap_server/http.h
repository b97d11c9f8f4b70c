/*
 * modules/xcap_server/http.h - what listeners and connections share. All of it belongs to the
 * thread of HTTP, but where it says otherwise.
 */
#ifndef MODULES_XCAP_SERVER_HTTP_H
#define MODULES_XCAP_SERVER_HTTP_H

#include "modules/xcap_server/exchange.h"

#include <microhttpd.h>
#include <pthread.h>

struct http_listener {
	struct http       *h;
	struct MHD_Daemon *daemon;
	int                fd;
	bool               is_tls;
};

struct http {
	struct xcap         *x;
	struct xcap_conf     conf;	/* as at the start */
	struct http_listener listeners[XCAP_LISTENERS_MAX];
	unsigned             count;
	char                *certificate, *key;	/* PEM texts */
	struct inbox        *inbox;
	int                  epoll;	/* inbox and all of libmicrohttpd's */
	struct list          suspended;	/* struct conversation */
	pthread_t            thread;
	pthread_mutex_t      stopping;
	bool                 is_running, has_more;
	struct inbox_item    wake;
	_Atomic bool         must_end;	/* any thread */
};

/* ---- libmicrohttpd's callbacks (talk.c); arg is the struct http_listener ---- */
/* On its thread, as its manual says. */
enum MHD_Result talk_on_request(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *size, void **state);
void talk_on_completed(void *arg, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code);
void talk_on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code);
void *talk_on_target(void *arg, const char *target, struct MHD_Connection *connection);
/** Answer all that wait for something, with what can be said now. */
void talk_abandon(struct http *h);

#endif
