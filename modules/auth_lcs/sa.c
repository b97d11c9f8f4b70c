/*
 * modules/auth_lcs/sa.c - one security association: what it signs, what it verifies.
 */
#include "modules/auth_lcs/auth_lcs.h"

#include "utils/hex.h"
#include "utils/rand.h"

#include <errno.h>
#include <stdlib.h>

struct sa *sa_new(struct auth_lcs *lcs, const struct auth_lcs_scheme *scheme,
    const struct auth_lcs_handshake *h, const struct sa *texts)
{
	size_t room = texts->opaque.len + texts->realm.len + texts->targetname.len +
	    texts->epid.len + h->name.len + h->domain.len;
	struct sa *sa = calloc(1, sizeof(*sa) + room);
	char *at = (char *)(sa + 1);

	if (!sa) {
		scheme->free(h->keys);
		return NULL;
	}
	list_init(&sa->node);
	list_init(&sa->held);
	sa->lcs = lcs;
	sa->scheme = scheme;
	sa->keys = h->keys;
	sa->version = h->version;
	sa->stamp = h->stamp;
	sa->flow = h->flow;
	sa->expires = texts->expires;
	sa->ends = texts->ends;
	sa->limit = texts->limit;
	sa->opaque = slice_put(&at, texts->opaque);
	sa->realm = slice_put(&at, texts->realm);
	sa->targetname = slice_put(&at, texts->targetname);
	sa->epid = slice_put(&at, texts->epid);
	sa->name = slice_put(&at, h->name);
	sa->domain = slice_put(&at, h->domain);
	return sa;
}

void sa_free(struct sa *sa)
{
	if (!sa)
		return;
	list_remove(&sa->node);
	held_drop(sa);
	sa->scheme->free(sa->keys);
	free(sa);
}

/* ---- checking ---- */

static bool has_mac(struct sa *sa, struct slice text, struct slice hex)
{
	unsigned char mac[AUTH_LCS_MAC_MAX];
	size_t len = hex.len / 2;

	return len > 0 && len <= sizeof(mac) && hex_decode(mac, len, hex) == 0 &&
	    sa->scheme->verify(sa->keys, text, slice_of((const char *)mac, len));
}

bool sa_verify(struct sa *sa, const struct lcs_creds *creds, const struct sa_fields *f)
{
	struct sa_mark mark = { sa->scheme->name, creds->crand, creds->cnum, sa->realm,
	    sa->targetname, sa->version };
	struct buf *text = buf_new(SA_TEXT_BYTES);
	bool ok = false;

	if (!text)
		return false;
	sa_text_put(text, &mark, f);
	ok = !text->failed && has_mac(sa, buf_slice(text), creds->response);
	buf_unref(&text);
	return ok;
}

/* ---- signing ---- */

static void put_value(struct buf *b, struct slice name, struct slice value)
{
	buf_put(b, SLICE(", "));
	buf_put(b, name);
	buf_put(b, SLICE("=\""));
	buf_put(b, value);
	buf_put_char(b, '"');
}

int sa_sign(struct sa *sa, const struct sa_fields *f, struct buf *text, struct buf *to)
{
	unsigned char mac[AUTH_LCS_MAC_MAX], random[4];
	char srand_text[2 * sizeof(random)], snum[12];
	struct sa_mark mark = { .scheme = sa->scheme->name, .realm = sa->realm,
	    .targetname = sa->targetname, .version = sa->version };
	int len;

	rand_bytes(random, sizeof(random));
	hex_encode(srand_text, random, sizeof(random));
	mark.rand = slice_of(srand_text, sizeof(srand_text));
	mark.num = slice_of(snum, (size_t)snprintf(snum, sizeof(snum), "%u", ++sa->sent));
	buf_clear(text);
	sa_text_put(text, &mark, f);
	len = text->failed ? -ENOMEM : sa->scheme->sign(sa->keys, buf_slice(text), mac);
	if (len < 0)
		return len;
	buf_put(to, SLICE("Authentication-Info: "));
	buf_put(to, sa->scheme->name);
	buf_put(to, SLICE(" rspauth=\""));
	buf_put_hex(to, mac, (size_t)len);
	buf_put_char(to, '"');
	put_value(to, SLICE("srand"), mark.rand);
	put_value(to, SLICE("snum"), mark.num);
	put_value(to, SLICE("opaque"), sa->opaque);
	put_value(to, SLICE("qop"), SLICE("auth"));
	put_value(to, SLICE("targetname"), sa->targetname);
	put_value(to, SLICE("realm"), sa->realm);
	buf_put(to, SLICE("\r\n"));
	return 0;
}

/* ---- among several ---- */

struct sa *sa_by_epid(const struct list *sas, struct slice epid)
{
	list_for_each(it, sas) {
		struct sa *sa = container_of(it, struct sa, node);

		if (slice_eq_nocase(sa->epid, epid))
			return sa;
	}
	return NULL;
}

struct sa *sa_by_opaque(const struct list *sas, struct slice opaque)
{
	list_for_each(it, sas) {
		struct sa *sa = container_of(it, struct sa, node);

		if (slice_eq(sa->opaque, opaque))
			return sa;
	}
	return NULL;
}
