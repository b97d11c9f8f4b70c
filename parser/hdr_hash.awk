# parser/hdr_hash.awk - find a factor that makes the hash of hdr.c perfect for hdr_table.h.
#
# usage: awk -f parser/hdr_hash.awk parser/hdr_table.h > parser/hdr_hash.h
#
# Run it after adding a header; test/unit/parser/hdr_test says when that was forgotten.
BEGIN {
	for (i = 1; i < 127; i++) code[sprintf("%c", i)] = i
}
function low(c,   n) { n = code[c]; return int(n / 32) % 2 ? n : n + 32 }
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
	keys[n] = low(substr(name, 1, 1)) + 256 * low(substr(name, int(len / 2) + 1, 1)) + \
	    65536 * low(substr(name, len, 1)) + 16777216 * len
}
function fits(k,   i, s) {
	split("", used)
	for (i = 1; i <= n; i++) {
		s = slot(keys[i], k)
		if (s in used) return 0
		used[s] = ids[i]
	}
	return 1
}
END {
	for (k = 2654435769; !fits(k); k = (k + 2246822518) % 4294967296)
		if (++tries > 2000000) { print "no factor found" > "/dev/stderr"; exit 1 }
	print "/*"
	print " * parser/hdr_hash.h - made by hdr_hash.awk from hdr_table.h; do not edit."
	print " */"
	print "#ifndef PARSER_HDR_HASH_H"
	print "#define PARSER_HDR_HASH_H"
	print ""
	printf "#define HDR_HASH_FACTOR %.0fu\n\n", k
	print "#define HDR_HASH_SLOTS(SLOT) \\"
	count = 0
	for (s = 0; s < 256; s++)
		if (s in used)
			printf "\tSLOT(%d, %s)%s\n", s, used[s], ++count < n ? " \\" : ""
	print "\n#endif"
}
