/*
 * Presence documents: read from both kinds of clients, brought to one state, written in all formats.
 */
#include "modules/presence_xml/state.h"

#include "test/oom.h"
#include "test/unit.h"

static const struct pdoc_limits limits = { { 65536, 32, 4096 }, 1024, 4096 };

static struct pdoc *read_doc(struct slice type, struct slice body)
{
	struct pdoc *doc = NULL;
	const char *why = "";

	if (pdoc_read(type, body, &limits, &doc, &why) != 0)
		fail_msg("refused: %s", why);
	return doc;
}

#define PIDF_HEAD "<presence xmlns='urn:ietf:params:xml:ns:pidf' " \
	"xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' " \
	"xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:bob@example.com'>"
#define OPEN_TUPLE "<tuple id='t1'><status><basic>open</basic></status></tuple>"
#define PIDF(text) SLICE(PIDF_HEAD text "</presence>")

/* ---- reading ---- */

static const struct { const char *inside; unsigned availability, activity; const char *note; } said[] = {
	{ OPEN_TUPLE, 300, 400, "" },
	{ "<tuple id='t'><status><basic> closed\n</basic></status></tuple>", 0, 400, "" },
	{ "<tuple id='a'><status><basic>closed</basic></status></tuple>" OPEN_TUPLE, 300, 400, "" },
	{ OPEN_TUPLE "<note>hello</note>", 300, 400, "hello" },
	{ OPEN_TUPLE "<dm:person id='p'><rpid:activities><rpid:busy/></rpid:activities>"
	  "<dm:note>in a meeting</dm:note></dm:person>", 300, 600, "in a meeting" },
	{ OPEN_TUPLE "<dm:person id='p'><rpid:activities><rpid:busy/><rpid:on-the-phone/>"
	  "</rpid:activities></dm:person>", 300, 500, "" },
	{ OPEN_TUPLE "<dm:person id='p'><rpid:activities><rpid:away/><rpid:busy/>"
	  "</rpid:activities></dm:person>", 300, 100, "" },
	{ OPEN_TUPLE "<dm:person id='p'><rpid:activities><rpid:dinner/></rpid:activities></dm:person>",
	  300, 150, "" },
	{ OPEN_TUPLE "<dm:person id='p'><rpid:activities><rpid:working/></rpid:activities></dm:person>",
	  300, 400, "" },
	{ "<tuple id='t'><status><basic>open</basic><ep:activities xmlns:ep='urn:old'>"
	  "<ep:activity>away</ep:activity></ep:activities></status><note>old</note></tuple>",
	  300, 100, "old" },
	{ "<dm:person id='p'/>", 300, 400, "" },
	{ "", 0, 400, "" },
};

static void what_pidf_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(said); i++) {
		struct buf *b = buf_new(512);
		struct pdoc *doc;

		buf_put(b, SLICE(PIDF_HEAD));
		buf_put(b, slice_str(said[i].inside));
		buf_put(b, SLICE("</presence>"));
		doc = read_doc(PIDF_TYPE, buf_slice(b));
		assert_int_equal(doc->availability, said[i].availability);
		assert_int_equal(doc->activity, said[i].activity);
		assert_slice(doc->note, said[i].note);
		pdoc_free(&doc);
		buf_unref(&b);
	}
}

