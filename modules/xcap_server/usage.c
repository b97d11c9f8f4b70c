/*
 * modules/xcap_server/usage.c - which applications there are.
 */
#include "modules/xcap_server/xcap.h"

static const struct xcap_usage *const all[] = {
	&xcap_caps, &xcap_lists, &xcap_rules, &xcap_services,
};

const struct xcap_usage *xcap_usage(const struct xcap *x, unsigned index)
{
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i]->is_there(x) && index-- == 0)
			return all[i];
	return NULL;
}
