/*
 * core/mod/snapshot.c - see snapshot.h.
 */
#include "core/mod/snapshot.h"

#include "utils/base64.h"
#include "utils/digest.h"

#include <stdio.h>
#include <stdlib.h>

#define ROOM_FIRST 8u

struct snapshot *snapshot_new(void)
{
	struct arena *arena = arena_new(0);
	struct snapshot *s = arena ? arena_zalloc(arena, sizeof(*s)) : NULL;

	if (!s) {
		arena_free(&arena);
		return NULL;
	}
	s->arena = arena;
	return s;
}

void snapshot_free(struct snapshot **p)
{
	struct arena *arena = *p ? (*p)->arena : NULL;

	*p = NULL;
	arena_free(&arena);
}

/* ---- filling ---- */

static bool grow(struct snapshot *s)
{
	unsigned room = s->room ? s->room * 2 : ROOM_FIRST;
	struct cfg_text *more = arena_alloc(s->arena, room * sizeof(*more));

	if (!more)
		return false;
	if (s->count)
		memcpy(more, s->texts, s->count * sizeof(*more));
	s->texts = more;
	s->room = room;
	return true;
}

static bool has(const struct snapshot *s, const char *path)
{
	for (unsigned i = 0; i < s->count; i++)
		if (slice_eq(slice_str(s->texts[i].path), slice_str(path)))
			return true;
	return false;
}

void snapshot_add(void *snapshot, const char *path, struct slice text)
{
	struct snapshot *s = snapshot;
	struct cfg_text one = { NULL, SLICE("") };

	if (has(s, path))
		return;
	one.path = arena_dup_cstr(s->arena, slice_str(path));
	if (text.len)
		one.text = arena_dup(s->arena, text);
	if (!one.path || !one.text.p || (s->count == s->room && !grow(s))) {
		s->is_short = true;
		return;
	}
	s->texts[s->count++] = one;
}

bool snapshot_add_file(struct snapshot *s, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t len = f ? getdelim(&text, &room, '\0', f) : -1;
	/* Behind a zero byte there may be more; a configuration with one is none. */
	bool fine = f && !ferror(f) && (len >= 0 || feof(f)) && getc(f) == EOF;

	if (fine)
		snapshot_add(s, path, slice_of(text ? text : "", len > 0 ? (size_t)len : 0));
	if (f)
		fclose(f);
	free(text);
	return fine && !s->is_short;
}

/* ---- its name ---- */

void snapshot_hash(const struct snapshot *s, char out[SNAPSHOT_HASH_CHARS + 1])
{
	struct slice *pieces = calloc(s->count * 4u + 1, sizeof(*pieces));
	const struct slice end = { "", 1 };	/* a NUL: no path or text can end there by itself */
	char hex[2 * DIGEST_MAX_BYTES] = "";

	for (unsigned i = 0; pieces && i < s->count; i++) {
		pieces[4 * i] = slice_str(s->texts[i].path);
		pieces[4 * i + 1] = end;
		pieces[4 * i + 2] = s->texts[i].text;
		pieces[4 * i + 3] = end;
	}
	if (!pieces || digest_hex(DIGEST_SHA256, pieces, s->count * 4u, hex) != 0)
		memset(hex, '0', sizeof(hex));
	memcpy(out, hex, SNAPSHOT_HASH_CHARS);
	out[SNAPSHOT_HASH_CHARS] = '\0';
	free(pieces);
}

/* ---- as JSON ---- */

static json_t *text_json(const struct cfg_text *t)
{
	json_t *text = json_stringn(t->text.p, t->text.len), *v;
	char *coded;

	if (text)
		return json_pack("{s:s, s:o}", "path", t->path, "text", text);
	coded = malloc(BASE64_LEN(t->text.len) + 1);
	if (!coded)
		return NULL;
	coded[base64_encode(coded, t->text.p, t->text.len)] = '\0';
	v = json_pack("{s:s, s:s}", "path", t->path, "base64", coded);
	free(coded);
	return v;
}

json_t *snapshot_json(const struct snapshot *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < s->count; i++) {
		json_t *one = text_json(&s->texts[i]);

		if (one && json_array_append_new(list, one) == 0)
			continue;
		json_decref(list);
		list = NULL;
	}
	return list;
}

static bool add_coded(struct snapshot *s, const char *path, struct slice coded)
{
	char *text = malloc(coded.len / 4 * 3 + 1);
	size_t len = 0;
	bool fine = text && base64_decode(text, &len, coded) == 0;

	if (fine)
		snapshot_add(s, path, slice_of(text, len));
	free(text);
	return fine;
}

static bool add_json(struct snapshot *s, const json_t *one)
{
	const char *path = json_string_value(json_object_get(one, "path"));
	const json_t *text = json_object_get(one, "text"), *coded = json_object_get(one, "base64");

	if (path && json_is_string(text))
		snapshot_add(s, path, slice_of(json_string_value(text), json_string_length(text)));
	else if (!path || !json_is_string(coded) ||
	    !add_coded(s, path, slice_str(json_string_value(coded))))
		return false;
	return !s->is_short;
}

struct snapshot *snapshot_of_json(const json_t *list)
{
	struct snapshot *s = json_array_size(list) ? snapshot_new() : NULL;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		if (s && !add_json(s, one))
			snapshot_free(&s);
	}
	return s;
}
