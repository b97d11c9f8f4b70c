/*
 * modules/presence/watch.c - watching without a dialog, for other modules (lists).
 *
 * A watch has two halves: the handle with who watches, on his worker, and a subscription
 * without a dialog among those of the user. Notices go from the second to the first through the inbox, and the last
 * thing that comes is that there will be no more: then the handle is freed.
 */
#include "modules/presence/sub.h"

#include <errno.h>

struct presence_watch {			/* where it was asked for */
	struct inbox_item   item;	/* on its way to the owner, and back at the end */
	struct inbox_item   end;
	struct list         all;	/* in p->watches, of who asked */
	struct presence    *p;
	unsigned            home;
	uint64_t            key;
	presence_notice_fn *fn;		/* NULL: has ended */
	void               *arg;
	struct package     *pkg;
	unsigned            format;
	struct slice        aor, who;	/* behind this struct; sub reads who, which never changes */
	struct presence_sub *sub;	/* the owner's; NULL: none could be made */
};

struct note {				/* on its way home */
	struct inbox_item      item;
	struct presence_watch *w;
	struct presence_notice notice;
	char                   text[];	/* of moved_to */
};

/* ---- home ---- */

static void deliver(struct inbox_item *item)
{
	struct note *n = container_of(item, struct note, item);

	if (n->w->fn)
		n->w->fn(n->w->arg, &n->notice);
	presence_body_unref(&n->notice.body);
	free(n);
}

static void last_word(struct inbox_item *item)
{
	struct presence_watch *w = container_of(item, struct presence_watch, item);

	list_remove(&w->all);
	free(w);
}

/* ---- with the user ---- */

void watch_note(struct presence_watch *w, const struct presence_notice *notice)
{
	struct note *n = malloc(sizeof(*n) + notice->moved_to.len);

	if (!n) {
		lcs_count(&local_of(w->p)->no_memory);
		return;
	}
	n->item.run = deliver;
	n->w = w;
	n->notice = *notice;
	if (notice->body)
		presence_body_ref(notice->body);
	if (notice->moved_to.len)
		memcpy(n->text, notice->moved_to.p, notice->moved_to.len);
	n->notice.moved_to.p = n->text;
	worker_post(w->home, &n->item, INBOX_MUST);
}

static void begin_item(struct inbox_item *item)
{
	struct presence_watch *w = container_of(item, struct presence_watch, item);
	struct presence_user *u = user_find(w->p, w->aor, true);
	const struct presence_notice failed = { .state = PRESENCE_SUB_TERMINATED,
	    .right = PRESENCE_DENY, .reason = "probation" };

	w->sub = u ? sub_new_watch(u, w, w->pkg, w->format, w->who) : NULL;
	if (!w->sub) {
		lcs_count(&local_of(w->p)->no_memory);
		watch_note(w, &failed);
		return;
	}
	sub_rate(w->sub);
	sub_tell(w->sub, PRESENCE_EVENT_SUBSCRIBE);
	notify_owe(w->sub, OWED_FULL);
}

static void end_item(struct inbox_item *item)
{
	struct presence_watch *w = container_of(item, struct presence_watch, end);

	if (w->sub)
		sub_drop(w->sub, PRESENCE_EVENT_TIMEOUT);
	w->item.run = last_word;
	worker_post(w->home, &w->item, INBOX_MUST);
}

void watch_lost(struct presence_watch *w) { w->sub = NULL; }

/* ---- for others ---- */

static int find_format(const struct package *pkg, struct slice content_type, unsigned *out)
{
	*out = 0;
	for (unsigned i = 0; content_type.len && i < pkg->format_count; i++)
		if (slice_eq_nocase(pkg->pk->formats[i].content_type, content_type)) {
			*out = i;
			return 0;
		}
	return content_type.len ? -ENOENT : 0;
}

static struct presence_watch *watch_new(struct presence *p, const struct presence_watch_args *args)
{
	struct presence_watch *w = calloc(1, sizeof(*w) + args->aor.len + args->watcher.len + 1);
	char *text;

	if (!w)
		return NULL;
	text = (char *)(w + 1);
	w->aor = slice_put(&text, args->aor);
	w->who = slice_put(&text, args->watcher);
	w->p = p;
	w->home = (unsigned)worker_self();
	w->key = lcs_user_key(args->aor);
	list_push_back(&p->watches[w->home], &w->all);
	return w;
}

int watch_begin(struct presence *p, const struct presence_watch_args *args,
    presence_notice_fn *fn, void *arg, struct presence_watch **out)
{
	struct package *pkg = package_find(p, args->package);
	struct presence_watch *w;
	unsigned format;

	if (!pkg || !args->aor.len || find_format(pkg, args->content_type, &format) != 0)
		return -ENOENT;
	w = watch_new(p, args);
	if (!w)
		return -ENOMEM;
	w->fn = fn;
	w->arg = arg;
	w->pkg = pkg;
	w->format = format;
	w->item.run = begin_item;
	worker_post(worker_of(w->key), &w->item, INBOX_MUST);
	*out = w;
	return 0;
}

void watch_end(struct presence *p, struct presence_watch **handle)
{
	struct presence_watch *w = *handle;

	(void)p;
	*handle = NULL;
	if (!w)
		return;
	w->fn = NULL;
	/* The first item may still be on its way there: this one comes behind it. */
	w->end.run = end_item;
	worker_post(worker_of(w->key), &w->end, INBOX_MUST);
}

/* ---- life ---- */

void watches_init(struct presence *p)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		list_init(&p->watches[i]);
}

/* Its last word would have come by an inbox that nobody empties any more. */
void watches_free(struct presence *p)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		struct list *node;

		while ((node = list_pop_front(&p->watches[i])))
			free(container_of(node, struct presence_watch, all));
	}
}
