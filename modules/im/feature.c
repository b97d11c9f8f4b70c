/*
 * modules/im/feature.c - see feature.h.
 */
#include "modules/im/feature.h"

#include "parser/hdr.h"
#include "utils/base64.h"

static bool is_type(struct slice value, struct slice type)
{
	return slice_eq_nocase(slice_trim(slice_split(&value, ';')), type);
}

/* ---- MSN-style invitations: lines "Name: value" ---- */

static struct slice next_line(struct slice *rest)
{
	return slice_trim(slice_split(rest, '\n'));
}

static struct slice field(struct slice text, struct slice name)
{
	while (text.len) {
		struct slice line = next_line(&text), head = slice_split(&line, ':');

		if (slice_eq_nocase(slice_trim(head), name))
			return slice_trim(line);
	}
	return SLICE_NULL;
}

/* Clients name applications by a number; the name beside it is for people. */
static const struct { const char *guid, *name, *feature; } applications[] = {
	{ "{5D3E02AB-6190-11D3-BBBB-00C04F795683}", "File Transfer", "file-transfer" },
	{ "{44BBA842-CC51-11CF-AAFA-00AA00B6015C}", "NetMeeting", "application-sharing" },
	{ "", "Whiteboard", "whiteboard" },
	{ "{56B994A7-380F-410B-9985-C809D78C1BDC}", "Remote Assistance", "remote-assistance" },
};

static struct slice invited_to(struct slice text)
{
	struct slice guid = field(text, SLICE("Application-GUID"));
	struct slice name = field(text, SLICE("Application-Name"));

	for (size_t i = 0; i < sizeof(applications) / sizeof(applications[0]); i++)
		if ((guid.len && slice_eq_nocase(guid, slice_str(applications[i].guid))) ||
		    slice_eq_nocase(name, slice_str(applications[i].name)))
			return slice_str(applications[i].feature);
	return SLICE_NULL;
}

/* An answer to an invitation (ACCEPT, CANCEL) begins nothing. What is invited to under a name
 * that nobody knows counts as a file: a new name must not be a way around a policy. */
static struct slice of_invitation(struct slice text)
{
	struct slice feature;

	if (!slice_eq_nocase(field(text, SLICE("Invitation-Command")), SLICE("INVITE")))
		return SLICE("im");
	feature = invited_to(text);
	return feature.len ? feature : SLICE("file-transfer");
}

/* ms-text-format: text/x-msmsgsinvite; charset=UTF-8;ms-body=BASE64 */
static struct slice of_text_format(struct arena *arena, struct slice format)
{
	struct slice rest = format, value;
	size_t len;
	char *at;

	if (!is_type(format, SLICE("text/x-msmsgsinvite")))
		return SLICE_NULL;
	while (rest.len) {
		value = slice_trim(slice_split(&rest, ';'));
		if (!slice_starts_nocase(value, SLICE("ms-body=")))
			continue;
		value = slice_skip(value, 8);
		at = arena_bytes(arena, value.len / 4 * 3 + 1);
		if (at && base64_decode(at, &len, value) == 0)
			return of_invitation(slice_of(at, len));
	}
	return SLICE("file-transfer");
}

/* ---- session descriptions, alone or among other parts ---- */

static const struct { const char *line, *feature; } media[] = {
	{ "m=video ", "video" }, { "m=application ", "application-sharing" },
	{ "m=audio ", "audio" }, { "m=x-ms-message ", "im" }, { "m=message ", "im" },
};
#define MEDIA (sizeof(media) / sizeof(media[0]))

static struct slice of_media(struct slice body)
{
	size_t best = MEDIA;

	while (body.len) {
		struct slice line = next_line(&body);

		for (size_t i = 0; i < best; i++)
			if (slice_starts_nocase(line, slice_str(media[i].line)))
				best = i;
	}
	return best < MEDIA ? slice_str(media[best].feature) : SLICE_NULL;
}

static struct slice of_invite(struct arena *arena, const struct feature_input *in)
{
	struct slice feature = of_text_format(arena, in->text_format);

	return feature.len && !slice_eq(feature, SLICE("im")) ? feature : of_media(in->body);
}

static struct slice of_message(const struct feature_input *in)
{
	if (is_type(in->content_type, SLICE("text/x-msmsgsinvite")))
		return of_invitation(in->body);
	if (is_type(in->content_type, SLICE("application/im-iscomposing+xml")))
		return SLICE("typing");
	return SLICE("im");
}

struct slice feature_of(struct arena *arena, const struct feature_input *in)
{
	if (in->is_invite)
		return of_invite(arena, in);
	if (in->is_message)
		return of_message(in);
	if (slice_search(in->body, SLICE("<KeyboardActivity")) < in->body.len)
		return SLICE("typing");
	return SLICE_NULL;
}

unsigned feature_parties(struct slice endpoints)
{
	struct slice value;
	unsigned n = 0;

	while (hdr_next_value(&endpoints, &value))
		n += slice_trim(value).len > 0;
	return n;
}
