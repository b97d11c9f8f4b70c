/*
 * core/store/mirror_table.c - see mirror_table.h.
 *
 * In the mirror all text is binary. What comes from the wire need not be UTF-8, keys differ
 * where collations would see none ("a" and "A", "a" and "a "), and a key of two addresses fits
 * into the 3072 bytes of InnoDB only when a character is a byte. Clients show it as text.
 */
#include "core/store/mirror_table.h"

#include "utils/arena.h"

#include <errno.h>

#define CHUNK_ROWS "5000"
#define KEY_BYTES_PRESET 255u

/* ---- what the table is like ---- */

static const struct store_stmt stmt_columns = {
	"mirror_columns", "select name, lower(type), pk from pragma_table_info(?) order by cid", "s",
	"ssi", NULL
};

struct reading { struct arena *arena; struct mirror_table *table; int err; };

static unsigned length_of(struct slice type)
{
	struct slice digits = slice_skip(type, slice_find(type, '(') + 1);
	uint32_t n = 0;

	digits = slice_first(digits, slice_find(digits, ')'));
	return slice_to_u32(digits, &n) == 0 ? n : 0;
}

static char letter_of(struct slice type)
{
	if (slice_search(type, SLICE("int")) < type.len)
		return 'i';
	return slice_eq(type, SLICE("blob")) ? 'b' : 's';
}

static void take_column(void *arg, const struct value *cells, unsigned columns)
{
	struct reading *r = arg;
	struct mirror_table *t = r->table;
	struct mirror_column *c = &t->columns[t->column_count];

	(void)columns;
	if (t->column_count == MIRROR_COLUMNS_MAX || cells[2].i > MIRROR_KEYS_MAX) {
		r->err = -EINVAL;
		return;
	}
	*c = (struct mirror_column){ .name = arena_dup(r->arena, cells[0].s),
		.letter = letter_of(cells[1].s), .key = (unsigned)cells[2].i,
		.length = length_of(cells[1].s) };
	if (!c->name.p)
		r->err = -ENOMEM;
	if (c->key) {
		t->keys[c->key - 1] = c;
		t->key_count++;
	}
	t->column_count++;
}

/* ---- texts ---- */

/* Something for each column or key, with commas or so between: before, its name, after. */
struct shape { const char *before, *after, *between; };

static struct slice each(struct arena *arena, const struct mirror_table *t, bool keys,
    struct shape how)
{
	struct slice all = SLICE("");
	unsigned count = keys ? t->key_count : t->column_count;

	for (unsigned i = 0; i < count && all.p; i++) {
		struct slice name = keys ? t->keys[i]->name : t->columns[i].name;

		all = arena_printf(arena, "%.*s%s%s%.*s%s", SLICE_ARG(all), i ? how.between : "",
		    how.before, SLICE_ARG(name), how.after);
	}
	return all;
}

static struct slice names(struct arena *arena, const struct mirror_table *t, bool keys)
{
	return each(arena, t, keys, (struct shape){ "`", "`", ", " });
}

static struct slice key_is(struct arena *arena, const struct mirror_table *t)
{
	return each(arena, t, true, (struct shape){ "`", "` = ?", " and " });
}

/* "?, ?, ?" */
static struct slice holes(struct arena *arena, unsigned count)
{
	struct slice all = SLICE("?");

	for (unsigned i = 1; i < count && all.p; i++)
		all = arena_printf(arena, "%.*s, ?", SLICE_ARG(all));
	return all;
}

static const char *letters(struct arena *arena, const struct mirror_table *t, bool keys,
    const char *before)
{
	struct slice all = slice_str(before);

	for (unsigned i = 0; i < (keys ? t->key_count : t->column_count) && all.p; i++)
		all = arena_printf(arena, "%.*s%c", SLICE_ARG(all),
		    keys ? t->keys[i]->letter : t->columns[i].letter);
	return all.p;
}

/* A row's key as the columns of a mark, what is missing being ''. prefix: "", "new.", "old." */
static struct slice mark_value(struct arena *arena, const struct mirror_table *t, const char *prefix,
    unsigned i)
{
	if (i >= t->key_count)
		return SLICE("''");
	return arena_printf(arena, "%s`%.*s`", prefix, SLICE_ARG(t->keys[i]->name));
}

static struct slice mark_values(struct arena *arena, const struct mirror_table *t,
    const char *prefix)
{
	struct slice all = SLICE("");

	for (unsigned i = 0; i < MIRROR_KEYS_MAX && all.p; i++)
		all = arena_printf(arena, "%.*s%s%.*s", SLICE_ARG(all), i ? ", " : "",
		    SLICE_ARG(mark_value(arena, t, prefix, i)));
	return all;
}

