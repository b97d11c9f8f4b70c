/*
 * core/lab/log.c - see log.h.
 */
#include "core/lab/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#define KEPT_BYTES 65536u

_Atomic int log_level_now = LOG_LEVEL_DEBUG;

static struct { pthread_mutex_t mutex; char text[KEPT_BYTES]; size_t len; bool show; } kept = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
};

static const char *const words[] = { "error", "warning", "notice", "info", "debug" };

/* When the room is used up the older half goes. */
static void make_room(size_t wanted)
{
	if (kept.len + wanted <= sizeof(kept.text))
		return;
	memmove(kept.text, kept.text + KEPT_BYTES / 2, kept.len - KEPT_BYTES / 2);
	kept.len -= KEPT_BYTES / 2;
}

void log_line(enum log_level level, const char *room, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	size_t len;
	int n = snprintf(line, sizeof(line), "%s %s: ", words[level], room);

	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	len = strlen(line);
	pthread_mutex_lock(&kept.mutex);
	make_room(len + 1);
	memcpy(kept.text + kept.len, line, len);
	kept.text[kept.len + len] = '\n';
	kept.len += len + 1;
	if (kept.show)
		fprintf(stderr, "# %s\n", line);
	pthread_mutex_unlock(&kept.mutex);
}

bool fake_log_has(struct slice text)
{
	struct slice all = slice_of(kept.text, kept.len);

	return slice_search(all, text) < all.len;
}

struct slice fake_log_last_error(void)
{
	struct slice all = slice_of(kept.text, kept.len), last = SLICE("");

	while (all.len) {
		struct slice line = slice_split(&all, '\n');

		if (slice_starts_nocase(line, SLICE("error ")))
			last = line;
	}
	return last;
}

void fake_log_forget(void) { kept.len = 0; }
void fake_log_show(bool show) { kept.show = show; }

int log_start(const struct log_conf *conf) { (void)conf; return 0; }
void log_stop(void) {}
void log_reopen(void) {}
void log_set_level(enum log_level level) { log_level_now = (int)level; }
enum log_level log_get_level(void) { return (enum log_level)log_level_now; }
void log_thread_name(const char *name) { (void)name; }
