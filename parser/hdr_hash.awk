# parser/hdr_hash.awk - find factors that make the hashes of hdr.c and hdr_find.h perfect for
# hdr_table.h.
#
# usage: awk -f parser/hdr_hash.awk parser/hdr_table.h > parser/hdr_hash.h
#
# Run it after adding a header; test/unit/parser/hdr_test says when that was forgotten.
BEGIN {
	for (i = 1; i < 127; i++) code[sprintf("%c", i)] = i
}
function low(c,   n) { n = code[c]; return int(n / 32) % 2 ? n : n + 32 }
function key_of(a, b, c, len) { return low(a) + 256 * low(b) + 65536 * low(c) + 16777216 * len }
# key * k modulo 2^32 in two steps that a double can hold; the top eight bits of it
function slot(key, k,   hi, lo) {
	hi = int(key / 65536); lo = key % 65536
	return int((((hi * k) % 65536) * 65536 + lo * k) % 4294967296 / 16777216)
}
/^[ \t]*HDR\(/ {
	split($0, part, "\"")
	id = $0; sub(/^[ \t]*HDR\(/, "", id); sub(/,.*/, "", id)
	name = part[2]; len = length(name)
	ids[++n] = id
	keys[n] = key_of(substr(name, 1, 1), substr(name, int(len / 2) + 1, 1), substr(name, len, 1), len)
	# The first three letters, the colon among them; of two alike the second is not there.
	quick = key_of(substr(name, 1, 1), substr(name, 2, 1), substr(name ":", 3, 1), len)
	if (len <= 15 && !(quick in taken)) {
		taken[quick] = 1
		quick_ids[++quick_n] = id
		quick_keys[quick_n] = quick
	}
}
function fits(k, keys, ids, n, used,   i, s) {
	split("", used)
	for (i = 1; i <= n; i++) {
		s = slot(keys[i], k)
		if (s in used) return 0
		used[s] = ids[i]
	}
	return 1
}
function print_hash(prefix, keys, ids, n,   k, tries, used, s, count) {
	for (k = 2654435769; !fits(k, keys, ids, n, used); k = (k + 2246822518) % 4294967296)
		if (++tries > 2000000) { print "no factor found" > "/dev/stderr"; exit 1 }
	printf "#define %s_FACTOR %.0fu\n\n", prefix, k
	printf "#define %s_SLOTS(SLOT) \\\n", prefix
	for (s = 0; s < 256; s++)
		if (s in used)
			printf "\tSLOT(%d, %s)%s\n", s, used[s], ++count < n ? " \\" : ""
	print ""
}
END {
	print "/*"
	print " * parser/hdr_hash.h - made by hdr_hash.awk from hdr_table.h; do not edit."
	print " */"
	print "#ifndef PARSER_HDR_HASH_H"
	print "#define PARSER_HDR_HASH_H"
	print ""
	print_hash("HDR_HASH", keys, ids, n)
	print_hash("HDR_QUICK", quick_keys, quick_ids, quick_n)
	print "#endif"
}
