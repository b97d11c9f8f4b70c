/*
 * modules/presence/view.c - what a watcher sees: rights, views, and bodies built once for all
 * who see the same.
 */
#include "modules/presence/sub.h"

#include "utils/siphash.h"

/* ---- rights ---- */

enum presence_right view_right(struct presence_user *u, const struct presence_package *pk,
    struct slice watcher, struct arena *arena, struct slice *why)
{
	struct presence *p = u->p;
	struct slice unused;

	if (!why)
		why = &unused;
	*why = SLICE("the user himself");
	if (slice_eq_nocase(watcher, u->aor))
		return PRESENCE_ALLOW;
	*why = SLICE("only the user himself may watch this package");
	if (pk->flags & PRESENCE_SELF_ONLY)
		return PRESENCE_DENY;
	*why = SLICE("this package is open to all");
	if (pk->flags & PRESENCE_NO_POLICY)
		return PRESENCE_ALLOW;
	*why = SLICE("the parameter default_right");
	if (!p->policy)
		return conf_of(p)->right;
	return p->policy->decide(p->policy_arg, u, pk, watcher, arena, why);
}

/* ---- bodies ---- */

static struct kept_body *find_kept(struct presence_user *u, const struct package *pkg,
    unsigned format, unsigned view)
{
	list_for_each(it, &u->bodies) {
		struct kept_body *k = container_of(it, struct kept_body, node);

		if (k->pkg == pkg && k->format == format && k->view == view)
			return k;
	}
	return NULL;
}

/* A body that cannot be kept is built again for the next one. */
static void keep(struct presence_user *u, const struct package *pkg, unsigned format,
    unsigned view, struct presence_body *body)
{
	struct kept_body *k = malloc(sizeof(*k));

	if (!k)
		return;
	*k = (struct kept_body){ .pkg = pkg, .format = format, .view = view,
	    .body = body ? presence_body_ref(body) : NULL };
	list_push_back(&u->bodies, &k->node);
}

void view_forget(struct presence_user *u, const struct package *pkg)
{
	list_for_each_safe(it, &u->bodies) {
		struct kept_body *k = container_of(it, struct kept_body, node);

		if (pkg && k->pkg != pkg)
			continue;
		list_remove(&k->node);
		presence_body_unref(&k->body);
		free(k);
	}
}

static int build_shared(struct presence_sub *sub, struct presence_body **out)
{
	const struct package *pkg = sub->pkg;
	struct presence_user *u = sub->user;
	const struct kept_body *k = find_kept(u, pkg, sub->format, sub->info.view);
	int err;

	if (k) {
		*out = k->body ? presence_body_ref(k->body) : NULL;
		return 0;
	}
	lcs_count(&local_of(u->p)->bodies);
	err = pkg->pk->formats[sub->format].build(pkg->arg, u, sub->info.view, NULL, out);
	if (!err)
		keep(u, pkg, sub->format, sub->info.view, *out);
	return err;
}

int body_for(struct presence_sub *sub, bool full, struct presence_body **out)
{
	const struct package *pkg = sub->pkg;
	const struct presence *p = sub->user->p;

	*out = NULL;
	sub->is_full = full;
	if (sub->format == pkg->format_count)
		return p->lists->build(p->lists_arg, sub->user, sub, full, out);
	if (!(pkg->pk->flags & PRESENCE_PER_SUB))
		return build_shared(sub, out);
	lcs_count(&local_of(p)->bodies);
	return pkg->pk->formats[sub->format].build(pkg->arg, sub->user, sub->info.view, sub, out);
}

uint64_t view_hash(struct presence_body *b)
{
	struct slice pieces[2];

	if (!b)
		return 1;
	if (b->hash)
		return b->hash;
	pieces[0] = b->content_type;
	pieces[1] = b->text;
	b->hash = siphash_pieces(siphash_boot_key(), pieces, 2, 0) | 2;
	return b->hash;
}
