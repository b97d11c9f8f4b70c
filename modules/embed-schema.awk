# modules/embed-schema.awk - turn schema/NNN_what.sql files into entries of a store_step table.
# usage: awk -f embed-schema.awk 001_a.sql 002_b.sql > schema.gen.h
FNR == 1 {
	if (open) print "\t},"
	n = FILENAME; sub(/.*\//, "", n); sub(/_.*/, "", n)
	printf "\t{ %d,\n", n
	open = 1
}
/^[ \t]*--/ { next }
/[^ \t]/ { gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "\t  \"%s\\n\"\n", $0 }
END { if (open) print "\t}," }
