/*
 * core/sup/panic.h - what a dying server says last.
 */
#ifndef CORE_SUP_PANIC_H
#define CORE_SUP_PANIC_H

#define PANIC_MAX_BYTES 16384u

/**
 * In the server: on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT write who, where (of
 * a script: message, route and line) and how we came there to fd, then die of the same signal. Only async-signal-safe calls; a second fault
 * in the middle leaves what was written so far.
 * @return 0 or -errno
 */
int panic_install(int fd);

/** A stack of its own for this thread's handler, so that a full stack can be reported too. */
int  panic_thread_enter(void);
void panic_thread_leave(void);

/** Registers both as a part of each worker. Before workers_start(). */
void panic_register_workers(void);

#endif
