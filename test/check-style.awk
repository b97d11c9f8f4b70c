# test/check-style.awk - what can be said about style without reading for sense.
#
# usage: awk -f test/check-style.awk FILE...	prints FILE:LINE: what, exits 1 if anything
#
# Functions over 60 lines, more than one in ten over 40, files over 900, trailing blanks, indents made of spaces, calls
# that style.md rules out, words of unfinished work, module parameters and functions
# without their sentence for the manual.
BEGIN {
	max_function = 60
	long_function = 40
	max_file = 900
	# Words are put together here so that this file does not contain them.
	unfinished = "TO" "DO|FIX" "ME|X" "XX|place" "holder|for " "now"
	banned = "strcpy|strcat|sprintf|vsprintf|strtok|strtok_r|alloca|gets|strncpy|strncat|" \
	    "atoi|atol|atof|mktemp|tmpnam|usleep|sleep"
}
function bad(line, why) { print FILENAME ":" line ": " why; err = 1 }
function finish() {
	if (name != "" && lines > max_file)
		print name ":" lines ": file of " lines " lines (at most " max_file ")"
	if (name != "" && lines > max_file)
		err = 1
}
# The line without comments and the insides of string literals.
function code_of(text,   out, c, i, n) {
	out = ""; n = length(text)
	for (i = 1; i <= n; i++) {
		c = substr(text, i, 1)
		if (in_comment) {
			if (substr(text, i, 2) == "*/") { in_comment = 0; i++ }
		} else if (substr(text, i, 2) == "/*") {
			in_comment = 1; i++
		} else if (substr(text, i, 2) == "//") {
			break
		} else if (c == "\"" || c == "'") {
			quote = c; out = out c
			for (i++; i <= n; i++) {
				c = substr(text, i, 1)
				if (c == "\\") i++
				else if (c == quote) break
			}
			out = out quote
		} else
			out = out c
	}
	return out
}
FNR == 1 { finish(); name = FILENAME; in_comment = 0; start = 0; entry = "" }
{ lines = FNR }
/[ \t]$/ { bad(FNR, "trailing blank") }
/^        / && FILENAME ~ /\.[chly]$/ { bad(FNR, "indented with spaces, not tabs") }
match($0, "(^|[^A-Za-z_])(" unfinished ")([^A-Za-z_]|$)") { bad(FNR, "a word of unfinished work") }
FILENAME ~ /\.[chly]$/ {
	code = code_of($0)
	if (match(code, "(^|[^A-Za-z0-9_>.])(" banned ")[ \t]*\\("))
		bad(FNR, "ruled out: " substr(code, RSTART, RLENGTH))
}
FILENAME ~ /\.c$/ && /^\{/ { start = FNR }
FILENAME ~ /\.c$/ && /^\}/ && start {
	functions++
	long_ones += FNR - start - 1 > long_function
	if (FNR - start - 1 > max_function)
		bad(start, "function of " FNR - start - 1 " lines (at most " max_function ")")
	start = 0
}
# A PARAM_X(...) entry ends with its sentence; NULL or "" there leaves a hole in the manual.
FILENAME ~ /^modules\// && /^[ \t]*PARAM_[A-Z_]+\(/ { entry = ""; entry_line = FNR; in_entry = 1 }
in_entry {
	entry = entry $0
	if ($0 ~ /\),?[ \t]*$/) {
		if (entry ~ /,[ \t]*(NULL|"")[ \t]*\),?[ \t]*$/)
			bad(entry_line, "parameter without a sentence for the manual")
		in_entry = 0
	}
}
END {
	finish()
	if (long_ones * 10 > functions) {
		print "all:0: share of functions over " long_function " lines (at most one in ten)"
		err = 1
	}
	exit err
}
