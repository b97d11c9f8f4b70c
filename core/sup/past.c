/*
 * core/sup/past.c - see past.h.
 */
#include "core/sup/past.h"

#include "core/mod/rpc.h"
#include "utils/utf8.h"

#include <pwd.h>
#include <stdio.h>

static void name_user(unsigned uid, char *out, size_t room)
{
	const struct passwd *pw = uid == (unsigned)-1 ? NULL : getpwuid(uid);

	if (pw)
		snprintf(out, room, "%s", pw->pw_name);
	else if (uid == (unsigned)-1)
		snprintf(out, room, "system");
	else
		snprintf(out, room, "uid %u", uid);
}

bool past_same_text(const struct snapshot *a, const struct snapshot *b)
{
	char x[SNAPSHOT_HASH_CHARS + 1], y[SNAPSHOT_HASH_CHARS + 1];

	snapshot_hash(a, x);
	snapshot_hash(b, y);
	return slice_eq(slice_str(x), slice_str(y));
}

unsigned past_record(const char *how, const struct snapshot *texts, const char *result,
    struct slice detail)
{
	struct history_entry e = { 0 };

	detail = slice_first(detail, slice_find(detail, '\n'));
	name_user(rpc_caller(), e.who, sizeof(e.who));
	snprintf(e.how, sizeof(e.how), "%s", how);
	snprintf(e.result, sizeof(e.result), "%s", result);
	snprintf(e.detail, sizeof(e.detail), "%.*s", (int)(detail.len < 180 ? detail.len : 180),
	    detail.p ? detail.p : "");
	utf8_scrub(e.detail, strlen(e.detail));		/* a character may have been cut */
	if (texts)
		snapshot_hash(texts, e.hash);
	return history_add(&e, texts);
}

/* The newest committed entry with other text than what runs, that came before it. */
unsigned past_find_other(unsigned number, const struct snapshot *texts)
{
	const struct history_entry *list;
	unsigned count = history_list(&list), found = 0;
	char hash[SNAPSHOT_HASH_CHARS + 1];

	snapshot_hash(texts, hash);
	for (unsigned i = 0; i < count && (!number || list[i].number < number); i++)
		if (slice_eq(slice_str(list[i].result), SLICE(HISTORY_COMMITTED)) &&
		    !slice_eq(slice_str(list[i].hash), slice_str(hash)))
			found = list[i].number;
	return found;
}

/* The last entry that says what ran. */
static unsigned last_committed(char hash[SNAPSHOT_HASH_CHARS + 1])
{
	const struct history_entry *list;
	unsigned count = history_list(&list), found = 0;

	for (unsigned i = 0; i < count; i++) {
		if (slice_eq(slice_str(list[i].result), SLICE(HISTORY_WAITING)))
			history_set_result(list[i].number, HISTORY_UNDONE);
		if (!slice_eq(slice_str(list[i].result), SLICE(HISTORY_COMMITTED)))
			continue;
		found = list[i].number;
		memcpy(hash, list[i].hash, SNAPSHOT_HASH_CHARS + 1);
	}
	return found;
}

unsigned past_record_start(const struct snapshot *texts, struct slice summary)
{
	char last[SNAPSHOT_HASH_CHARS + 1] = "", now[SNAPSHOT_HASH_CHARS + 1];
	unsigned number = last_committed(last);

	snapshot_hash(texts, now);
	if (slice_eq(slice_str(last), slice_str(now)))
		return number;
	return past_record("start", texts, HISTORY_COMMITTED, summary);
}

bool past_is_on_disk(const struct snapshot *s)
{
	struct snapshot *disk = snapshot_new();
	bool same = disk != NULL;

	for (unsigned i = 0; same && i < s->count; i++)
		same = snapshot_add_file(disk, s->texts[i].path);
	same = same && past_same_text(s, disk);
	snapshot_free(&disk);
	return same;
}
