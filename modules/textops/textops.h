/*
 * modules/textops/textops.h - what the files of the module share.
 */
#ifndef MODULES_TEXTOPS_TEXTOPS_H
#define MODULES_TEXTOPS_TEXTOPS_H

#include "core/lcs.h"

#define PATTERNS_MAX 64u		/* compiled ones kept by each worker */

struct textops_conf { int64_t match_limit; };

struct pattern;
struct textops_local { struct pattern *patterns; unsigned count; uint64_t compiled, failed; };

/* ---- pattern.c: PCRE2, each pattern compiled once by each worker ---- */

struct found { size_t from, to; };

/**
 * Look for a pattern from an offset on.
 * @return 1 with *out, 0 not there, -EINVAL (pattern wrong or the match too long; logged)
 */
int pattern_find(struct lcs_call *call, struct slice pattern, struct slice text, size_t from,
    struct found *out);
/** Replace the first match, or all; $1 and ${name} in `with` are captures.
 *  @return matches replaced, or -EINVAL, -ENOMEM; *out is text itself if there were none */
int pattern_replace(struct lcs_call *call, struct slice pattern, struct slice text,
    struct slice with, bool all, struct slice *out);
void patterns_free(struct textops_local *local);

/* ---- functions by what they work on ---- */
lcs_fn append_hf, insert_hf, remove_hf, remove_hf_re, is_present_hf, is_present_hf_re,
    append_to_reply, append_time, is_privacy, search_hf, subst_hf;
lcs_fn has_body, set_body, remove_body, search_body, replace_body, replace_body_all,
    append_body, is_audio_on_hold, search;
lcs_fn cmp_str, cmp_istr, starts_with, ends_with, in_list, subst_uri, subst_user;

#endif
