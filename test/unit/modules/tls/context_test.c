/*
 * context_test - which certificate a client is shown, and what is asked of it.
 */
#include "modules/tls/tls.h"
#include "test/unit.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[64], paths[2][2][96];	/* of the server and of another name: chain, key */
static const char *const names[2] = { "server.example", "other.example" };

/* ---- certificates for a day ---- */

static X509 *certificate(const char *name, EVP_PKEY *key)
{
	X509 *x = X509_new();

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_sign(x, key, EVP_sha256());
	return x;
}

static void write_pair(int which)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = certificate(names[which], key);
	FILE *f = fopen(paths[which][0], "w");

	PEM_write_X509(f, x);
	fclose(f);
	f = fopen(paths[which][1], "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int make_pairs(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/lcs-tls-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	for (int i = 0; i < 2; i++) {
		snprintf(paths[i][0], sizeof(paths[i][0]), "%s/%d.pem", dir, i);
		snprintf(paths[i][1], sizeof(paths[i][1]), "%s/%d.key", dir, i);
		write_pair(i);
	}
	return 0;
}

static int remove_pairs(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		unlink(paths[i / 2][i % 2]);
	return rmdir(dir);
}

static struct tls_set *set_with(const char *alpn)
{
	static char item[256];
	static struct slice items[1];
	const char *param, *why;
	struct tls_conf conf = {
		.certificate = slice_str(paths[0][0]), .key = slice_str(paths[0][1]),
		.ca = slice_str(paths[0][0]), .min_version = SLICE("1.2"),
		.server_certificate = { 1, items }, .alpn = slice_str(alpn),
	};
	struct tls_set *set;

	snprintf(item, sizeof(item), "%s=%s:%s", names[1], paths[1][0], paths[1][1]);
	items[0] = slice_str(item);
	set = tls_set_new(&conf, false, &param, &why);
	if (!set)
		fail_msg("%s: %s", param, why);
	return set;
}

static struct tls_set *set_new(void) { return set_with(""); }

/* ---- a handshake in memory ---- */

static SSL *client_new(SSL_CTX *ctx, const char *asked, bool with_certificate)
{
	SSL *ssl = SSL_new(ctx);

	if (with_certificate) {
		SSL_use_certificate_file(ssl, paths[0][0], SSL_FILETYPE_PEM);
		SSL_use_PrivateKey_file(ssl, paths[0][1], SSL_FILETYPE_PEM);
	}
	if (asked)
		SSL_set_tlsext_host_name(ssl, asked);
	SSL_set_connect_state(ssl);
	return ssl;
}

static bool may_go_on(SSL *ssl, int ret)
{
	return ret == 1 || SSL_get_error(ssl, ret) == SSL_ERROR_WANT_READ;
}

static bool shake_hands(SSL *client, SSL *server)
{
	BIO *ends[2];

	assert_int_equal(BIO_new_bio_pair(&ends[0], 0, &ends[1], 0), 1);
	SSL_set_bio(client, ends[0], ends[0]);
	SSL_set_bio(server, ends[1], ends[1]);
	for (int i = 0; i < 10; i++)
		if (!may_go_on(client, SSL_do_handshake(client)) ||
		    !may_go_on(server, SSL_do_handshake(server)))
			return false;
	return SSL_is_init_finished(client) && SSL_is_init_finished(server);
}

static bool is_shown(SSL *client, const char *name)
{
	X509 *x = SSL_get0_peer_certificate(client);
	char cn[64] = "";

	if (x)
		X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, cn, sizeof(cn));
	return strcmp(cn, name) == 0;
}

static const struct {
	bool mutual, with_certificate;
	const char *asked;
	int shown;			/* index of names, -1: refused */
} cases[] = {
	{ false, false, NULL, 0 },
	{ false, false, "elsewhere.example", 0 },
	{ false, false, "other.example", 1 },
	{ false, false, "OTHER.example", 1 },
	{ true, true, NULL, 0 },
	{ true, true, "other.example", 1 },
	{ true, false, NULL, -1 },
	{ true, false, "other.example", -1 },
};

static void each_name_has_its_certificate(void **state)
{
	struct tls_set *set = set_new();
	SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		SSL *server = SSL_new(cases[i].mutual ? set->mutual : set->server);
		SSL *client = client_new(client_ctx, cases[i].asked, cases[i].with_certificate);
		bool done;

		SSL_set_accept_state(server);
		done = shake_hands(client, server);
		if (done != (cases[i].shown >= 0))
			fail_msg("case %zu: %s", i, done ? "let in" : "refused");
		if (done && !is_shown(client, names[cases[i].shown]))
			fail_msg("case %zu: the wrong certificate", i);
		SSL_free(client);
		SSL_free(server);
	}
	SSL_CTX_free(client_ctx);
	tls_set_unref(&set);
}

