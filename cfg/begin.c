/*
 * cfg/begin.c - how every reading of a configuration begins.
 */
#include "cfg/ast.h"
#include "cfg/load.h"

#include <errno.h>

struct load *load_new(const struct cfg_host *host, struct diag *diag, struct arena *arena)
{
	struct load *ld = arena_zalloc(arena, sizeof(*ld));

	if (!ld)
		return NULL;
	ld->mem.arena = arena;
	ld->host = host;
	ld->diag = diag;
	ld->cfg = arena_zalloc(arena, sizeof(*ld->cfg));
	return ld->cfg ? ld : NULL;
}

int load_parse(struct load *ld, struct cfg_source *source)
{
	source->seq = ld->sources++;
	ld->ast = MEM_NEW(&ld->mem, struct ast);
	ld->ast->start = source_span(source, 0, 0);
	dict_init(&ld->macros, &ld->mem);
	return ast_parse(ld, source) != 0 || ld->syntax_errors ? -EINVAL : 0;
}
