/*
 * cfg/source.h - one file of a configuration as it was read, and places in it.
 */
#ifndef CFG_SOURCE_H
#define CFG_SOURCE_H

#include "cfg/cfg.h"
#include "cfg/mem.h"

struct cfg_source {
	const char              *name;		/* as messages show it */
	struct slice             text;
	const uint32_t          *line_at;	/* offset of each line's first byte */
	unsigned                 line_count;
	unsigned                 seq;		/* order of reading */
	const struct cfg_source *importer;	/* NULL: the file that was asked for */
	uint32_t                 import_line;	/* in the importer */
	uint64_t                 device, inode;	/* 0, 0: text from memory */
};

/** A text that is in memory already (borrowed). */
struct cfg_source *source_of_text(struct mem *m, const char *name, struct slice text);
/**
 * Read a regular file. @return 0, -errno, -EFBIG (above 16 MB), -EINVAL (no regular file)
 */
int source_read(struct mem *m, const char *path, const char *name, struct cfg_source **out);

/**
 * The same for a file of the configuration: from the host's texts if it brought some, else
 * from the disk; the host is told what was read. -ENOENT if it is not among the texts.
 */
int source_fetch(struct mem *m, const struct cfg_host *host, const char *path,
    struct cfg_source **out);
/** Is there such a file or directory, in the texts or on the disk? 0, or -errno. */
int source_find(const struct cfg_host *host, const char *path, bool *is_directory);

/** The range between two offsets into the text. */
struct cfg_span source_span(const struct cfg_source *s, size_t from, size_t to);
/** A line without its end; empty if there is no such line. */
struct slice source_line(const struct cfg_source *s, uint32_t line);
/** From the start of a to the end of b; a alone if they are in different files. */
struct cfg_span span_join(struct cfg_span a, struct cfg_span b);

#endif
