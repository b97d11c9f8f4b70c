/*
 * rename_test - documents that name a renamed user: all of them follow, or none does.
 */
#include "modules/xcap_server/services.h"
#include "modules/xcap_server/xcap.h"
#include "test/unit.h"
#include "utils/xml_read.h"

int  __wrap_store_run_now(const struct store_stmt *stmt, const struct value *args,
    void (*row)(void *arg, const struct value *cells, unsigned columns), void *arg);
bool __wrap_store_is_on(void);
unsigned __wrap_worker_of(uint64_t key);
void __wrap_worker_on_each(void (*fn)(unsigned index, void *arg), void *arg);

static int writes_left;			/* until the one that fails; below 0: all work */
static unsigned writes;

int __wrap_store_run_now(const struct store_stmt *stmt, const struct value *args,
    void (*row)(void *arg, const struct value *cells, unsigned columns), void *arg)
{
	(void)stmt;
	(void)args;
	(void)row;
	(void)arg;
	writes++;
	return writes_left-- == 0 ? -ENOSPC : 1;
}

bool __wrap_store_is_on(void) { return true; }

unsigned __wrap_worker_of(uint64_t key) { return (unsigned)(key & 0); }

void __wrap_worker_on_each(void (*fn)(unsigned index, void *arg), void *arg) { fn(0, arg); }

const struct xcap_usage xcap_lists = { .auid = SLICE_INIT("resource-lists") };
const struct xcap_usage xcap_rules = { .auid = SLICE_INIT("pres-rules") };
const struct xcap_usage xcap_services = { .auid = SLICE_INIT("rls-services") };

#define SERVICE(uri, entry) "<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\" " \
	"xmlns:rl=\"urn:ietf:params:xml:ns:resource-lists\"><service uri=\"sip:" uri "\"><list>" \
	"<rl:entry uri=\"sip:" entry "\"/></list></service></rls-services>"
#define BOB    SLICE_INIT("bob@example.com")
#define ROBERT SLICE_INIT("robert@example.com")

static const struct { struct slice aor, text; } docs[] = {
	{ BOB, SLICE_INIT(SERVICE("bob-work@example.com", "eve@example.com")) },
	{ SLICE_INIT("alice@example.com"), SLICE_INIT(SERVICE("alice-x@example.com", "bob@example.com")) },
	{ SLICE_INIT("carol@example.com"), SLICE_INIT(SERVICE("carol-y@example.com", "bob@example.com")) },
	{ SLICE_INIT("dave@example.com"), SLICE_INIT(SERVICE("dave-z@example.com", "eve@example.com")) },
};

static struct xcap x;
static const struct auth_db_watch *watch;

static int note_watch(struct auth_db *db, const struct auth_db_watch *w, void *arg)
{
	(void)db;
	assert_ptr_equal(arg, &x);
	watch = w;
	return 0;
}

static int begin(void **state)
{
	static const struct auth_db_api users = { .watch = note_watch };

	(void)state;
	x = (struct xcap){ .users = &users, .kept = rtab_new(16) };
	writes_left = -1;
	xml_read_init();
	if (!x.kept || epoch_thread_register() != 0 || xcap_follow_names(&x) != 0)
		return -1;
	for (size_t i = 0; i < COUNT(docs); i++)
		if (xcap_kept_put_now(&x, &xcap_services, docs[i].aor, 7, docs[i].text) != 0)
			return -1;
	return 0;
}

static int end(void **state)
{
	(void)state;
	xcap_kept_free(&x);
	epoch_drain();
	epoch_thread_unregister();
	return 0;
}

static void check_all_as_before(void)
{
	const struct slice robert = ROBERT;

	assert_null(xcap_kept_find(&x, &xcap_services, robert));
	for (size_t i = 0; i < COUNT(docs); i++) {
		const struct xcap_kept *k = xcap_kept_find(&x, &xcap_services, docs[i].aor);

		assert_non_null(k);
		assert_true(slice_eq(k->text, docs[i].text));
		assert_int_equal(k->number, 7);
	}
}

static bool names(struct slice aor, struct slice text)
{
	const struct xcap_kept *k = xcap_kept_find(&x, &xcap_services, aor);

	return k && k->number == 8 && slice_search(k->text, text) < k->text.len;
}

static int rename_bob(bool others_agree)
{
	const struct slice bob = BOB, robert = ROBERT;
	int err = watch->renamed(&x, bob, robert);

	watch->moved(&x, bob, robert, !err && others_agree);
	return err;
}

static void all_follow(void **state)
{
	const struct slice bob = BOB, robert = ROBERT;

	(void)state;
	assert_int_equal(rename_bob(true), 0);
	assert_null(xcap_kept_find(&x, &xcap_services, bob));
	assert_true(names(robert, SLICE("sip:robert-work@example.com")));
	assert_true(names(docs[1].aor, SLICE("sip:robert@example.com")));
	assert_true(names(docs[2].aor, SLICE("sip:robert@example.com")));
	assert_false(names(docs[3].aor, SLICE("sip:")));
}

static void none_does_if_others_refuse(void **state)
{
	(void)state;
	assert_int_equal(rename_bob(false), 0);
	check_all_as_before();
	all_follow(state);
}

static void none_does_if_one_cannot_be_written(void **state)
{
	unsigned needed;

	(void)state;
	writes = 0;
	rename_bob(false);
	needed = writes / 2;
	assert_int_equal(needed, 4);	/* two of them his own: the new one, none any more */
	for (unsigned i = 0; i < needed; i++) {
		writes_left = (int)i;
		assert_int_equal(rename_bob(true), -ENOSPC);
		check_all_as_before();
	}
	writes_left = -1;
	all_follow(state);
}

/* Whom another one refused before it came to documents. */
static void nothing_is_taken_back_that_was_not_done(void **state)
{
	const struct slice bob = BOB, robert = ROBERT;

	(void)state;
	watch->moved(&x, bob, robert, false);
	check_all_as_before();
}

/* Somebody else gets his name: what others have written of it stays. */
static void his_own_are_put_aside_for_another(void **state)
{
	const struct slice bob = BOB, aside = SLICE("bob@example.com.former.invalid");

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		writes_left = (int)i;
		assert_int_equal(watch->succeeded(&x, bob, aside), -ENOSPC);
		check_all_as_before();
	}
	writes_left = -1;
	assert_int_equal(watch->succeeded(&x, bob, aside), 1);
	assert_null(xcap_kept_find(&x, &xcap_services, bob));
	assert_true(names(aside, SLICE("sip:bob-work@example.com")));
	assert_false(names(docs[1].aor, SLICE("sip:")));
	assert_non_null(xcap_kept_find(&x, &xcap_services, docs[1].aor));
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

UNIT_MAIN(
	T(all_follow),
	T(none_does_if_others_refuse),
	T(none_does_if_one_cannot_be_written),
	T(nothing_is_taken_back_that_was_not_done),
	T(his_own_are_put_aside_for_another)
)
