/*
 * modules/xcap_server/caps.c - xcap-caps: what this server can do (RFC 4825 section 12).
 */
#include "modules/xcap_server/xcap.h"

#include "utils/xml_write.h"

#define NS "urn:ietf:params:xml:ns:xcap-caps"

static bool is_there(const struct xcap *x)
{
	(void)x;
	return true;
}

static uint32_t number(struct xcap *x, struct slice aor)
{
	uint32_t n = 1;

	(void)aor;
	for (unsigned i = 0; xcap_usage(x, i); i++)
		n++;
	return n;
}

static bool write_caps(struct xcap *x, struct slice aor, struct buf *b, uint32_t *n)
{
	struct xml_writer w;

	*n = number(x, aor);
	xml_write_init(&w, b);
	xml_write_head(&w);
	xml_begin(&w, "xcap-caps");
	xml_put_attr(&w, "xmlns", SLICE(NS));
	xml_begin(&w, "auids");
	for (unsigned i = 0; xcap_usage(x, i); i++)
		xml_put_leaf(&w, "auid", xcap_usage(x, i)->auid);
	xml_end(&w);
	xml_begin(&w, "extensions");
	xml_end(&w);
	xml_begin(&w, "namespaces");
	xml_put_leaf(&w, "namespace", SLICE("urn:ietf:params:xml:ns:xcap-error"));
	for (unsigned i = 0; xcap_usage(x, i); i++) {
		xml_put_leaf(&w, "namespace", xcap_usage(x, i)->ns);
		if (xcap_usage(x, i)->second_ns.len)
			xml_put_leaf(&w, "namespace", xcap_usage(x, i)->second_ns);
	}
	xml_end(&w);
	xml_end(&w);
	return true;
}

const struct xcap_usage xcap_caps = {
	.auid = SLICE_INIT("xcap-caps"), .ns = SLICE_INIT(NS),
	.mime = SLICE_INIT("application/xcap-caps+xml"), .root = "xcap-caps", .is_global = true,
	.stat = offsetof(struct xcap_local, caps),
	.is_there = is_there, .number = number, .write = write_caps,
};
