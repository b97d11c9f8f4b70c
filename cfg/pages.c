/*
 * cfg/pages.c - see pages.h. The scripts are tried by their test: the wrong one says its
 * code, the right one does not.
 */
#include "cfg/pages.h"

static const struct page pages[] = {
	{ 101, 'E', "something stands where it cannot stand",
	  "The text does not follow the grammar at the place shown. Mostly a \";\", a bracket "
	  "or an operator is missing just before it. A file that does not begin with \"#!lcs "
	  "1\" gets the same code as a warning.",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, \"Not Found\")\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n" },
	{ 102, 'E', "a character that means nothing here",
	  "Outside of texts and comments the language uses ASCII signs only. Quotes and dashes "
	  "that a word processor has made typographic are the usual reason, and a byte order "
	  "mark at the start of the file.",
	  "request_route {\n"
	  "    $var(x) = 1 @ 2;\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    $var(x) = 1 + 2;\n"
	  "    drop;\n"
	  "}\n" },
	{ 103, 'E', "a text or comment is not closed",
	  "The place shown is where it began. A text between quotes ends on its line unless "
	  "the line ends in a backslash.",
	  "request_route {\n"
	  "    drop;\n"
	  "}\n"
	  "/* a comment\n",
	  "request_route {\n"
	  "    drop;\n"
	  "}\n"
	  "/* a comment */\n" },
	{ 104, 'E', "this is no number, address or network",
	  "Numbers fit into 64 bits; addresses are IPv4 or IPv6, with \"/n\" behind them they "
	  "are networks. IPv6 with a port wants brackets.",
	  "acl office = { 10.0.0.0/33; }\n"
	  "request_route {\n"
	  "    if ($si in office) drop;\n"
	  "    drop;\n"
	  "}\n",
	  "acl office = { 10.0.0.0/24; }\n"
	  "request_route {\n"
	  "    if ($si in office) drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 105, 'E', "a brace or a condition is not closed",
	  "The place shown is where it was opened. Braces and #!ifdef ... #!endif are counted "
	  "before anything else is read, so this is one message and not a hundred.",
	  "request_route {\n"
	  "    if ($rU == null) {\n"
	  "        drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    if ($rU == null) {\n"
	  "        drop;\n"
	  "    }\n"
	  "    drop;\n"
	  "}\n" },
	{ 106, 'E', "a directive of the preprocessor is wrong",
	  "#!define, #!trydef, #!redef and #!undef take a name; #!if takes an expression of "
	  "defined(X), module(\"x\"), version_atleast(\"x\"), env(\"X\"), texts, ==, !=, !, && "
	  "and ||; #!elif, #!else and #!endif belong to an open condition.",
	  "#!endif\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "#!ifdef DEBUG\n"
	  "#!endif\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 107, 'E', "an imported file cannot be read",
	  "It is looked for beside the file that imports it, then in the directory of the "
	  "installation. import? accepts that it is not there.",
	  "import \"no-such-file.cfg\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "import? \"no-such-file.cfg\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 108, 'E', "files import each other in a circle",
	  "The chain of imports is printed. What two files need goes into a third.",
	  NULL,
	  NULL },
	{ 109, 'E', "a variable is written wrongly",
	  "Forms: $name, $name(argument), $(name(argument)[index]{transformation,parameter}). "
	  "Every bracket that is opened inside has to be closed inside.",
	  "request_route {\n"
	  "    $var(x) = $(ru{uri.host};\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    $var(x) = $(ru{uri.host});\n"
	  "    drop;\n"
	  "}\n" },
	{ 110, 'E', "\"=\" stands where a value is asked for",
	  "One \"=\" assigns and is a statement of its own; to compare write \"==\". So a slip "
	  "cannot change a message silently.",
	  "request_route {\n"
	  "    if ($rU = \"100\") drop;\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    if ($rU == \"100\") drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 111, 'E', "another version of the language",
	  "The first line names the version that the file is written for; this program reads "
	  "version 1.",
	  "#!lcs 2\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 112, 'E', "a file of another server is imported",
	  "Only a whole configuration can be read in guest mode: the file that is asked for "
	  "has to begin with #!KAMAILIO or #!OPENSIPS. \"lcs import\" turns such files into "
	  "native ones.",
	  "\n"
	  "#!KAMAILIO\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 113, 'E', "text substitution",
	  "#!subst and #!substdef would change texts, places and types behind the checker's "
	  "back. Use const, #!define, or ${NAME} in the texts of settings.",
	  "#!substdef \"/DOMAIN/example.com/\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "const DOMAIN = \"example.com\";\n"
	  "request_route {\n"
	  "    if ($rd == DOMAIN) drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 114, 'E', "no type has this name",
	  "Types are bool, int, str, ip, dur, uri, list and any; with \"?\" behind it null is "
	  "allowed, too.",
	  "request_route {\n"
	  "    var x: integer = 1;\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    var x: int = 1;\n"
	  "    drop;\n"
	  "}\n" },
	{ 115, 'E', "selects and attributes of another language",
	  "@ruri.user and %attr are Kamailio's. Variables say the same.",
	  "request_route {\n"
	  "    if (@ruri.user == \"bob\") drop;\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    if ($rU == \"bob\") drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 201, 'E', "a name is not defined",
	  "A route, variable, const, acl, map, app or profile of this name is nowhere in the "
	  "files. The order of definitions does not matter. A name that is near is suggested.",
	  "request_route {\n"
	  "    route(RELAYY);\n"
	  "    drop;\n"
	  "}\n"
	  "route[RELAY] {\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    route(RELAY);\n"
	  "}\n"
	  "route[RELAY] {\n"
	  "    drop;\n"
	  "}\n" },
	{ 202, 'W', "a route that nothing calls or arms",
	  "Dead text, or a misspelt call. A route is called by route(NAME), armed by "
	  "t_on_failure(\"NAME\") and its relatives.",
	  "request_route {\n"
	  "    drop;\n"
	  "}\n"
	  "route[OLD] {\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    route(OLD);\n"
	  "}\n"
	  "route[OLD] {\n"
	  "    drop;\n"
	  "}\n" },
	{ 203, 'E', "one name, two meanings",
	  "Two routes of one kind, two consts, acls or maps, two tests of one name, or a "
	  "#!define with the name of a function: the word would be replaced wherever it stands.",
	  "request_route {\n"
	  "    drop;\n"
	  "}\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 204, 'E', "the armed route is not there",
	  "t_on_failure(\"X\") needs failure_route[X], t_on_branch branch_route[X], t_on_reply "
	  "onreply_route[X]. The name is a text or a const, so that this can be checked before "
	  "the first call fails.",
	  "loadmodule \"tm\"\n"
	  "request_route {\n"
	  "    t_on_failure(\"NEXT\");\n"
	  "    t_relay();\n"
	  "}\n",
	  "loadmodule \"tm\"\n"
	  "request_route {\n"
	  "    t_on_failure(\"NEXT\");\n"
	  "    t_relay();\n"
	  "}\n"
	  "failure_route[NEXT] {\n"
	  "    drop;\n"
	  "}\n" },
	{ 205, 'E', "no such variable, field, transformation or event",
	  "Variables and events belong to the core or to a module that has to be loaded; \"lcs "
	  "module show NAME\" lists them.",
	  "request_route {\n"
	  "    if ($rX == \"bob\") drop;\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    if ($rU == \"bob\") drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 301, 'E', "no such function",
	  "No loaded module exports it. The nearest name that would be legal at this place is "
	  "suggested.",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_sendreply(404, \"Not Found\");\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n" },
	{ 302, 'E', "a function of a module that is not loaded",
	  "The module is named; add the loadmodule line.",
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n",
	  "loadmodule \"tm\"\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n" },
	{ 303, 'E', "an argument is of the wrong type",
	  "What the function takes is shown with its whole signature. Numbers and texts are "
	  "not turned into each other: int(\"42\"), str(42).",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(\"not found\", \"Not Found\");\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n" },
	{ 304, 'E', "an argument is out of its range",
	  "The range stands in the signature: \"code: int 100..699\".",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(99, \"Too low\");\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n" },
	{ 305, 'E', "too few or too many arguments",
	  "Arguments that may be left out have a default in the signature.",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404);\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n" },
	{ 306, 'E', "a named argument that there is not",
	  "An argument may be given by its name, once: sl_send_reply(code=404, reason=\"Not "
	  "Found\").",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, text=\"Not Found\");\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, reason=\"Not Found\");\n"
	  "}\n" },
	{ 307, 'E', "a regular expression does not compile",
	  "Patterns are those of PCRE2. Known patterns are compiled when the file is read, so "
	  "this cannot happen while a call is waiting.",
	  "request_route {\n"
	  "    if ($rm =~ \"^(INVITE\") drop;\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    if ($rm =~ \"^(INVITE)\") drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 309, 'E', "a value does not go where it is used",
	  "A condition is true or false and nothing else; both sides of an operator have to "
	  "fit; what is read before anything runs (a setting, a const) cannot ask for a "
	  "message.",
	  "request_route {\n"
	  "    if ($ml) drop;\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    if ($ml > 0) drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 310, 'E', "not in this kind of route",
	  "Each function and variable says in which routes it may be used; what a called route "
	  "uses counts for its callers. The call that brings it there is shown.",
	  "loadmodule \"sl\"\n"
	  "loadmodule \"tm\"\n"
	  "request_route {\n"
	  "    t_on_branch(\"B\");\n"
	  "    t_relay();\n"
	  "}\n"
	  "branch_route[B] {\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "loadmodule \"tm\"\n"
	  "request_route {\n"
	  "    t_on_branch(\"B\");\n"
	  "    t_relay();\n"
	  "}\n"
	  "branch_route[B] {\n"
	  "    drop;\n"
	  "}\n" },
	{ 311, 'E', "nothing can wait here",
	  "Functions that may wait need a place where a transaction can keep the message: not "
	  "onsend_route, not a reply route, not a defer block.",
	  "loadmodule \"hello\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n"
	  "onsend_route {\n"
	  "    wait_for(1s);\n"
	  "}\n",
	  "loadmodule \"hello\"\n"
	  "request_route {\n"
	  "    wait_for(1s);\n"
	  "    drop;\n"
	  "}\n" },
	{ 320, 'E', "values of different types are compared, or null is possible",
	  "Text and number are never equal, and an address is written without quotes. What may "
	  "be null is tested first, or given a value for that case. A route that says what it "
	  "returns has to return on every way.",
	  "request_route {\n"
	  "    if ($si == \"10.0.0.1\") drop;\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    if ($si == 10.0.0.1) drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 321, 'W', "a text that looks as if a variable were meant",
	  "Only f\"...\" and the arguments of functions that log or answer have their "
	  "$variables replaced. Single quotes say that a \"$\" is meant. What stands in the "
	  "parentheses of $sht(table=>key) is text, too: a \"var x\" does not reach there, "
	  "$var(x) does.",
	  "request_route {\n"
	  "    $var(x) = \"sip:$rU@$rd\";\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    $var(x) = f\"sip:$rU@$rd\";\n"
	  "    drop;\n"
	  "}\n" },
	{ 322, 'W', "the result of a function that can fail is not looked at",
	  "Such a function says with its result whether it worked, and the script goes on in "
	  "either case.",
	  NULL,
	  NULL },
	{ 323, 'W', "a backslash that stays in the text",
	  "Double quotes know \\n \\r \\t \\\" \\\\, and \\$ where variables are replaced; nothing is made "
	  "of \"\\2C\" or \"\\x2C\". Single quotes, or two backslashes, say that it is meant. There is no "
	  "warning in a pattern, nor in an argument that may be one.",
	  "request_route { $var(x) = \"a\\2Cb\"; drop; }\n",
	  "request_route { $var(x) = \"a,b\"; drop; }\n" },
	{ 330, 'W', "$var(x) is read where nothing has set it",
	  "It is null in every message until it is set; nothing is left from the message "
	  "before. What \"var x = 1;\" has made is something else, and is read as x.",
	  "request_route {\n"
	  "    if ($rU == \"bob\") $var(x) = 1;\n"
	  "    if ($var(x) == 1) drop;\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    $var(x) = 0;\n"
	  "    if ($rU == \"bob\") $var(x) = 1;\n"
	  "    if ($var(x) == 1) drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 401, 'E', "no such setting",
	  "\"lcs module show core\" and lcs.cfg(5) list the settings; options of a listener "
	  "are listed with listen.",
	  "wokers = 4\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "workers = 4\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 402, 'E', "the module has no such parameter",
	  "\"lcs module show NAME\" lists the parameters of a module.",
	  "loadmodule \"tm\"\n"
	  "modparam(\"tm\", \"fr_timr\", 30s)\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n",
	  "loadmodule \"tm\"\n"
	  "modparam(\"tm\", \"fr_timer\", 30s)\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n" },
	{ 403, 'E', "there is no such module",
	  "It is looked for in the directories of -m or LCS_MODULE_PATH, else in that of the "
	  "installation. \"lcs module list\" shows what there is; \"-\" and \"_\" are one "
	  "letter, \".so\" may be written.",
	  "loadmodule \"tmm\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "loadmodule \"tm\"\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n" },
	{ 404, 'E', "a parameter of a module that is not loaded",
	  "modparam() and loadmodule name the module alike.",
	  "modparam(\"tm\", \"fr_timer\", 30s)\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "loadmodule \"tm\"\n"
	  "modparam(\"tm\", \"fr_timer\", 30s)\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n" },
	{ 405, 'E', "a value is out of its range",
	  "What may be written, and the default, stand beside the marks.",
	  "loadmodule \"tm\"\n"
	  "modparam(\"tm\", \"fr_timer\", 11h)\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n",
	  "loadmodule \"tm\"\n"
	  "modparam(\"tm\", \"fr_timer\", 30s)\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n" },
	{ 406, 'E', "a word that the setting does not know",
	  "The words that it knows are listed.",
	  "log_level = loud\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "log_level = info\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 407, 'E', "a setting or parameter takes another type",
	  "A duration wants its unit: 30s, 200ms, 5m. A size may have k, M or G. True and "
	  "false are true, yes, on, 1 and false, no, off, 0.",
	  "loadmodule \"tm\"\n"
	  "modparam(\"tm\", \"fr_timer\", \"fast\")\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n",
	  "loadmodule \"tm\"\n"
	  "modparam(\"tm\", \"fr_timer\", 30s)\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n" },
	{ 408, 'W', "said twice, or by an old name",
	  "The last value counts. A module that is loaded twice is loaded once; a module block "
	  "with parameters may stand below its loadmodule.",
	  "log_level = info\n"
	  "log_level = debug\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "log_level = debug\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 409, 'E', "a parameter is missing, or its parts do not fit together",
	  "A parameter without a default has to be set. Modules also look at their parameters "
	  "together and say what contradicts what. As a note: a bare number was read in the "
	  "unit that Kamailio has for it.",
	  NULL,
	  NULL },
	{ 410, 'E', "a module needs another one, or cannot stand beside it",
	  "Load what it needs; the order of the lines does not matter.",
	  "loadmodule \"registrar\"\n"
	  "request_route {\n"
	  "    if (lookup()) drop;\n"
	  "    drop;\n"
	  "}\n",
	  "loadmodule \"usrloc\"\n"
	  "loadmodule \"registrar\"\n"
	  "request_route {\n"
	  "    if (lookup()) drop;\n"
	  "    drop;\n"
	  "}\n" },
	{ 411, 'W', "a module is loaded for nothing",
	  "None of its functions, variables and events is used. Modules that work by being "
	  "loaded are not meant.",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n" },
	{ 412, 'E', "two listeners on one address, or a name without one",
	  "Transport, address and port together may stand only once; \"*\" is every address. With "
	  "lcs -c --resolve names are looked up too: an advertised host that has no address is an "
	  "error, another name that cannot be resolved a warning.",
	  "listen = tcp:10.0.0.1:5060\n"
	  "listen = tcp:10.0.0.1:5060\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "listen = tcp:10.0.0.1:5060\n"
	  "listen = tcp:10.0.0.1:5070\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 413, 'E', "who comes to a listener, and what is asked of them, do not fit together",
	  "A listener that faces peers takes other servers by mutual TLS and nobody else; one that "
	  "faces clients asks nobody for a certificate. The two cannot be one.",
	  "listen = tcp:10.0.0.1:5062 { faces = \"peers\"; }\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "listen = tls:10.0.0.1:5062 { faces = \"peers\"; }\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 501, 'W', "this is never reached",
	  "It stands behind exit, drop, return, break or continue, or is a row of a table that "
	  "an earlier one covers.",
	  "request_route {\n"
	  "    drop;\n"
	  "    setflag(1);\n"
	  "}\n",
	  "request_route {\n"
	  "    setflag(1);\n"
	  "    drop;\n"
	  "}\n" },
	{ 502, 'W', "a request can end without an answer",
	  "On some way to this place nothing is answered, relayed or dropped. If silence is "
	  "meant, say so: drop, or a log line right before exit.",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    if ($rU == null) sl_send_reply(404, \"Not Found\");\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    if ($rU == null) sl_send_reply(404, \"Not Found\");\n"
	  "    else drop;\n"
	  "}\n" },
	{ 503, 'E', "control does not go on from here",
	  "A case that is not empty ends in break, return, exit, drop, continue or "
	  "fallthrough; break and continue belong into a loop or switch; a defer block runs to "
	  "its end.",
	  "request_route {\n"
	  "    switch ($rm) {\n"
	  "    case \"ACK\":\n"
	  "        setflag(1);\n"
	  "    default:\n"
	  "        setflag(2);\n"
	  "    }\n"
	  "    drop;\n"
	  "}\n",
	  "request_route {\n"
	  "    switch ($rm) {\n"
	  "    case \"ACK\":\n"
	  "        setflag(1);\n"
	  "        break;\n"
	  "    default:\n"
	  "        setflag(2);\n"
	  "    }\n"
	  "    drop;\n"
	  "}\n" },
	{ 504, 'W', "an answer or a second relay after a relay",
	  "The request has been sent on this way already; its answer comes from there. If the "
	  "first relay failed, its result says so.",
	  "loadmodule \"sl\"\n"
	  "loadmodule \"tm\"\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "loadmodule \"tm\"\n"
	  "request_route {\n"
	  "    if (!t_relay()) sl_send_reply(500, \"Cannot relay\");\n"
	  "}\n" },
	{ 505, 'E', "a script comes to its end",
	  "Routes do not call each other in a circle, and there is no while: foreach goes "
	  "through a list or through range(from, to).",
	  "request_route {\n"
	  "    route(A);\n"
	  "    drop;\n"
	  "}\n"
	  "route[A] {\n"
	  "    route(A);\n"
	  "}\n",
	  "request_route {\n"
	  "    route(A);\n"
	  "    drop;\n"
	  "}\n"
	  "route[A] {\n"
	  "    foreach (i in range(0, 3)) setflag(i);\n"
	  "}\n" },
	{ 506, 'W', "record_route() where it has no effect",
	  "It has to come before the relay, and only the first request of a dialog makes the "
	  "route.",
	  "loadmodule \"tm\"\n"
	  "loadmodule \"rr\"\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "    record_route();\n"
	  "}\n",
	  "loadmodule \"tm\"\n"
	  "loadmodule \"rr\"\n"
	  "request_route {\n"
	  "    record_route();\n"
	  "    t_relay();\n"
	  "}\n" },
	{ 507, 'E', "ACK and CANCEL are not answered like this",
	  "An ACK has no answer (RFC 3261 section 17), so it cannot be challenged either; a "
	  "CANCEL is answered hop by hop by the transaction.",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    if ($rm == \"ACK\") sl_send_reply(404, \"Not Found\");\n"
	  "    drop;\n"
	  "}\n",
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    if ($rm == \"ACK\") drop;\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n" },
	{ 508, 'W', "a test that cannot fail",
	  "A test without an expect passes whatever the script does.",
	  "request_route {\n"
	  "    drop;\n"
	  "}\n"
	  "test \"nothing\" {\n"
	  "    given request \"OPTIONS sip:example.com\";\n"
	  "}\n",
	  "request_route {\n"
	  "    drop;\n"
	  "}\n"
	  "test \"silence\" {\n"
	  "    given request \"OPTIONS sip:example.com\";\n"
	  "    expect not replied;\n"
	  "}\n" },
	{ 509, 'E', "a final response is dropped",
	  "A final response always goes on: the client waits for it, and sends its request again "
	  "and again until it has it. Kamailio ignores such a drop; here it has to be clear that the "
	  "response is a provisional one.",
	  "reply_route {\n"
	  "    drop;\n"
	  "}\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "loadmodule \"tm\"\n"
	  "reply_route {\n"
	  "    if ($T_reply_code == 183) drop;\n"
	  "}\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 601, 'E', "the profile allows no such listener",
	  "profile = \"home\" and the others stand for a role of the server; some transports "
	  "are not for it.",
	  "profile = \"home\"\n"
	  "listen = udp:10.0.0.1:5060\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "profile = \"home\"\n"
	  "listen = tcp:10.0.0.1:5060\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 602, 'E', "the profile wants certificates of peers",
	  "On the listener named \"peers\" other servers have to show who they are.",
	  "profile = \"home\"\n"
	  "listen = tls:10.0.0.1:5061 name \"peers\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "profile = \"home\"\n"
	  "listen = tls:10.0.0.1:5061 { name = \"peers\"; faces = \"peers\"; }\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 603, 'E', "the profile allows no such module",
	  "A forwarding proxy, for example, asks nobody who they are.",
	  "profile = \"forwarding\"\n"
	  "loadmodule \"auth\"\n"
	  "request_route {\n"
	  "    www_challenge(\"example.com\");\n"
	  "}\n",
	  "profile = \"home\"\n"
	  "loadmodule \"auth\"\n"
	  "request_route {\n"
	  "    www_challenge(\"example.com\");\n"
	  "}\n" },
	{ 604, 'E', "the profile allows no such function",
	  "A front end, for example, keeps no bindings.",
	  "profile = \"frontend\"\n"
	  "loadmodule \"usrloc\"\n"
	  "loadmodule \"registrar\"\n"
	  "request_route {\n"
	  "    save();\n"
	  "}\n",
	  "profile = \"home\"\n"
	  "loadmodule \"usrloc\"\n"
	  "loadmodule \"registrar\"\n"
	  "request_route {\n"
	  "    save();\n"
	  "}\n" },
	{ 605, 'E', "the profile allows no such answer",
	  "A forwarding proxy, for example, goes to the next place itself instead of answering "
	  "3xx.",
	  "profile = \"forwarding\"\n"
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(302, \"Moved\");\n"
	  "}\n",
	  "profile = \"forwarding\"\n"
	  "loadmodule \"sl\"\n"
	  "request_route {\n"
	  "    sl_send_reply(404, \"Not Found\");\n"
	  "}\n" },
	{ 606, 'E', "two profiles do not agree",
	  "profile = \"home, archive\" puts two roles on one server, and the rules of both hold. "
	  "What one of them is there for, the other one may forbid: then they need a server each.",
	  "profile = \"home, frontend\"\n"
	  "loadmodule \"usrloc\"\n"
	  "loadmodule \"registrar\"\n"
	  "request_route {\n"
	  "    save();\n"
	  "}\n",
	  "profile = \"home\"\n"
	  "loadmodule \"usrloc\"\n"
	  "loadmodule \"registrar\"\n"
	  "request_route {\n"
	  "    save();\n"
	  "}\n" },
	{ 607, 'W', "the profile wants something that is not there",
	  "A carrier's server, for example, limits what strangers send. One of the modules or "
	  "functions that are named will do.",
	  "profile = \"carrier\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "profile = \"archive\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 608, 'W', "a request is relayed or answered before something was asked",
	  "A front end, for example, has to know who sends a request before it passes that on. On "
	  "every way to the relaying function one of the functions that are named has to have been "
	  "called; requests inside a dialog, ACK and CANCEL are let pass. A carrier's server asks "
	  "who it is before it answers, too: who looks for servers to abuse looks for answers.",
	  "profile = \"frontend\"\n"
	  "loadmodule \"tm\"\n"
	  "request_route {\n"
	  "    t_relay();\n"
	  "}\n",
	  "profile = \"frontend\"\n"
	  "loadmodule \"tm\"\n"
	  "loadmodule \"auth\"\n"
	  "loadmodule \"auth_db\"\n"
	  "request_route {\n"
	  "    if (!auth_check(\"example.com\")) drop;\n"
	  "    t_relay();\n"
	  "}\n" },
	{ 609, 'E', "the file of a profile cannot be understood",
	  "One rule a line, the reason between double quotes at its end: no listener udp "
	  "\"clients come by TCP\". The forms of rules are in the guide, \"Profiles\".", NULL, NULL },
	{ 701, 'E', "a file cannot be read, or is not what it should be",
	  "Named files have to be readable by the user that the server runs as: certificates, "
	  "keys, files of ${file:...} and credentials of ${cred:...}.",
	  "server_name = \"${file:/no/such/file}\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "server_name = \"hs1.example.com\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
	{ 702, 'E', "a ${...} has no value",
	  "The environment does not have it. ${NAME:-text} gives a default, ${NAME:?text} "
	  "another message; $${ is a plain \"${\".",
	  "server_name = \"${LCS_SURELY_NOT_SET}\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n",
	  "server_name = \"${LCS_SURELY_NOT_SET:-hs1.example.com}\"\n"
	  "request_route {\n"
	  "    drop;\n"
	  "}\n" },
};
#define PAGES (sizeof(pages) / sizeof(pages[0]))

const struct page *page_nth(unsigned n) { return n < PAGES ? &pages[n] : NULL; }

const struct page *page_of(struct slice word)
{
	uint32_t code;

	if (word.len && (word.p[0] == 'E' || word.p[0] == 'W' || word.p[0] == 'N'))
		word = slice_skip(word, 1);
	if (slice_to_u32(word, &code) != 0)
		return NULL;
	for (size_t i = 0; i < PAGES; i++)
		if (pages[i].code == code)
			return &pages[i];
	return NULL;
}

static void put_script(struct buf *out, const char *script)
{
	struct slice rest = slice_str(script);

	while (rest.len > 0) {
		struct slice line = slice_split(&rest, '\n');

		if (line.len)
			buf_printf(out, "    %.*s", SLICE_ARG(line));
		buf_put_char(out, '\n');
	}
}

/* Lines of 78 characters at most. */
static void put_filled(struct buf *out, const char *text)
{
	struct slice rest = slice_str(text);
	size_t column = 0;

	while (rest.len > 0) {
		struct slice word = slice_split(&rest, ' ');

		if (column && column + 1 + word.len > 78) {
			buf_put_char(out, '\n');
			column = 0;
		}
		buf_printf(out, "%s%.*s", column ? " " : "", SLICE_ARG(word));
		column += word.len + (column ? 1 : 0);
	}
	buf_put_char(out, '\n');
}

static void put_page(const struct page *p, const char *mark, struct buf *out)
{
	buf_printf(out, "%s%c%04u: %s\n\n", mark, p->letter, p->code, p->title);
	put_filled(out, p->text);
	if (p->wrong) {
		buf_put(out, SLICE("\nWrong:\n\n"));
		put_script(out, p->wrong);
	}
	if (p->right) {
		buf_put(out, SLICE("\nRight:\n\n"));
		put_script(out, p->right);
	}
}

void page_text(const struct page *p, struct buf *out) { put_page(p, "", out); }
void page_markdown(const struct page *p, struct buf *out) { put_page(p, "## ", out); }
