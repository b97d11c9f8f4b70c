/*
 * modules/xcap_server/http.c - HTTP by libmicrohttpd: its listeners and its one thread.
 *
 * All of libmicrohttpd's calls are made from one thread, which waits for its descriptors and for
 * what workers send by an inbox.
 */
#include "modules/xcap_server/http.h"

#include "utils/fd.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD_BYTES (32 * 1024)		/* of a request: line and headers */
#define BACKLOG    128

static void on_log(void *arg, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));
static void on_log(void *arg, const char *format, va_list ap)
{
	char text[256];

	(void)arg;
	vsnprintf(text, sizeof(text), format, ap);
	log_debug("xcap_server", "http says=\"%.*s\"", SLICE_ARG(slice_trim(slice_str(text))));
}

/* ---- listeners ---- */

int xcap_listen_parse(struct slice text, bool *is_tls, struct sock_addr *out)
{
	struct slice rest = text, scheme = slice_split(&rest, ':');

	*is_tls = slice_eq(scheme, SLICE("https"));
	if (!*is_tls && !slice_eq(scheme, SLICE("http")))
		return -EINVAL;
	return sock_addr_parse(rest, out) != 0 || !out->port ? -EINVAL : 0;
}

static int bind_to(const struct sock_addr *addr, int *out)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr_to(addr, &ss);
	int on = 1, fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&ss, len) != 0 || listen(fd, BACKLOG) != 0)
		err = -errno;
	if (err)
		close(fd);
	else
		*out = fd;
	return err;
}

static struct MHD_Daemon *start_daemon(struct http_listener *l)
{
	const struct http *h = l->h;
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
	    (l->is_tls ? MHD_USE_TLS : 0u);
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, h->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, h->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (void *)(uintptr_t)"NORMAL:-VERS-TLS1.0:-VERS-TLS1.1" },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (!l->is_tls)
		tls[0] = tls[3];
	return MHD_start_daemon(flags, 0, NULL, NULL, talk_on_request, l,
	    MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
	    MHD_OPTION_LISTEN_SOCKET, l->fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)h->conf.max_connections,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)h->conf.max_per_address,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(h->conf.timeout / 1000),
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES,
	    MHD_OPTION_NOTIFY_COMPLETED, talk_on_completed, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, talk_on_connection, l,
	    MHD_OPTION_URI_LOG_CALLBACK, talk_on_target, l,
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
	    MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

#define PEM_BYTES (256 * 1024)

/* A text with a NUL behind it, as libmicrohttpd wants it. */
static int read_pem(struct slice name, const char *what, char **out)
{
	char path[4096], *text = calloc(1, PEM_BYTES + 1);
	FILE *f;
	size_t n = 0;
	int err = 0;

	snprintf(path, sizeof(path), "%.*s", SLICE_ARG(name));
	f = text ? fopen(path, "re") : NULL;
	if (f)
		n = fread(text, 1, PEM_BYTES, f);
	if (!f || ferror(f) || !n)
		err = errno ? -errno : -EINVAL;
	if (f)
		fclose(f);
	*out = err ? NULL : text;
	if (!err)
		return 0;
	free(text);
	log_error("xcap_server", "cannot read %s file=%s error=\"%s\"", what, path, err_text(err));
	return err;
}

static int add_listener(struct http *h, struct slice text)
{
	struct http_listener *l = &h->listeners[h->count];
	struct sock_addr addr;
	int err = xcap_listen_parse(text, &l->is_tls, &addr);

	l->h = h;
	if (!err)
		err = bind_to(&addr, &l->fd);
	if (err) {
		log_error("xcap_server", "cannot listen listen=%.*s error=\"%s\"", SLICE_ARG(text),
		    err_text(err));
		return err;
	}
	h->count++;
	if (!l->is_tls || h->key)
		return 0;
	err = read_pem(h->conf.certificate, "the certificate", &h->certificate);
	return err ? err : read_pem(h->conf.key, "the key", &h->key);
}

/* ---- the thread ---- */

static int patience(const struct http *h)
{
	int wait = 10000;

	for (unsigned i = 0; i < h->count; i++) {
		MHD_UNSIGNED_LONG_LONG ms;

		if (MHD_get_timeout(h->listeners[i].daemon, &ms) == MHD_YES && ms < (unsigned)wait)
			wait = (int)ms;
	}
	return wait;
}

