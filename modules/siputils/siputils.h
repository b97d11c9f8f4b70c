/*
 * modules/siputils/siputils.h - what the files of this module share.
 */
#ifndef MODULES_SIPUTILS_SIPUTILS_H
#define MODULES_SIPUTILS_SIPUTILS_H

#include "core/lcs.h"

enum fn_status siputils_redirect(struct lcs_call *call);

#endif