/* What is offered as on the wire, what the server has to choose; NULL: it refuses. */
static const struct {
	const char *spoken, *asked, *offered, *chosen;
} protocols[] = {
	{ "sip/2", NULL, "\5sip/2", "sip/2" },
	{ "sip/2", NULL, "\2h2\5sip/2\10http/1.1", "sip/2" },
	{ "sip/2", "other.example", "\2h2\5sip/2", "sip/2" },
	{ "sip/2", NULL, "\2h2\10http/1.1", NULL },
	{ "sip/2", "other.example", "\2h2\10http/1.1", NULL },
	{ "sip/2", NULL, "", "" },
	{ " x , sip/2 ", NULL, "\5sip/2\1x", "x" },
	{ "", NULL, "\2h2", "" },
};

static void each_client_has_its_protocol(void **state)
{
	SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());

	(void)state;
	for (size_t i = 0; i < COUNT(protocols); i++) {
		struct tls_set *set = set_with(protocols[i].spoken);
		SSL *server = SSL_new(set->server);
		SSL *client = client_new(client_ctx, protocols[i].asked, false);
		const char *offered = protocols[i].offered;
		const unsigned char *got = NULL;
		unsigned len = 0;

		SSL_set_accept_state(server);
		SSL_set_alpn_protos(client, (const unsigned char *)offered, (unsigned)strlen(offered));
		if (shake_hands(client, server) != (protocols[i].chosen != NULL))
			fail_msg("case %zu: %s", i, protocols[i].chosen ? "refused" : "let in");
		SSL_get0_alpn_selected(client, &got, &len);
		if (protocols[i].chosen)
			assert_slice(slice_of((const char *)got, len), protocols[i].chosen);
		SSL_free(client);
		SSL_free(server);
		tls_set_unref(&set);
	}
	SSL_CTX_free(client_ctx);
}

static void protocols_that_are_none(void **state)
{
	static const char *const lists[] = { ",", "sip/2,,x", " ", "sip/2, " };
	char long_one[300];
	const char *param, *why;

	(void)state;
	memset(long_one, 'x', sizeof(long_one));
	for (size_t i = 0; i <= COUNT(lists); i++) {
		struct tls_conf conf = {
			.certificate = slice_str(paths[0][0]), .key = slice_str(paths[0][1]),
			.min_version = SLICE("1.2"), .alpn = i < COUNT(lists) ? slice_str(lists[i]) :
			    slice_of(long_one, sizeof(long_one)),
		};

		assert_null(tls_set_new(&conf, true, &param, &why));
		assert_string_equal(param, "alpn");
	}
}

/* ---- for how long ---- */

static void renewal_is_due_in_the_last_fifth_and_two_weeks(void **state)
{
	static const struct { long past, left; bool is_soon; } rows[] = {
		{ 0, 86400, false }, { 68000, 18400, false }, { 70000, 16400, true },
		{ 86400, -60, true }, { 300 * 86400, 15 * 86400, false },
		{ 300 * 86400, 13 * 86400, true },
	};
	EVP_PKEY *key = EVP_EC_gen("P-256");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *x = certificate("server.example", key);
		struct tls_time_left t;

		X509_gmtime_adj(X509_getm_notBefore(x), -rows[i].past);
		X509_gmtime_adj(X509_getm_notAfter(x), rows[i].left);
		t = tls_time_left(x);
		assert_int_equal(t.is_soon, rows[i].is_soon);
		assert_int_equal(t.seconds < 0, rows[i].left < 0);
		assert_int_equal(strlen(t.date), strlen("2027-01-31T00:00:00Z"));
		X509_free(x);
	}
	EVP_PKEY_free(key);
}

static void each_certificate_is_listed(void **state)
{
	char item[256];
	struct slice items[1];
	struct tls_conf conf = { .certificate = slice_str(paths[0][0]),
				 .server_certificate = { 1, items } };
	struct tls_set *set = set_new();
	json_t *rows;

	(void)state;
	snprintf(item, sizeof(item), "%s=%s:%s", names[1], paths[1][0], paths[1][1]);
	items[0] = slice_str(item);
	rows = tls_certificates(set, &conf);
	assert_int_equal(json_array_size(rows), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *row = json_array_get(rows, i);

		assert_string_equal(json_string_value(json_object_get(row, "file")), paths[i][0]);
		assert_string_equal(json_string_value(json_object_get(row, "asked_for")),
		    i ? names[1] : "");
		assert_string_equal(json_string_value(json_object_get(row, "state")), "good");
	}
	json_decref(rows);
	tls_set_unref(&set);
}

UNIT_MAIN(
	cmocka_unit_test(renewal_is_due_in_the_last_fifth_and_two_weeks),
	cmocka_unit_test_setup_teardown(each_certificate_is_listed, make_pairs, remove_pairs),
	cmocka_unit_test_setup_teardown(each_client_has_its_protocol, make_pairs, remove_pairs),
	cmocka_unit_test_setup_teardown(protocols_that_are_none, make_pairs, remove_pairs),
	cmocka_unit_test_setup_teardown(each_name_has_its_certificate, make_pairs, remove_pairs))
