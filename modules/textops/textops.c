/*
 * textops - headers, bodies and texts: the functions that scripts use most.
 *
 * Changes are seen by the next line of the script and written when the message
 * leaves. Names and values that would break a message apart are refused.
 */
#include "modules/textops/textops.h"

#define CHANGE (IN_REQUEST | IN_BRANCH | IN_FAILURE | IN_RESPONSE | IN_LOCAL)

static void textops_worker_stop(struct lcs_mod *mod, void *local)
{
	(void)mod;
	patterns_free(local);
}

static const struct lcs_param params[] = {
	PARAM_INT(struct textops_conf, match_limit, "100000", 1000, 10000000,
	    "steps that matching one regular expression may take"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	/* ---- headers ---- */
	{ "append_hf(line: fmt, behind: str? = null) -> bool", append_hf, CHANGE, 0,
	  "add a header such as \"X-Trunk: $si\" at the end, or behind the first one of a name; "
	  "false if the text is no header" },
	{ "insert_hf(line: fmt, before: str? = null) -> bool", insert_hf, CHANGE, 0,
	  "add a header at the top, or before the first one of a name" },
	{ "append_to_reply(line: fmt) -> bool", append_to_reply, IN_REQUEST | IN_FAILURE, 0,
	  "add a header to the responses that the script gives from now on" },
	{ "append_time() -> bool", append_time, IN_REQUEST | IN_FAILURE, 0,
	  "add Date to the responses that the script gives from now on" },
	{ "remove_hf(name: str) -> bool", remove_hf, CHANGE, 0,
	  "remove all headers of that name; false if there was none" },
	{ "remove_hf_re(pattern: str) -> bool", remove_hf_re, CHANGE, 0,
	  "remove all headers whose name matches; false if there was none" },
	{ "is_present_hf(name: str) -> bool", is_present_hf, IN_MESSAGE, 0,
	  "is there a header of that name?" },
	{ "is_present_hf_re(pattern: str) -> bool", is_present_hf_re, IN_MESSAGE, 0,
	  "is there a header whose name matches?" },
	{ "search_hf(name: str, pattern: str, which: str = \"f\") -> bool", search_hf, IN_MESSAGE, 0,
	  "does the value of the first header of that name match? \"a\": of any of them" },
	{ "subst_hf(name: str, pattern: str, with: str, which: str = \"f\") -> bool", subst_hf,
	  CHANGE, 0, "replace what matches in the value of the first header of that name, \"a\": of "
	  "all of them; $1 is the first group" },
	{ "is_privacy(kind: str) -> bool", is_privacy, IN_MESSAGE, 0,
	  "does Privacy ask for this kind, as in \"id\" (RFC 3323)?" },
	/* ---- body ---- */
	{ "has_body(type: str? = null) -> bool", has_body, IN_MESSAGE, 0,
	  "is there a body, and of this type if one is given?" },
	{ "set_body(text: fmt, type: str) -> bool", set_body, CHANGE, 0,
	  "replace the body and its type" },
	{ "remove_body() -> bool", remove_body, CHANGE, 0, "take the body away" },
	{ "append_body(text: fmt) -> bool", append_body, CHANGE, 0, "add to the end of the body" },
	{ "search_body(pattern: str) -> bool", search_body, IN_MESSAGE, 0, "does the body match?" },
	{ "replace_body(pattern: str, with: str) -> bool", replace_body, CHANGE, 0,
	  "replace the first match in the body; $1 is the first group" },
	{ "replace_body_all(pattern: str, with: str) -> bool", replace_body_all, CHANGE, 0,
	  "replace every match in the body" },
	{ "is_audio_on_hold() -> bool", is_audio_on_hold, IN_MESSAGE, 0,
	  "does the SDP body put the audio on hold (RFC 3264 8.4)?" },
	/* ---- message and texts ---- */
	{ "search(pattern: str) -> bool", search, IN_MESSAGE, 0,
	  "does the message match anywhere, as it is now?" },
	{ "subst_uri(pattern: str, with: str) -> bool", subst_uri,
	  IN_REQUEST | IN_BRANCH | IN_FAILURE | IN_LOCAL, 0,
	  "replace the first match in the Request-URI; false if there was none" },
	{ "subst_user(pattern: str, with: str) -> bool", subst_user,
	  IN_REQUEST | IN_BRANCH | IN_FAILURE | IN_LOCAL, 0,
	  "replace the first match in its user part; false if there was none" },
	{ "cmp_str(a: str, b: str) -> bool", cmp_str, IN_ANY, FUNC_PURE, "are the texts equal?" },
	{ "cmp_istr(a: str, b: str) -> bool", cmp_istr, IN_ANY, FUNC_PURE,
	  "are the texts equal but for upper and lower case?" },
	{ "starts_with(text: str, start: str) -> bool", starts_with, IN_ANY, FUNC_PURE,
	  "does the text begin so?" },
	{ "ends_with(text: str, end: str) -> bool", ends_with, IN_ANY, FUNC_PURE,
	  "does the text end so?" },
	{ "in_list(item: str, list: str, separator: str = \",\") -> bool", in_list, IN_ANY,
	  FUNC_PURE, "is the item one of the list's?" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct textops_local, compiled, STAT_COUNTER, "regular expressions compiled"),
	LCS_STAT(struct textops_local, failed, STAT_COUNTER, "regular expressions that were wrong"),
	{ 0 }
};

LCS_MODULE(textops,
	.summary = "headers, bodies and texts",
	.flags = MODULE_MAY_LEAVE,
	.conf_size = sizeof(struct textops_conf),
	.local_size = sizeof(struct textops_local),
	.params = params,
	.funcs = funcs,
	.stats = stats,
	.worker_stop = textops_worker_stop,
);
