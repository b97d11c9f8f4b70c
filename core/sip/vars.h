/*
 * core/sip/vars.h - the pseudo-variables and functions that need no module.
 *
 * Each file of the room brings a table; they are shown to the script as one.
 */
#ifndef CORE_SIP_VARS_H
#define CORE_SIP_VARS_H

#include "core/sip/ctx.h"

/** All variables of the core in one table that ends with name NULL; NULL if memory is short. */
const struct lcs_var *core_vars(struct arena *arena);
/** Ends with sig NULL. */
extern const struct lcs_func core_funcs[];
/** What push($v, value) does with a variable; NULL: what writing it does. */
lcs_fn *var_push(const struct lcs_var *v);

extern const struct lcs_var vars_request[];	/* Request-URI, destination, status */
extern const struct lcs_var vars_address[];	/* From, To, Contact, identities */
extern const struct lcs_var vars_header[];	/* headers by name, body, whole message */
extern const struct lcs_var vars_net[];		/* where it came from */
extern const struct lcs_var vars_auth[];	/* credentials as the client sent them */
extern const struct lcs_var vars_bag[];		/* $avp, $xavp */
/* ---- funcs_uri.c, for core_funcs ---- */
lcs_fn core_strip, core_strip_tail, core_prefix, core_setuser, core_sethost, core_setport,
    core_sethostport, core_seturi, core_revert_uri, core_setdsturi, core_resetdsturi,
    core_isdsturiset;

lcs_fn push_avp, push_hdr, push_xavp;
extern const struct lcs_var vars_time[];	/* clock and server */

/* Where there is a message, and where it may be changed. */
#define READ_MESSAGE (IN_MESSAGE | IN_EVENT)
#define WRITE_ANY    (IN_REQUEST | IN_BRANCH | IN_FAILURE | IN_RESPONSE | IN_LOCAL)
#define WRITE_TARGET (IN_REQUEST | IN_BRANCH | IN_FAILURE | IN_LOCAL)

/* ---- for getters and setters ---- */

static inline enum fn_status var_value(struct lcs_call *call, struct value v)
{
	call->ret = v;
	return FN_DONE;
}
static inline enum fn_status var_text(struct lcs_call *call, struct slice s)
{
	return var_value(call, value_string(s));
}
/** Empty means absent. */
static inline enum fn_status var_text_or_null(struct lcs_call *call, struct slice s)
{
	return var_value(call, s.len ? value_string(s) : value_null());
}
static inline enum fn_status var_status(int err)
{
	return err ? FN_FAILED : FN_DONE;
}
/** The new value of a text variable; empty for null. */
static inline struct slice var_new_text(const struct lcs_call *call)
{
	return call->argv[2].type == VALUE_STRING ? call->argv[2].s : SLICE_NULL;
}

#endif