static const struct { const char *type, *body; int err; const char *why; } bad[] = {
	{ "application/pidf+xml", "", -EBADMSG, "well-formed" },
	{ "application/pidf+xml", "<presence entity='sip:a@b'/>", -EBADMSG, "namespace of PIDF" },
	{ "application/pidf+xml", "<p xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:a@b'/>", -EBADMSG,
	  "Not a presence element" },
	{ "application/pidf+xml", "<presence xmlns='urn:ietf:params:xml:ns:pidf'/>", -EBADMSG,
	  "names no entity" },
	{ "application/pidf+xml", PIDF_HEAD "<tuple/></presence>", -EBADMSG, "no id" },
	{ "application/pidf+xml",
	  PIDF_HEAD "<tuple id='a'><status><basic>Open</basic></status></tuple></presence>", -EBADMSG,
	  "neither open nor closed" },
	{ "application/pidf+xml", "<!DOCTYPE presence><presence/>", -EBADMSG, "document type" },
	{ "text/plain", "hello", -EINVAL, "" },
	{ "no type", "hello", -EINVAL, "" },
	{ "text/xml+msrtc.pidf", "<presence/>", -EBADMSG, "presentity" },
	{ "text/xml+msrtc.pidf", "<presentity/>", -EBADMSG, "availability" },
	{ "text/xml+msrtc.pidf", "<presentity><availability aggregate='1000'/></presentity>", -EBADMSG,
	  "availability" },
	{ "text/xml+msrtc.pidf", "<presentity><availability aggregate='300'/>"
	  "<activity aggregate='-1'/></presentity>", -EBADMSG, "activity" },
	{ "text/xml+msrtc.userinfo", "<note/>", -EBADMSG, "userInfo" },
};

static void what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct pdoc *doc = NULL;
		const char *why = "";

		assert_int_equal(pdoc_read(slice_str(bad[i].type), slice_str(bad[i].body), &limits, &doc,
		    &why), bad[i].err);
		assert_null(doc);
		if (!strstr(why, bad[i].why))
			fail_msg("\"%s\": \"%s\"", bad[i].body, why);
	}
}

static void long_user_info_is_refused(void **state)
{
	struct buf *b = buf_new(4096);
	struct pdoc *doc = NULL;
	const char *why = "";

	(void)state;
	buf_put(b, SLICE("<userInfo><note>"));
	for (unsigned i = 0; i < 1024; i++)
		buf_put(b, SLICE("\xc3\xa4"));
	buf_put(b, SLICE("</note></userInfo>"));
	assert_int_equal(pdoc_read(USERINFO_TYPE, buf_slice(b), &limits, &doc, &why), -E2BIG);
	assert_string_equal(why, "userInfo is too long");
	buf_unref(&b);
}

static void user_info_comes_with_an_endpoint(void **state)
{
	struct pdoc *doc = read_doc(MSRTC_TYPE, SLICE("<presentity><availability aggregate='300'/>"
	    "<activity aggregate='400'/><userInfo><note>n</note><states><state avail='6500'/></states>"
	    "</userInfo><more/></presentity>"));

	(void)state;
	assert_slice(doc->info.note, "n");
	assert_int_equal(doc->info.scale, SCALE_BUSY);
	assert_slice(doc->info.xml, "<userInfo xmlns=\"\"><note>n</note><states><state avail=\"6500\"/>"
	    "</states></userInfo>");
	assert_slice(doc->device, "<more xmlns=\"\"/>");
	pdoc_free(&doc);
}

/* ---- composing ---- */

static const char device[] = "<presentity xmlns='http://schemas.microsoft.com/2002/09/sip/presence' "
    "xmlns:m='http://schemas.microsoft.com/winrtc/2002/11/sip'><m:availability m:aggregate='300'/>"
    "<m:activity m:aggregate='600' m:description='Busy'/><deviceName name='VM'/></presentity>";
static const char info[] = "<userInfo xmlns='http://schemas.microsoft.com/2002/09/sip/presence' "
    "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><note>back at 3</note><states>"
    "<state avail='9500' xsi:type='userState'>do-not-disturb</state></states></userInfo>";

static struct pstate *state_of(const struct psource *sources, unsigned n, const struct pdoc *with)
{
	static struct pstate st;

	pstate_init(&st, SLICE("bob@example.com"), 2000);
	for (unsigned i = 0; i < n; i++)
		assert_true(pstate_add(&st, &sources[i]));
	pstate_compose(&st, with ? &with->info : NULL);
	return &st;
}