static struct slice mark_is(struct arena *arena, const struct mirror_table *t, const char *prefix)
{
	struct slice all = SLICE("");

	for (unsigned i = 0; i < MIRROR_KEYS_MAX && all.p; i++)
		all = arena_printf(arena, "%.*s%sk%u = %.*s", SLICE_ARG(all), i ? " and " : "", i + 1,
		    SLICE_ARG(mark_value(arena, t, prefix, i)));
	return all;
}

#define MARK_INTO "lcs_mirror_mark(tab, k1, k2, k3, k4)"

static void make_local(struct arena *arena, struct mirror_table *t)
{
	const char *name = t->name;
	struct slice key = mark_values(arena, t, ""), cols = names(arena, t, false);
	const char *key_letters = letters(arena, t, true, "");

	t->local.row = (struct store_stmt){ "mirror_row", arena_printf(arena,
	    "select %.*s from `%s` where %.*s", SLICE_ARG(cols), name,
	    SLICE_ARG(key_is(arena, t))).p, key_letters, letters(arena, t, false, ""), NULL };
	t->local.any = (struct store_stmt){ "mirror_any", arena_printf(arena,
	    "select 1 from `%s` limit 1", name).p, "", "i", NULL };
	t->local.insert = (struct store_stmt){ "mirror_insert", arena_printf(arena,
	    "insert into `%s`(%.*s) values (%.*s)", name, SLICE_ARG(cols),
	    SLICE_ARG(holes(arena, t->column_count))).p, letters(arena, t, false, ""), NULL, NULL };
	t->local.chunk_end = (struct store_stmt){ "mirror_chunk", arena_printf(arena,
	    "select max(r) from (select rowid as r from `%s` where rowid > ? order by rowid "
	    "limit " CHUNK_ROWS ")", name).p, "i", "i", NULL };
	t->local.mark = (struct store_stmt){ "mirror_mark", arena_printf(arena,
	    "insert or ignore into " MARK_INTO " select '%s', %.*s from `%s` where rowid > ? and "
	    "rowid <= ?", name, SLICE_ARG(key), name).p, "ii", NULL, NULL };
	t->local.mark_one = (struct store_stmt){ "mirror_mark_one", arena_printf(arena,
	    "insert or ignore into " MARK_INTO " values ('%s', %.*s%s)", name,
	    SLICE_ARG(holes(arena, t->key_count)),
	    t->key_count == 1 ? ", '', '', ''" : t->key_count == 2 ? ", '', ''" :
	    t->key_count == 3 ? ", ''" : "").p, key_letters, NULL, NULL };
}

static void make_remote(struct arena *arena, struct mirror_table *t)
{
	struct slice table = t->remote_name, cols = names(arena, t, false);

	t->remote.put = (struct store_stmt){ "mirror_put", arena_printf(arena,
	    "replace into %.*s(`lcs_home`, %.*s) values (%.*s)", SLICE_ARG(table), SLICE_ARG(cols),
	    SLICE_ARG(holes(arena, t->column_count + 1))).p, letters(arena, t, false, "i"), NULL, NULL };
	t->remote.gone = (struct store_stmt){ "mirror_gone", arena_printf(arena,
	    "delete from %.*s where `lcs_home` = ? and %.*s", SLICE_ARG(table),
	    SLICE_ARG(key_is(arena, t))).p, letters(arena, t, true, "i"), NULL, NULL };
	t->remote.keys = (struct store_stmt){ "mirror_keys", arena_printf(arena,
	    "select %.*s from %.*s where `lcs_home` = ?", SLICE_ARG(names(arena, t, true)),
	    SLICE_ARG(table)).p, "i", letters(arena, t, true, ""), NULL };
	t->remote.all = (struct store_stmt){ "mirror_all", arena_printf(arena,
	    "select %.*s from %.*s where `lcs_home` = ?", SLICE_ARG(cols), SLICE_ARG(table)).p, "i",
	    letters(arena, t, false, ""), NULL };
}

static bool is_complete(const struct mirror_table *t)
{
	const struct store_stmt *const all[] = { &t->local.row, &t->local.any, &t->local.insert,
		&t->local.chunk_end, &t->local.mark, &t->local.mark_one, &t->remote.put,
		&t->remote.gone, &t->remote.keys, &t->remote.all };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!all[i]->sql || !all[i]->args)
			return false;
	return t->local.row.columns && t->remote.keys.columns && t->remote.all.columns;
}

