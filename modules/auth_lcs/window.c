/*
 * modules/auth_lcs/window.c - see window.h. A ring of bits, one for each number modulo 256.
 */
#include "modules/auth_lcs/window.h"

#include <string.h>

static void set(struct sa_window *w, uint32_t n, bool on)
{
	uint64_t bit = (uint64_t)1 << n % 64;

	if (on)
		w->bits[n % SA_WINDOW / 64] |= bit;
	else
		w->bits[n % SA_WINDOW / 64] &= ~bit;
}

static bool is_set(const struct sa_window *w, uint32_t n)
{
	return w->bits[n % SA_WINDOW / 64] >> n % 64 & 1;
}

/* The numbers passed over have not been seen. */
static void advance(struct sa_window *w, uint32_t n)
{
	if (n - w->top >= SA_WINDOW)
		memset(w->bits, 0, sizeof(w->bits));
	else
		for (uint32_t i = w->top + 1; i != n; i++)
			set(w, i, false);
	w->top = n;
}

bool sa_window_take(struct sa_window *w, uint32_t n)
{
	if (n == 0)
		return false;
	if (n > w->top)
		advance(w, n);
	else if (w->top - n >= SA_WINDOW || is_set(w, n))
		return false;
	set(w, n, true);
	return true;
}
