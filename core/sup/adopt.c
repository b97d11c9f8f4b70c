/*
 * core/sup/adopt.c - what the server has committed, loaded here for the one after it.
 */
#include "core/sup/room.h"

#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>

void sup_drop_adopted(struct adopted **p)
{
	struct adopted *a = *p;

	*p = NULL;
	if (!a)
		return;
	server_free(&a->server);
	snapshot_free(&a->texts);
	free(a);
}

/* 0 with the server object of the texts, or a negative code. Takes the texts. */
static int load_adopted(struct snapshot *texts, struct adopted **out)
{
	struct adopted *a = calloc(1, sizeof(*a));
	struct diag *diag = diag_new();
	int err = -ENOMEM;

	if (a && diag) {
		a->texts = texts;
		a->conf = *server_conf_of(sup.conf->server);
		a->conf.texts = texts;
		err = server_load(&a->conf, diag, &a->server);
	}
	diag_free(&diag);
	if (err) {
		if (!a)
			snapshot_free(&texts);
		sup_drop_adopted(&a);
		return err;
	}
	/* What this process has done already (sockets, users, directories) cannot be done anew. */
	server_keep_settings(a->server, sup.conf->server);
	*out = a;
	return 0;
}

/*
 * What was committed is loaded here at leisure: a restart then needs neither the
 * disk's files nor time. Many commits in a row cost one loading.
 */
void sup_adopt(void)
{
	struct snapshot *texts = sup.told;
	struct adopted *next;
	int err;

	sup.told = NULL;
	if (!texts)
		return;
	err = load_adopted(texts, &next);
	if (err) {
		SAY(error, "cannot load the committed configuration: a restart would begin with "
		    "the one before error=\"%s\"", err_text(err));
		return;
	}
	sup_drop_adopted(&sup.adopted);
	sup.adopted = next;
}
