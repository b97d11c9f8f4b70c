/*
 * modules/dirsync/sync_value.c - see sync_value.h.
 */
#include "config.h"
#include "modules/dirsync/sync_value.h"

#ifdef HAVE_LIBLDAP

#include <errno.h>

#define TAG_BOOLEAN ((ber_tag_t)0x01U)

/* It reads in the value's own bytes, so what it gives out lives as long as they do. */
static BerElement *reader(const struct berval *value)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval copy = *value;

	if (ber)
		ber_init2(ber, &copy, LBER_USE_DER);
	return ber;
}

static bool is_next(BerElement *ber, ber_tag_t tag)
{
	ber_len_t len;

	return ber_peek_tag(ber, &len) == tag;
}

/* The cookie and the flag that may follow, each of them or none. */
static int read_rest(BerElement *ber, struct slice *cookie, bool *flag)
{
	struct berval bv;
	ber_int_t set;

	if (is_next(ber, LDAP_TAG_SYNC_COOKIE)) {
		if (ber_scanf(ber, "m", &bv) == LBER_ERROR)
			return -EBADMSG;
		*cookie = slice_of(bv.bv_val, bv.bv_len);
	}
	if (is_next(ber, TAG_BOOLEAN)) {
		if (ber_scanf(ber, "b", &set) == LBER_ERROR)
			return -EBADMSG;
		*flag = set != 0;
	}
	return 0;
}

int sync_request(struct slice cookie, struct berval *out)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval bv = { .bv_len = cookie.len, .bv_val = (char *)(uintptr_t)cookie.p };
	int err = -ENOMEM;

	if (ber && ber_printf(ber, "{e", LDAP_SYNC_REFRESH_AND_PERSIST) >= 0 &&
	    (!cookie.len || ber_printf(ber, "O", &bv) >= 0) && ber_printf(ber, "}") >= 0 &&
	    ber_flatten2(ber, out, 1) == 0)
		err = 0;
	ber_free(ber, 1);
	return err;
}

static int read_state(BerElement *ber, struct sync_state *out)
{
	struct berval id;
	ber_int_t state;
	bool unused;

	if (ber_scanf(ber, "{em", &state, &id) == LBER_ERROR || id.bv_len != sizeof(out->id) ||
	    state < LDAP_SYNC_PRESENT || state > LDAP_SYNC_DELETE)
		return -EBADMSG;
	out->state = state;
	memcpy(out->id, id.bv_val, sizeof(out->id));
	return read_rest(ber, &out->cookie, &unused);
}

int sync_read_state(const struct berval *value, struct sync_state *out)
{
	BerElement *ber = reader(value);
	int err;

	*out = (struct sync_state){ .state = -1 };
	err = ber ? read_state(ber, out) : -ENOMEM;
	ber_free(ber, 0);
	return err;
}

static int read_ids(BerElement *ber, struct sync_info *out)
{
	if (ber_scanf(ber, "[W]", &out->ids) == LBER_ERROR)
		return -EBADMSG;
	for (int i = 0; out->ids && out->ids[i].bv_val; i++)
		if (out->ids[i].bv_len != DIRSYNC_ID_BYTES) {
			ber_bvarray_free(out->ids);
			out->ids = NULL;
			return -EBADMSG;
		}
	return 0;
}

static int read_info(BerElement *ber, struct sync_info *out)
{
	struct berval bv;
	ber_len_t len;
	ber_tag_t tag = ber_peek_tag(ber, &len);
	int err;

	if (tag == LDAP_TAG_SYNC_NEW_COOKIE) {
		out->kind = SYNC_INFO_COOKIE;
		if (ber_scanf(ber, "m", &bv) == LBER_ERROR)
			return -EBADMSG;
		out->cookie = slice_of(bv.bv_val, bv.bv_len);
		return 0;
	}
	out->kind = tag == LDAP_TAG_SYNC_REFRESH_DELETE ? SYNC_INFO_DELETE :
	    tag == LDAP_TAG_SYNC_REFRESH_PRESENT ? SYNC_INFO_PRESENT : SYNC_INFO_IDS;
	if ((out->kind == SYNC_INFO_IDS && tag != LDAP_TAG_SYNC_ID_SET) ||
	    ber_scanf(ber, "{") == LBER_ERROR)
		return -EBADMSG;
	err = read_rest(ber, &out->cookie, out->kind == SYNC_INFO_IDS ? &out->refresh_deletes :
	    &out->refresh_done);
	return err || out->kind != SYNC_INFO_IDS ? err : read_ids(ber, out);
}

int sync_read_info(const struct berval *value, struct sync_info *out)
{
	BerElement *ber = reader(value);
	int err;

	*out = (struct sync_info){ .refresh_done = true };
	err = ber ? read_info(ber, out) : -ENOMEM;
	ber_free(ber, 0);
	return err;
}

#endif