static void the_best_source_decides(void **state)
{
	struct pdoc *lcs = read_doc(MSRTC_TYPE, slice_str(device));
	struct pdoc *pidf = read_doc(PIDF_TYPE, PIDF(OPEN_TUPLE "<note>here</note>"));
	struct pdoc *closed = read_doc(PIDF_TYPE, PIDF(""));
	const struct psource sources[] = { { closed, SLICE("c"), 30 }, { pidf, SLICE("p"), 20 },
	    { lcs, SLICE("6a5dd544d8bb"), 10 }, { pidf, SLICE("q"), 25 } };
	struct pstate *st = state_of(sources, 4, NULL);

	(void)state;
	assert_int_equal(st->availability, 300);
	assert_int_equal(st->activity, 600);
	assert_int_equal(st->scale, SCALE_BUSY);
	assert_slice(st->sources[0].key, "6a5dd544d8bb");
	assert_slice(st->sources[1].key, "q");
	assert_slice(st->sources[2].key, "p");
	assert_slice(st->sources[3].key, "c");
	assert_slice(st->note, "here");
	pdoc_free(&lcs);
	pdoc_free(&pidf);
	pdoc_free(&closed);
}

static void user_info_wins_if_less_available(void **state)
{
	struct pdoc *lcs = read_doc(MSRTC_TYPE, slice_str(device));
	struct pdoc *ui = read_doc(USERINFO_TYPE, slice_str(info));
	struct pdoc *nil = read_doc(USERINFO_TYPE, SLICE("<userInfo><states><state "
	    "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' avail='9500' xsi:nil='true'/>"
	    "</states></userInfo>"));
	struct pdoc *old = read_doc(USERINFO_TYPE, SLICE("<userInfo><states><state avail='3500'/>"
	    "</states></userInfo>"));
	const struct psource s = { lcs, SLICE("e"), 10 };

	(void)state;
	assert_int_equal(state_of(&s, 1, ui)->scale, SCALE_DND);
	assert_slice(state_of(&s, 1, ui)->note, "back at 3");
	assert_int_equal(state_of(&s, 1, nil)->scale, SCALE_BUSY);
	assert_int_equal(state_of(&s, 1, old)->scale, SCALE_BUSY);
	assert_int_equal(state_of(NULL, 0, ui)->scale, SCALE_OFFLINE);
	pdoc_free(&lcs);
	pdoc_free(&ui);
	pdoc_free(&nil);
	pdoc_free(&old);
}

static void more_sources_than_there_is_room(void **state)
{
	struct pdoc *pidf = read_doc(PIDF_TYPE, PIDF(OPEN_TUPLE));
	struct pdoc *closed = read_doc(PIDF_TYPE, PIDF(""));
	struct pstate st;

	(void)state;
	pstate_init(&st, SLICE("bob@example.com"), 2000);
	for (unsigned i = 0; i < PSOURCES_MAX; i++)
		assert_true(pstate_add(&st, &(struct psource){ closed, SLICE("x"), i }));
	assert_false(pstate_add(&st, &(struct psource){ closed, SLICE("x"), 0 }));
	assert_int_equal(st.sources[PSOURCES_MAX - 1].changed, 0);
	assert_false(pstate_add(&st, &(struct psource){ pidf, SLICE("y"), 0 }));
	assert_slice(st.sources[0].key, "y");
	assert_int_equal(st.sources[PSOURCES_MAX - 1].changed, 1);
	pdoc_free(&pidf);
	pdoc_free(&closed);
}

/* ---- writing ---- */

static void assert_written(const struct pstate *st, struct slice type, const char *text)
{
	struct buf *b = buf_new(1024);

	pstate_writer(type)(st, b);
	assert_false(b->failed);
	assert_slice(buf_slice(b), text);
	buf_unref(&b);
}

static void assert_has(const struct pstate *st, struct slice type, const char *piece)
{
	struct buf *b = buf_new(1024);

	pstate_writer(type)(st, b);
	assert_false(b->failed);
	if (slice_search(buf_slice(b), slice_str(piece)) == b->len)
		fail_msg("\"%s\" is not in \"%.*s\"", piece, SLICE_ARG(buf_slice(b)));
	buf_unref(&b);
}

