/*
 * modules/permissions/address.h - networks in numbered groups, searched by address.
 */
#ifndef MODULES_PERMISSIONS_ADDRESS_H
#define MODULES_PERMISSIONS_ADDRESS_H

#include "utils/addr.h"
#include "utils/arena.h"

struct address_entry {
	uint32_t      group;
	struct ip_net net;		/* bits behind the mask are zero */
	uint16_t      port;		/* 0: any */
	struct slice  tag;		/* may be empty */
};

/* Sorted by family, longest mask first, network, group, port: all entries of one mask length
 * stand together and are searched by halves. */
struct address_table {
	struct address_entry *entries;
	size_t                count;
	struct address_span  *spans;	/* one for each family and mask length that occurs */
	size_t                span_count;
};
struct address_span { size_t first, count; };

/**
 * Read "GROUP ADDRESS [BITS [PORT [TAG]]]" or "GROUP ADDRESS/BITS [PORT [TAG]]".
 * @param out  the tag borrows from line
 * @return NULL, or what is wrong with the line
 */
const char *address_parse(struct slice line, struct address_entry *out);

/** Order the entries (borrowed, reordered, kept) for searching. 0 or -ENOMEM. */
int address_table_make(struct arena *arena, struct address_entry *entries, size_t count,
    struct address_table *out);

/**
 * The entry that covers an address with the longest mask; of equal ones the lowest group.
 * @param group  -1: any
 * @param port   0: entries for one port only do not count
 * @return borrowed from the table, NULL if there is none
 */
const struct address_entry *address_find(const struct address_table *table, int64_t group,
    const struct ip_addr *ip, uint16_t port);

#endif
