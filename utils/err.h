/*
 * utils/err.h - error codes as words, and the assertion that stops the server.
 *
 * Functions return 0 or a negative errno value. What errno has no word for is
 * not an error code but data (struct sip_defect, struct diag).
 */
#ifndef UTILS_ERR_H
#define UTILS_ERR_H

/** "connection refused" for -ECONNREFUSED; never NULL, any thread. */
const char *err_text(int err);

/** We did wrong: report where and abort, so that the supervisor files it. */
_Noreturn void lcs_assert_failed(const char *what, const char *file, int line);
#define lcs_assert(cond) \
	((cond) ? (void)0 : lcs_assert_failed(#cond, __FILE__, __LINE__))

#endif
