/*
 * test/fuzz/profile_fuzz.c - a file of a profile: a script that has it is checked to the end,
 * and what is said about the file is said in its lines.
 */
#include "test/fake/script.h"
#include "utils/err.h"

#include "cfg/diag_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAIN "main.cfg"
#define FILE_NAME "dir/own.profile"

static const char script[] =
    "#!lcs 1\n"
    "profile = \"own\"\n"
    "listen = udp:127.0.0.1:5060 name \"peers\"\n"
    "loadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"siputils\"\nloadmodule \"maxfwd\"\n"
    "request_route {\n"
    "    if (!mf_process_maxfwd_header(70)) { sl_send_reply(483, \"Too Many Hops\"); exit; }\n"
    "    if (is_method(\"MESSAGE\")) route(OUT);\n"
    "    sl_send_reply(302, \"Elsewhere\");\n"
    "}\n"
    "route[OUT] { t_relay(); exit; }\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_script fake;
	const struct cfg_text texts[] = {
		{ MAIN, SLICE_NULL }, { FILE_NAME, slice_of((const char *)data, size) },
	};
	struct diag *diag = diag_new();
	struct cfg *cfg = NULL;
	int err;

	if (!fake.arena && fake_script_init(&fake) != 0)
		return 0;
	lcs_assert(diag);
	fake.host.texts = texts;
	fake.host.text_count = 2;
	fake.host.profile_path = "dir";
	err = cfg_load_text(MAIN, slice_str(script), &fake.host, diag, &cfg);
	lcs_assert((err == 0) == (diag_errors(diag) == 0) && (err == 0) == (cfg != NULL));
	for (const struct diag_item *i = diag->first; i; i = i->next) {
		bool in_file = slice_eq(i->at.file, SLICE(FILE_NAME));

		lcs_assert(in_file == (i->code == 609));
		lcs_assert(!in_file || i->at.line > 0);
	}
	cfg_free(&cfg);
	diag_free(&diag);
	return 0;
}
