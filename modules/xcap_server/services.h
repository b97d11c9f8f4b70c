/*
 * modules/xcap_server/services.h - which services a user has, and who is in them.
 */
#ifndef MODULES_XCAP_SERVER_SERVICES_H
#define MODULES_XCAP_SERVER_SERVICES_H

#include "modules/xcap_server/tree.h"
#include "modules/xcap_server/xcap_api.h"

#define XCAP_SERVICES_NS SLICE("urn:ietf:params:xml:ns:rls-services")
#define XCAP_LISTS_NS    SLICE("urn:ietf:params:xml:ns:resource-lists")

/** As struct xcap_api says. */
int xcap_find_service(struct xcap *x, struct arena *arena, struct slice aor,
    struct xcap_service *out);

/* ---- services_rename.c: pure ---- */

/** .p NULL: no SIP URI of a user, or memory is short. */
struct slice xcap_aor_of(struct arena *arena, struct slice uri);
/** alice-work@example.com is one of alice@example.com. */
bool xcap_is_service_of(struct slice service, struct slice owner);
/**
 * The document of owner when from is called to. *out (in the arena) is written if the result is
 * above 0, the number of places that are others now; 0: he is not named; -ENOMEM, -EBADMSG,
 * -E2BIG as xml_read().
 */
int xcap_services_rename(struct arena *arena, struct slice text, struct slice owner,
    struct slice from, struct slice to, struct slice *out);

#endif