static void lcs_document(void **state)
{
	struct pdoc *lcs = read_doc(MSRTC_TYPE, slice_str(device));
	struct pdoc *ui = read_doc(USERINFO_TYPE, slice_str(info));
	struct pstate *st = state_of(&(struct psource){ lcs, SLICE("6a5dd544d8bb"), 1988 }, 1, ui);

	(void)state;
	st->display_name = SLICE("Bob \"B\" <Brown>");
	st->email = SLICE("bob@example.com");
	st->phone = SLICE("+1 555 0100");
	assert_written(st, MSRTC_TYPE, "<presentity uri=\"bob@example.com\" "
	    "xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">"
	    "<availability aggregate=\"300\" description=\"\" epid=\"6a5dd544d8bb\"/>"
	    "<activity aggregate=\"600\" description=\"\" epid=\"6a5dd544d8bb\"/>"
	    "<displayName displayName=\"Bob &quot;B&quot; &lt;Brown&gt;\"/>"
	    "<email email=\"bob@example.com\"/>"
	    "<phoneNumber label=\"\" number=\"+1 555 0100\"/>"
	    "<userInfo xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\" "
	    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><note>back at 3</note><states>"
	    "<state avail=\"9500\" xsi:type=\"userState\">do-not-disturb</state></states></userInfo>"
	    "<devices><devicePresence epid=\"6a5dd544d8bb\" ageOfPresence=\"12\">"
	    "<availability aggregate=\"300\" description=\"\"/>"
	    "<activity aggregate=\"600\" description=\"Busy\"/>"
	    "<deviceName name=\"VM\"/></devicePresence></devices></presentity>");
	pdoc_free(&lcs);
	pdoc_free(&ui);
}

static void nobody_there(void **state)
{
	struct pstate *st = state_of(NULL, 0, NULL);

	(void)state;
	assert_written(st, MSRTC_TYPE, "<presentity uri=\"bob@example.com\" "
	    "xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">"
	    "<availability aggregate=\"0\" description=\"\"/><activity aggregate=\"0\" description=\"\"/>"
	    "<devices/></presentity>");
	assert_written(st, PIDF_TYPE, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
	    "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
	    "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:bob@example.com\">"
	    "<tuple id=\"user\"><status><basic>closed</basic></status></tuple></presence>\r\n");
	assert_has(st, XPIDF_TYPE, "<status status=\"closed\"/><msnsubstatus substatus=\"unknown\"/>");
	assert_has(st, CPIM_TYPE, "<tuple id=\"user\"><status><basic>closed</basic></status></tuple>");
}

static void lcs_endpoint_seen_by_others(void **state)
{
	struct pdoc *lcs = read_doc(MSRTC_TYPE, slice_str(device));
	struct pdoc *ui = read_doc(USERINFO_TYPE, slice_str(info));
	struct pstate *st = state_of(&(struct psource){ lcs, SLICE("6a5dd544d8bb"), 1988 }, 1, ui);

	(void)state;
	assert_has(st, PIDF_TYPE, "<tuple id=\"e0-6a5dd544d8bb\"><status><basic>open</basic></status>"
	    "<contact>sip:bob@example.com</contact><timestamp>1970-01-01T00:33:08Z</timestamp></tuple>"
	    "<note>back at 3</note><dm:person id=\"person\"><rpid:activities>"
	    "<rpid:note>Do not disturb</rpid:note><rpid:busy/></rpid:activities>"
	    "<dm:note>back at 3</dm:note>");
	assert_has(st, XPIDF_TYPE, "<status status=\"inuse\"/><msnsubstatus substatus=\"busy\"/>");
	pdoc_free(&lcs);
	pdoc_free(&ui);
}

