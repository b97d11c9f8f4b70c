/*
 * test/fuzz/sdp_fuzz.c - the lines of session descriptions that the script's functions look at
 * (nat_uac_test, is_audio_on_hold), beside a second reading without a thought for speed.
 *
 * The files are included, not linked: what is looked at are their inner functions.
 */
#include "modules/nathelper/test.c"
#include "modules/textops/body.c"

#include "utils/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Line n without blanks around it; false behind the last. */
static bool line_of(struct slice text, size_t n, struct slice *out)
{
	size_t at = 0, end;

	for (; n > 0; n--) {
		while (at < text.len && text.p[at] != '\n')
			at++;
		if (at == text.len)
			return false;
		at++;
	}
	for (end = at; end < text.len && text.p[end] != '\n'; end++)
		;
	while (at < end && is_blank(text.p[at]))
		at++;
	while (end > at && is_blank(text.p[end - 1]))
		end--;
	*out = slice_of(text.p + at, end - at);
	return true;
}

static bool begins(struct slice s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && memcmp(s.p, with, n) == 0;
}

static void check_hosts(struct slice text)
{
	struct slice rest = text, host, line;

	for (size_t n = 0; line_of(text, n, &line); n++) {
		size_t from = line.len, to;

		if (!begins(line, "c="))
			continue;
		lcs_assert(next_sdp_host(&rest, &host));
		while (from > 0 && line.p[from - 1] != ' ')
			from--;
		for (to = from; to < line.len && line.p[to] != '/'; to++)
			;
		lcs_assert(slice_eq(host, slice_of(line.p + from, to - from)));
		is_private_host(host);
	}
	lcs_assert(!next_sdp_host(&rest, &host));
}

static bool holds(struct slice line)
{
	static const char *const forms[] = { "a=sendonly", "a=inactive", "c=IN IP4 0.0.0.0",
		"c=IN IP6 ::" };

	for (size_t i = 0; i < 4; i++)
		if (line.len == strlen(forms[i]) && begins(line, forms[i]))
			return true;
	return false;
}

static void check_hold(struct slice text)
{
	bool session = true, audio = false, any = false, held = false;
	struct slice line, rest = text;
	struct hold h = { 0 };

	while (rest.len)
		look_at(&h, slice_trim(slice_split(&rest, '\n')));
	for (size_t n = 0; line_of(text, n, &line); n++) {
		if (begins(line, "m=")) {
			audio = begins(line, "m=audio ");
			any |= audio;
			/* Before the first audio, media of other kinds count with the session. */
			session = !any;
		}
		held |= (session || audio) && holds(line);
	}
	lcs_assert(any == h.any_audio && held == h.held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);

	if (size == 0)
		return 0;
	check_hosts(text);
	check_hold(text);
	return 0;
}
