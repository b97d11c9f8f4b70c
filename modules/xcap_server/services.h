/*
 * modules/xcap_server/services.h - which services a user has, and who is in them.
 */
#ifndef MODULES_XCAP_SERVER_SERVICES_H
#define MODULES_XCAP_SERVER_SERVICES_H

#include "modules/xcap_server/xcap.h"
#include "modules/xcap_server/xcap_api.h"

/** As struct xcap_api says. */
int xcap_find_service(struct xcap *x, struct arena *arena, struct slice aor,
    struct xcap_service *out);

#endif
