# test/check-layers.awk - no include points to a room further right.
#
# usage: git ls-files '*.[chly]' | xargs awk -f test/check-layers.awk
#
# A file may include headers of its own room and of rooms to the left. A module sees
# core/lcs.h, utils, parser, cfg/value.h and other modules' *_api.h. lcsctl is a program of
# its own: it talks to the server through a socket and sees nothing but utils.
BEGIN {
	n = split("utils parser cfg core/run core/net core/dns core/store core/sip " \
	          "core/lcs.h core/mod core/lab core/sup core/main.c", line, " ")
	for (i = 1; i <= n; i++) rank[line[i]] = i
	n = split("config.h build_hash.h", generated, " ")
	for (i = 1; i <= n; i++) made[generated[i]] = 1
}
function room(path,   p) {
	split(path, p, "/")
	return (p[1] == "core" || p[1] == "modules") ? p[1] "/" p[2] : p[1]
}
function bad(why) { print FILENAME ":" FNR ": " why; err = 1 }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\""); inc = q[2]; from = room(FILENAME); to = room(inc)
	if (from == to || from == "test" || inc in made) next
	if (inc !~ /\//) { bad("write the full path of " inc); next }
	if (from ~ /^modules\//) {
		if (to ~ /^modules\// && inc !~ /_api\.h$/) bad("reaches inside " to)
		if (to ~ /^core\// && to != "core/lcs.h") bad("sees past core/lcs.h: " inc)
		if (to == "cfg" && inc != "cfg/value.h") bad("sees past cfg/value.h: " inc)
		if (to != "utils" && to != "parser" && to != "cfg" && to !~ /^(core|modules)\//)
			bad("a module cannot see " inc)
	} else if (from == "core/lcsctl") {
		if (to != "utils") bad("lcsctl sees nothing but utils: " inc)
	} else if (!(from in rank)) {
		bad(from " has no place in the line of rooms")
	} else if (!(to in rank) || rank[to] > rank[from])
		bad("arrow to the right: " from " -> " to)
}
END { exit err }