/* What is ready is found by those whom it is for. */
static void wait_for_work(struct http *h)
{
	struct epoll_event events[XCAP_LISTENERS_MAX + 1];

	if (!h->has_more && inbox_arm(h->inbox)) {
		epoch_offline();
		epoll_wait(h->epoll, events, XCAP_LISTENERS_MAX + 1, patience(h));
		epoch_online();
	} else {
		epoch_quiet();
	}
	inbox_disarm(h->inbox);
}

static void turn(struct http *h)
{
	wait_for_work(h);
	h->has_more = inbox_drain(h->inbox, 64);
	for (unsigned i = 0; i < h->count; i++)
		MHD_run(h->listeners[i].daemon);
}

/* Whoever waits is told; what is under way comes back to an inbox that nobody reads. */
static void end(struct http *h)
{
	talk_abandon(h);
	for (unsigned i = 0; i < h->count; i++) {
		MHD_run(h->listeners[i].daemon);
		MHD_stop_daemon(h->listeners[i].daemon);
		h->listeners[i].daemon = NULL;
		h->listeners[i].fd = -1;
	}
}

static void *thread(void *arg)
{
	struct http *h = arg;

	log_thread_name("xcap");
	if (epoch_thread_register() != 0) {
		log_error("xcap_server", "too many threads");
		return NULL;
	}
	while (!atomic_load_explicit(&h->must_end, memory_order_acquire))
		turn(h);
	end(h);
	epoch_thread_unregister();
	arena_thread_flush();
	return NULL;
}

static bool watch(struct http *h, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events };

	return epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static bool watch_all(struct http *h)
{
	if (!watch(h, inbox_fd(h->inbox), EPOLLIN | EPOLLET))
		return false;
	for (unsigned i = 0; i < h->count; i++) {
		struct http_listener *l = &h->listeners[i];
		const union MHD_DaemonInfo *info;

		l->daemon = start_daemon(l);
		info = l->daemon ? MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
		if (!info || !watch(h, info->epoll_fd, EPOLLIN))
			return false;
	}
	return true;
}

/* ---- life ---- */

static int open_all(struct http *h)
{
	for (size_t i = 0; i < h->conf.listen.count; i++) {
		int err = add_listener(h, h->conf.listen.items[i]);

		if (err)
			return err;
	}
	return 0;
}

int xcap_http_open(struct xcap *x, const struct xcap_conf *conf, struct http **out)
{
	struct http *h = calloc(1, sizeof(*h));
	int err = -ENOMEM;

	if (!h)
		return err;
	h->x = x;
	h->conf = *conf;
	list_init(&h->suspended);
	pthread_mutex_init(&h->stopping, NULL);
	atomic_init(&h->must_end, false);
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	h->inbox = inbox_new(4096);
	if (h->epoll >= 0 && h->inbox)
		err = open_all(h);
	if (err)
		xcap_http_close(&h);
	else
		*out = h;
	return err;
}

int xcap_http_start(struct http *h)
{
	int err;

	if (!watch_all(h)) {
		log_error("xcap_server", "libmicrohttpd does not start: are certificate and key a pair?");
		return -EINVAL;
	}
	err = -pthread_create(&h->thread, NULL, thread, h);
	h->is_running = !err;
	return err;
}

static void on_wake(struct inbox_item *item)
{
	(void)item;
}

void xcap_http_stop(struct http *h)
{
	pthread_mutex_lock(&h->stopping);
	if (h->is_running) {
		atomic_store_explicit(&h->must_end, true, memory_order_release);
		h->wake.run = on_wake;
		inbox_post(h->inbox, &h->wake, INBOX_MUST);
		pthread_join(h->thread, NULL);
	}
	h->is_running = false;
	pthread_mutex_unlock(&h->stopping);
}

static void close_listener(struct http_listener *l)
{
	if (l->daemon)
		MHD_stop_daemon(l->daemon);
	else if (l->fd >= 0)
		close(l->fd);
}

void xcap_http_close(struct http **p)
{
	struct http *h = *p;

	*p = NULL;
	if (!h)
		return;
	while (h->inbox && inbox_drain(h->inbox, 64))
		;
	for (unsigned i = 0; i < h->count; i++)
		close_listener(&h->listeners[i]);
	inbox_free(&h->inbox);
	if (h->epoll >= 0)
		close(h->epoll);
	if (h->key)
		explicit_bzero(h->key, PEM_BYTES);
	pthread_mutex_destroy(&h->stopping);
	free(h->certificate);
	free(h->key);
	free(h);
}