int mirror_table_read(struct arena *arena, const struct store_backend *be, struct store_conn *conn,
    const struct store_schema *schema, const char *name, const char *database,
    struct mirror_table **out)
{
	struct mirror_table *t = arena_zalloc(arena, sizeof(*t));
	struct reading r = { arena, t, 0 };
	struct value arg = value_string(slice_str(name));
	int rows;

	if (!t)
		return -ENOMEM;
	t->schema = schema;
	t->name = name;
	t->database = database;
	rows = be->run(conn, &stmt_columns, &arg, take_column, &r);
	if (rows < 0 || r.err)
		return r.err ? r.err : rows;
	if (rows == 0)
		return -ENOENT;
	if (t->key_count == 0)
		return -EINVAL;
	t->remote_name = database ? arena_printf(arena, "`%s`.`%s`", database, name) :
	    arena_printf(arena, "`%s`", name);
	make_local(arena, t);
	make_remote(arena, t);
	if (!t->remote_name.p || !is_complete(t))
		return -ENOMEM;
	*out = t;
	return 0;
}

/* ---- triggers ---- */

/*
 * A row's mark goes to the end when the row changes again, so that it stands behind what is
 * under way. It is deleted and inserted: "insert or replace" here would be overruled by the
 * conflict clause of the statement that fired the trigger.
 */
static struct slice one_trigger(struct arena *arena, const struct mirror_table *t,
    const char *suffix, const char *when, const char *prefix)
{
	struct slice is = mark_is(arena, t, prefix), key = mark_values(arena, t, prefix);

	return arena_printf(arena, "drop trigger if exists `lcs_mirror_%s_%s`; "
	    "create trigger `lcs_mirror_%s_%s` after %s begin "
	    "delete from lcs_mirror_mark where tab = '%s' and %.*s; "
	    "insert into " MARK_INTO " values ('%s', %.*s); end; ", t->name, suffix, t->name, suffix,
	    when, t->name, SLICE_ARG(is), t->name, SLICE_ARG(key));
}

struct slice mirror_table_triggers(struct arena *arena, const struct mirror_table *t)
{
	struct slice moved = each(arena, t, true, (struct shape){ "old.`", "`", ", " });
	struct slice to = each(arena, t, true, (struct shape){ "new.`", "`", ", " });
	const struct slice parts[] = {
		one_trigger(arena, t, "i", arena_printf(arena, "insert on `%s`", t->name).p, "new."),
		one_trigger(arena, t, "d", arena_printf(arena, "delete on `%s`", t->name).p, "old."),
		one_trigger(arena, t, "u", arena_printf(arena, "update on `%s`", t->name).p, "new."),
		/* A key that changes: the row under the old one is gone. */
		one_trigger(arena, t, "m", arena_printf(arena,
		    "update on `%s` when (%.*s) is not (%.*s)", t->name, SLICE_ARG(moved),
		    SLICE_ARG(to)).p, "old."),
	};

	/* Not arena_join(): who runs it wants a NUL behind it. */
	return arena_printf(arena, "%.*s%.*s%.*s%.*s", SLICE_ARG(parts[0]), SLICE_ARG(parts[1]),
	    SLICE_ARG(parts[2]), SLICE_ARG(parts[3]));
}

/* ---- the table there ---- */

/* Lengths are not enforced in SQLite, so only keys have one, twice what was declared. */
static struct slice remote_type(struct arena *arena, const struct mirror_column *c)
{
	if (c->letter == 'i')
		return SLICE("bigint not null default 0");
	if (!c->key)
		return SLICE("mediumblob not null default ('')");
	return arena_printf(arena, "varbinary(%u) not null",
	    2 * (c->length ? c->length : KEY_BYTES_PRESET));
}

struct slice mirror_table_create(struct arena *arena, const struct mirror_table *t)
{
	struct slice all = arena_printf(arena, "create table %.*s (`lcs_home` integer not null",
	    SLICE_ARG(t->remote_name));

	for (unsigned i = 0; i < t->column_count && all.p; i++)
		all = arena_printf(arena, "%.*s, `%.*s` %.*s", SLICE_ARG(all),
		    SLICE_ARG(t->columns[i].name), SLICE_ARG(remote_type(arena, &t->columns[i])));
	return arena_printf(arena, "%.*s, primary key (`lcs_home`, %.*s)) engine=InnoDB",
	    SLICE_ARG(all), SLICE_ARG(names(arena, t, true)));
}

struct slice mirror_table_add(struct arena *arena, const struct mirror_table *t,
    const struct mirror_column *c)
{
	return arena_printf(arena, "alter table %.*s add column `%.*s` %.*s",
	    SLICE_ARG(t->remote_name), SLICE_ARG(c->name), SLICE_ARG(remote_type(arena, c)));
}
