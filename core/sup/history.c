/*
 * core/sup/history.c - see history.h. One JSON file for each entry, written aside and renamed.
 */
#include "core/sup/history.h"

#include "utils/err.h"
#include "utils/fd.h"
#include "utils/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES 512u

static struct {
	char                 dir[256];	/* "": nothing is kept */
	struct history_entry list[HISTORY_KEPT];
	unsigned             count, last;
} past;

static void name_file(unsigned number, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/%08u.json", past.dir, number);
}

/* ---- one entry as JSON ---- */

static void copy(char *out, size_t room, const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	snprintf(out, room, "%s", s ? s : "");
}

static bool read_entry(const json_t *object, struct history_entry *e)
{
	*e = (struct history_entry){
		.number = (unsigned)json_integer_value(json_object_get(object, "number")),
		.when = json_integer_value(json_object_get(object, "when")),
	};
	copy(e->who, sizeof(e->who), object, "who");
	copy(e->how, sizeof(e->how), object, "how");
	copy(e->hash, sizeof(e->hash), object, "hash");
	copy(e->result, sizeof(e->result), object, "result");
	copy(e->detail, sizeof(e->detail), object, "detail");
	return e->number > 0 && e->result[0];
}

static json_t *entry_json(const struct history_entry *e, json_t *files)
{
	return json_pack("{s:i, s:I, s:s, s:s, s:s, s:s, s:s, s:o*}", "number", (int)e->number,
	    "when", (json_int_t)e->when, "who", e->who, "how", e->how, "hash", e->hash,
	    "result", e->result, "detail", e->detail, "files", files);
}

/* ---- files ---- */

static int write_aside(const char *path, const char *text)
{
	char aside[PATH_BYTES + 8];
	int fd, err;

	snprintf(aside, sizeof(aside), "%s.new", path);
	/* Configurations hold passwords. */
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = fd_write_all(fd, slice_str(text));
	if (close(fd) != 0 && !err)
		err = -errno;
	if (!err && rename(aside, path) != 0)
		err = -errno;
	if (err)
		unlink(aside);
	return err;
}

static void save(const struct history_entry *e, json_t *files)
{
	char path[PATH_BYTES];
	json_t *object;
	char *text;
	int err;

	if (!past.dir[0]) {
		json_decref(files);
		return;
	}
	object = entry_json(e, files);
	text = object ? json_dumps(object, JSON_INDENT(1)) : NULL;
	name_file(e->number, path);
	err = text ? write_aside(path, text) : -ENOMEM;
	if (err)
		log_warning("config", "cannot keep a configuration path=%s error=\"%s\"", path,
		    err_text(err));
	free(text);
	json_decref(object);
}

static json_t *load(unsigned number)
{
	char path[PATH_BYTES];

	name_file(number, path);
	return past.dir[0] ? json_load_file(path, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

/* ---- the list ---- */

static void forget_oldest(void)
{
	char path[PATH_BYTES];

	name_file(past.list[0].number, path);
	if (past.dir[0])
		unlink(path);
	memmove(past.list, past.list + 1, --past.count * sizeof(past.list[0]));
}

static void append(const struct history_entry *e)
{
	if (past.count == HISTORY_KEPT)
		forget_oldest();
	past.list[past.count++] = *e;
	if (e->number > past.last)
		past.last = e->number;
}

static int is_entry(const struct dirent *d)
{
	return slice_ends(slice_str(d->d_name), SLICE(".json"));
}

static void read_all(void)
{
	struct dirent **names;
	int n = scandir(past.dir, &names, is_entry, alphasort);

	for (int i = 0; i < n; i++) {
		json_t *object = load((unsigned)strtoul(names[i]->d_name, NULL, 10));
		struct history_entry e;

		if (object && read_entry(object, &e))
			append(&e);
		json_decref(object);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

void history_open(struct slice state_dir)
{
	past.dir[0] = '\0';
	past.count = past.last = 0;
	if (state_dir.len == 0 || state_dir.len + sizeof("/config") > sizeof(past.dir))
		return;
	snprintf(past.dir, sizeof(past.dir), "%.*s/config", SLICE_ARG(state_dir));
	if (mkdir(past.dir, 0700) != 0 && errno != EEXIST) {
		log_warning("config", "no history is kept path=%s error=\"%s\"", past.dir,
		    err_text(errno));
		past.dir[0] = '\0';
		return;
	}
	read_all();
}

void history_close(void)
{
	past.dir[0] = '\0';
	past.count = past.last = 0;
}

unsigned history_list(const struct history_entry **out)
{
	*out = past.list;
	return past.count;
}

unsigned history_add(struct history_entry *e, const struct snapshot *texts)
{
	e->number = past.last + 1;
	e->when = (int64_t)time(NULL);
	append(e);
	save(e, texts ? snapshot_json(texts) : NULL);
	return e->number;
}

void history_set_result(unsigned number, const char *result)
{
	json_t *object;

	for (unsigned i = 0; i < past.count; i++) {
		if (past.list[i].number != number)
			continue;
		snprintf(past.list[i].result, sizeof(past.list[i].result), "%s", result);
		object = load(number);
		save(&past.list[i], json_incref(json_object_get(object, "files")));
		json_decref(object);
	}
}

struct snapshot *history_texts(unsigned number)
{
	json_t *object = load(number);
	struct snapshot *s = snapshot_of_json(json_object_get(object, "files"));

	json_decref(object);
	return s;
}