static void pidf_passes_through(void **state)
{
	struct pdoc *one = read_doc(PIDF_TYPE, PIDF("<tuple id='t1'><status><basic>open</basic>"
	    "<x:more xmlns:x='urn:x'>1</x:more></status><contact priority='0.5'>sip:bob@10.1.0.2</contact>"
	    "</tuple><dm:person id='p'><rpid:activities><rpid:meeting/></rpid:activities></dm:person>"
	    "<dm:device id='d'><rpid:user-input>idle</rpid:user-input></dm:device>"));
	struct pdoc *two = read_doc(PIDF_TYPE, PIDF(OPEN_TUPLE
	    "<tuple id='9 lives'><status><basic>closed</basic></status></tuple>"));
	const struct psource sources[] = { { one, SLICE("a"), 5 }, { two, SLICE("b"), 6 } };
	struct pstate *st = state_of(sources, 2, NULL);

	(void)state;
	assert_has(st, PIDF_TYPE, "<tuple id=\"t1\"><status><basic>open</basic>"
	    "<x:more xmlns:x=\"urn:x\">1</x:more></status>"
	    "<contact priority=\"0.5\">sip:bob@10.1.0.2</contact></tuple>"
	    "<tuple id=\"t1-t1\"><status><basic>open</basic></status></tuple>"
	    "<tuple id=\"t2-9lives\"><status><basic>closed</basic></status></tuple>"
	    "<dm:person id=\"person\"><rpid:activities "
	    "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\"><rpid:meeting/></rpid:activities></dm:person>"
	    "<dm:device id=\"d0-d\">");
	assert_has(st, CPIM_TYPE, "<tuple id=\"t1\"><status><basic>open</basic></status>"
	    "<contact priority=\"0.5\">sip:bob@10.1.0.2</contact></tuple>");
	assert_has(st, MSRTC_TYPE, "<activity aggregate=\"600\" description=\"\"/></devicePresence>");
	pdoc_free(&one);
	pdoc_free(&two);
}

static void registered_only(void **state)
{
	struct pstate *st = state_of(&(struct psource){ NULL, SLICE("registered"), 0 }, 1, NULL);

	(void)state;
	assert_has(st, PIDF_TYPE, "<tuple id=\"r0-registered\"><status><basic>open</basic></status>"
	    "<contact>sip:bob@example.com</contact></tuple>");
	assert_has(st, MSRTC_TYPE, "<availability aggregate=\"200\" description=\"\" epid=\"");
	assert_has(st, XPIDF_TYPE, "<status status=\"open\"/><msnsubstatus substatus=\"online\"/>");
}

/* Each number of LCS goes out in RPID and comes back as something that means the same. */
static void there_and_back(void **state)
{
	(void)state;
	for (unsigned activity = 0; activity < 1000; activity += 50) {
		unsigned scale = scale_of(300, activity), rank, back;
		const char *name = rpid_of_scale(scale, activity);

		back = name ? activity_of_rpid(slice_str(name + 5), &rank) : ACTIVITY_ACTIVE;
		if (activity >= 100 && (activity < 300 || activity >= 400))
			assert_int_equal(scale_of(300, back), scale);
	}
}

static void short_memory(void **state)
{
	(void)state;
	OOM_WALK(nth) {
		struct pdoc *doc = NULL;
		const char *why = "";
		int err = pdoc_read(MSRTC_TYPE, slice_str(device), &limits, &doc, &why);

		assert_int_equal(err, oom_hit() ? -ENOMEM : 0);
		pdoc_free(&doc);
	}
}

UNIT_MAIN(
	cmocka_unit_test(what_pidf_says),
	cmocka_unit_test(what_is_refused),
	cmocka_unit_test(long_user_info_is_refused),
	cmocka_unit_test(user_info_comes_with_an_endpoint),
	cmocka_unit_test(the_best_source_decides),
	cmocka_unit_test(user_info_wins_if_less_available),
	cmocka_unit_test(more_sources_than_there_is_room),
	cmocka_unit_test(lcs_document),
	cmocka_unit_test(nobody_there),
	cmocka_unit_test(lcs_endpoint_seen_by_others),
	cmocka_unit_test(pidf_passes_through),
	cmocka_unit_test(registered_only),
	cmocka_unit_test(there_and_back),
	cmocka_unit_test(short_memory))
