/*
 * core/mod/params.c - see params.h.
 */
#include "core/mod/params.h"

#include <errno.h>

#define USEC_PER_MSEC 1000

static void *field(void *conf, size_t offset) { return (char *)conf + offset; }

static int put_list(struct arena *arena, const struct value *v, struct lcs_strings *out)
{
	size_t count = v->type == VALUE_LIST ? v->list->count : 0;
	struct slice *items = arena_alloc(arena, count * sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		items[i] = v->list->items[i].s;
	*out = (struct lcs_strings){ count, items };
	return 0;
}

/* The conf struct is zeroed: what a null leaves out is empty, false or 0. */
static int put(struct arena *arena, const struct value *v, enum value_type type, void *at)
{
	if (value_is_null(*v))
		return 0;
	switch (type) {
	case VALUE_STRING:
		*(struct slice *)at = v->s;
		return 0;
	case VALUE_INT:
		*(int64_t *)at = v->i;
		return 0;
	case VALUE_BOOL:
		*(bool *)at = v->b;
		return 0;
	case VALUE_DURATION:
		*(msec_t *)at = v->dur / USEC_PER_MSEC;
		return 0;
	case VALUE_URI:
		*(struct sip_uri *)at = *v->uri;
		return 0;
	case VALUE_LIST:
		return put_list(arena, v, at);
	default:
		return -EINVAL;
	}
}

/* Parameters come one per declaration, in the order of the descriptor's table. */
int params_bind(const struct cfg *cfg, const struct cfg_module *m, const struct lcs_module *desc,
    void **out)
{
	void *conf = desc->conf_size ? arena_zalloc(cfg->arena, desc->conf_size) : NULL;
	int err = 0;

	if (desc->conf_size && !conf)
		return -ENOMEM;
	for (unsigned i = 0; i < m->param_count; i++) {
		const struct lcs_param *decl = &desc->params[i];

		err = put(cfg->arena, &m->params[i].value, decl->type, field(conf, decl->offset));
		if (err)
			break;
	}
	*out = conf;
	return err;
}
