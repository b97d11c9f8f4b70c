/*
 * modules/presence_xml/presence_xml.h - what the files of this module share.
 */
#ifndef MODULES_PRESENCE_XML_PRESENCE_XML_H
#define MODULES_PRESENCE_XML_PRESENCE_XML_H

#include "modules/presence_xml/presence_xml_api.h"
#include "modules/presence_xml/state.h"
#include "modules/service/service_api.h"
#include "modules/usrloc/usrloc_api.h"
#include "utils/list.h"

struct presence_xml_conf {
	int64_t max_body, max_user_info, max_device, max_document;
	bool    allow_polling;
	msec_t  default_expires, min_expires, max_expires, min_interval, publish_time;
};

struct presence_xml_local {
	uint64_t published, refused, set_presence, get_presence, documents, silent_endpoints;
	struct presence_xml *px;	/* NULL: it has not begun, or has ended */
	struct list  silent;		/* endpoints that have promised something: silent.c */
	unsigned     silent_count;
	struct timer patience;
};

struct presence_xml {
	struct lcs_mod            *mod;
	const struct presence_api *presence;
	struct presence           *presence_state;
	const struct service_api  *service;	/* NULL: not loaded */
	struct service            *service_state;
	const struct usrloc_api   *usrloc;	/* NULL: nobody registers here */
	struct usrloc             *usrloc_state;
	struct presence_package    package;
	struct service_operation   set_presence, get_presence;
	bool (*names)(void *arg, struct slice aor, struct arena *arena,
	    struct presence_xml_names *out);
	void                      *names_arg;
};

static inline const struct presence_xml_conf *px_conf(const struct presence_xml *px)
{
	return lcs_conf(px->mod, gen_peek());
}
static inline struct presence_xml_local *px_local(const struct presence_xml *px)
{
	return lcs_local(px->mod);
}

/* ---- document.c ---- */
/** What all sources of a user say together. Owner; the arena holds names. */
void px_state(struct presence_xml *px, struct presence_user *u, struct arena *arena,
    struct pstate *st);
/** The document for a view. Owner; u NULL: nobody there. 0, -EINVAL, -ENOMEM. */
int  px_document(struct presence_xml *px, struct presence_user *u, struct slice aor, unsigned view,
    struct slice content_type, struct presence_body **out);
/** Owner of u: is one of his endpoints there? *out is written in any case but short memory. */
bool px_is_online(struct presence_xml *px, struct presence_user *u,
    struct presence_xml_summary *out);
/** As struct presence_package says. */
struct slice px_describe(void *arg, struct presence_user *u, unsigned view, struct arena *arena);

/* ---- silent.c ---- */
/** A usrloc_watch_fn: owner of aor; arg is the presence_xml. */
void px_bindings_changed(void *px, struct slice aor, const struct usrloc_aor *old,
    const struct usrloc_aor *now);
/** With the worker. */
void px_silent_start(struct presence_xml_local *local, struct presence_xml *px);
void px_silent_stop(struct presence_xml_local *local);

/* ---- operations.c ---- */
void px_set_presence(struct service_request *req, const struct service_asked *asked, void *arg);
void px_get_presence(struct service_request *req, const struct service_asked *asked, void *arg);

#endif
