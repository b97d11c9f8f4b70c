/*
 * core/sup/panic.c - see panic.h.
 *
 * Text is put together by hand: snprintf() may take locks. The lines come in
 * the order of their certainty, each in a write of its own.
 */
#include "core/sup/panic.h"

#include "core/run/worker.h"
#include "core/sip/route.h"

#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_BYTES 65536u
#define FRAMES_MAX  64
#define LINE_BYTES  512u
#define CALL_ID_MAX 256u

static const struct { int number; const char *name; } caught[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGFPE, "SIGFPE" },
	{ SIGILL, "SIGILL" }, { SIGABRT, "SIGABRT" },
};
#define CAUGHT (sizeof(caught) / sizeof(caught[0]))

static int report_fd = -1;

/* ---- a line, without stdio ---- */

struct line { size_t len; char text[LINE_BYTES]; };

static void put(struct line *l, const char *s)
{
	while (s && *s && l->len < sizeof(l->text) - 1)
		l->text[l->len++] = *s++;
}

/* Of the wire: nothing that would look like a line of ours. */
static void put_safe(struct line *l, const char *s, size_t len)
{
	for (size_t i = 0; s && i < len && i < CALL_ID_MAX && l->len < sizeof(l->text) - 1; i++)
		l->text[l->len++] = s[i] >= ' ' && s[i] <= '~' ? s[i] : '?';
}

static void put_number(struct line *l, uint64_t n, unsigned base)
{
	char digits[24], *at = digits + sizeof(digits);

	*--at = '\0';
	do
		*--at = "0123456789abcdef"[n % base];
	while ((n /= base) > 0);
	put(l, at);
}

static void end(struct line *l)
{
	l->text[l->len++] = '\n';
	/* A full pipe or a dead supervisor: there is nobody else to tell. */
	(void)!write(report_fd, l->text, l->len);
	l->len = 0;
}

/* ---- the report ---- */

static const char *name_of(int number)
{
	for (size_t i = 0; i < CAUGHT; i++)
		if (caught[i].number == number)
			return caught[i].name;
	return "?";
}

static void say_signal(const siginfo_t *info)
{
	struct line l = { 0 };

	put(&l, "signal: ");
	put(&l, name_of(info->si_signo));
	if (info->si_code <= 0) {
		put(&l, " sent by process ");
		put_number(&l, (uint64_t)info->si_pid, 10);
	} else {
		put(&l, " at address 0x");
		put_number(&l, (uint64_t)(uintptr_t)info->si_addr, 16);
	}
	end(&l);
}

static void say_thread(void)
{
	struct line l = { 0 };
	char name[16] = "";
	int worker = worker_self();

	prctl(PR_GET_NAME, name, 0, 0, 0);
	put(&l, "thread: ");
	put_safe(&l, name, strnlen(name, sizeof(name)));
	put(&l, " tid ");
	put_number(&l, (uint64_t)syscall(SYS_gettid), 10);
	end(&l);
	if (worker < 0)
		return;
	put(&l, "worker: ");
	put_number(&l, (uint64_t)worker, 10);
	end(&l);
}

static void say_word(const char *key, const char *word)
{
	struct line l = { 0 };

	if (!word)
		return;
	put(&l, key);
	put_safe(&l, word, strnlen(word, CALL_ID_MAX));
	end(&l);
}

static void say_note(const struct worker_note *note)
{
	struct line l = { 0 };

	say_word("room: ", note->room);
	say_word("module: ", note->module);
	if (note->file) {
		put(&l, "script: ");
		put_safe(&l, note->file, strnlen(note->file, CALL_ID_MAX));
		put(&l, ":");
		put_number(&l, note->line, 10);
		end(&l);
	}
	if (note->route_len) {
		put(&l, "route: ");
		put_safe(&l, note->route, note->route_len);
		end(&l);
	}
	if (note->message_len) {
		put(&l, "message: ");
		put_safe(&l, note->message, note->message_len);
		end(&l);
	}
	if (note->call_id) {
		put(&l, "call-id: ");
		put_safe(&l, note->call_id, note->call_id_len);
		end(&l);
	}
}

static void say_backtrace(void)
{
	static const char head[] = "backtrace:\n";
	void *frames[FRAMES_MAX];
	int n = backtrace(frames, FRAMES_MAX);

	(void)!write(report_fd, head, sizeof(head) - 1);
	backtrace_symbols_fd(frames, n, report_fd);
}

/* One report is enough, should two threads fail at once; the other waits for the end. */
static void on_fault(int number, siginfo_t *info, void *context)
{
	static _Atomic int reporting;
	int saved = errno;

	(void)context;
	if (atomic_exchange(&reporting, 1) != 0 && info->si_code > 0)
		for (;;)
			pause();
	say_signal(info);
	say_thread();
	route_note_place();
	say_note(worker_note());
	say_backtrace();
	errno = saved;
	/* SA_RESETHAND has restored the default: die of it, with a core if wanted. */
	raise(number);
}

/* ---- setting up ---- */

int panic_install(int fd)
{
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };
	void *frame;

	report_fd = fd;
	/* The first call loads a library and allocates, which a handler must not. */
	backtrace(&frame, 1);
	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < CAUGHT; i++)
		sigdelset(&sa.sa_mask, caught[i].number);
	for (size_t i = 0; i < CAUGHT; i++)
		if (sigaction(caught[i].number, &sa, NULL) != 0)
			return -errno;
	return panic_thread_enter();
}

static _Thread_local void *own_stack;

int panic_thread_enter(void)
{
	stack_t stack = { .ss_size = STACK_BYTES };

	if (own_stack)
		return 0;
	stack.ss_sp = malloc(STACK_BYTES);
	if (!stack.ss_sp)
		return -ENOMEM;
	if (sigaltstack(&stack, NULL) != 0) {
		free(stack.ss_sp);
		return -errno;
	}
	own_stack = stack.ss_sp;
	return 0;
}

void panic_thread_leave(void)
{
	const stack_t none = { .ss_flags = SS_DISABLE };

	if (!own_stack || sigaltstack(&none, NULL) != 0)
		return;
	free(own_stack);
	own_stack = NULL;
}

static int start(unsigned index, void *arg)
{
	(void)index;
	(void)arg;
	return panic_thread_enter();
}

static void stop(unsigned index, void *arg)
{
	(void)index;
	(void)arg;
	panic_thread_leave();
}

void panic_register_workers(void)
{
	static const struct worker_part part = { "panic", start, stop, NULL };

	worker_register(&part);
}
