/*
 * cfg/gram.y - statements and expressions; modules add names to it, never syntax.
 *
 * Words that are new in this language are told from names by prep.c, which also
 * balances the braces, so that one forgotten brace is one message.
 */
%define api.pure full
%define api.prefix {gram}
%define api.location.type {struct cfg_span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param { struct gram *g }

%code requires {
#include "cfg/gram_act.h"
}

%code provides {
int gramlex(GRAMSTYPE *value, struct cfg_span *at, struct gram *g);
void gramerror(const struct cfg_span *at, struct gram *g, const char *what);
void *gram_alloc(size_t size);
void gram_release(void *p);
}

%code {
#define LD (gram_load(g))
#define YYLLOC_DEFAULT(now, rhs, n)                                        \
	((now) = (n) ? span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n)) : YYRHSLOC(rhs, 0))
/* The parser's stacks grow in the load's arena, like all else; what nests deeper than
 * this is no script. */
#define YYINITDEPTH 200
#define YYMAXDEPTH 4000
#define YYMALLOC gram_alloc
#define YYFREE gram_release
}

%union {
	struct token          token;
	struct expr          *expr;
	struct stmt          *stmt;
	struct stmt_list      stmts;
	struct expr_list      exprs;
	struct setting_item  *item;
	struct item_list      items;
	struct name_list      names;
	struct param_list     params;
	struct case_list      cases;
	struct acl_list       rows;
	struct map_list       pairs;
	struct test_list      tests;
	struct switch_case   *one_case;
	struct test_stmt     *test;
	struct type           type;
	enum expr_op          op;
	bool                  flag;
}

%token END 0 "end of file"
%token <token> STR "text" FSTR "f\"text\"" NUM "number" DUR "duration" SIZE "size"
%token <token> IP "address" BOOL "true or false" NULLW "null"
%token <token> ID "name" PV "variable" PV_BAD SOCK "transport:address" DOTTED "host name"
%token NEWLINE "end of line"
%token <token> IF "if" ELSE "else" WHILE "while" FOREACH "foreach" SWITCH "switch"
%token <token> CASE "case" DEFAULT "default" WITHIN "within" DEFER "defer" VAR "var"
%token <token> EXIT "exit" DROP "drop" BREAK "break" CONTINUE "continue"
%token <token> FALLTHROUGH "fallthrough" RETURN "return"
%token <token> ROUTE "route" ROUTE_KIND "kind of route"
%token <token> LISTEN "listen" ALIAS "alias" LOADMODULE "loadmodule" MODPARAM "modparam"
%token <token> AS "as" DESC "desc" MODULE "module" ACL "acl" MAP "map" CONST "const" APP "app" TEST "test"
%token <token> GIVEN "given" MOCK "mock" ADVANCE "advance" EXPECT "expect"
%token <token> RETURNS "returns" T_REPLY "reply" T_RELAYED "relayed" T_LOG "log"
%token OR "||" AND "&&" NOT "not" IN "in" MODW "mod"
%token ARROW "->" COALESCE "??" EQ "==" NE "!=" LE "<=" GE ">=" MATCH "=~" NOMATCH "!~"
%token SHL "<<" SHR ">>" PLUS_EQ "+="
%token <token> CAST "cast" DEFINED "defined" MPATH "path of modules"

%type <token> text_token key_word route_word host endpoint prefix
%type <expr> expr or and not cmp coal bitor bitxor bitand shift sum prod unary primary
%type <expr> text arg label_arg call cond literal setting_value map_literal opt_expr lvalue opt_text
%type <stmt> stmt block opt_stmts simple
%type <stmts> stmts
%type <exprs> args args1 exprs1
%type <item> setting assign listen_option given_option header
%type <items> assigns listen_options given_options headers opt_headers
%type <names> route_name route_names given_words
%type <params> params params1
%type <cases> cases
%type <one_case> one_case
%type <rows> acl_rows
%type <pairs> map_rows map_rows1
%type <tests> test_stmts
%type <test> test_stmt expectation
%type <type> type opt_ret
%type <op> cmp_op shift_op sum_op prod_op
%type <flag> opt_not

%precedence THEN
%precedence ELSE

%%

file:
	  items
	;

items:
	  %empty
	| items item
	| items ';'
	;

item:
	  setting		{ act_setting(g, $1); }
	| LISTEN '=' endpoint listen_options NEWLINE	{ act_listen(g, &$1, &$3, @3, $4, @$); }
	| LISTEN '=' endpoint '{' assigns '}'		{ act_listen(g, &$1, &$3, @3, $5, @$); }
	| ALIAS '=' setting_value	{ act_alias(g, &$1, $3); }
	| load prefix		{ act_prefix(g, &$2); }
	| MODULE text_token prefix '{' assigns '}'	{ act_module(g, &$2, &$3, &$5, @$); }
	| MODULE text_token prefix ';'	{ act_module(g, &$2, &$3, NULL, @$); }
	| MODPARAM '(' text_token ',' text_token ',' expr ')'
		{ act_modparam(g, &$3, &$5, $7, @$); }
	| ACL ID '=' '{' acl_rows '}'	{ act_acl(g, &$2, $5); }
	| MAP ID '=' '{' map_rows '}'	{ act_map(g, &$2, $5); }
	| CONST ID '=' expr ';'		{ act_const(g, &$2, $4); }
	| CONST ID '=' expr error	{ act_const(g, &$2, $4); yyerrok; }
	| CONST ID '=' error ';'	{ act_const(g, &$2, expr_bad(LD, @4)); yyerrok; }
	| APP text_token '{' assigns '}'	{ act_app(g, &$2, $4); }
	| ROUTE_KIND block		{ act_route(g, &$1, NULL, $2, @1); }
	| ROUTE_KIND '[' route_names ']' block
		{ act_route(g, &$1, &$3, $5, span_join(@1, @4)); }
	| ROUTE params opt_ret block
		{ act_named(g, NULL, $2, $3, $4, @1); }
	| ROUTE '[' route_name ']' params opt_ret block
		{ act_named(g, &$3, $5, $6, $7, span_join(@1, @4)); }
	| TEST text_token '{' test_stmts '}'	{ act_test(g, &$2, $4); }
	| error ';'			{ yyerrok; }
	| error block			{ yyerrok; (void)$2; }
	;

/* ---- settings, listeners, modules ---- */

/* A rule of its own: the module counts whatever stands behind it. */
load:
	  LOADMODULE text_token	{ act_module(g, &$2, &(struct token){ 0 }, NULL, @$); }
	;

setting:
	  key_word '=' setting_value
		{ $$ = act_key(g, NULL, &$1, $3); }
	| key_word '.' ID '=' setting_value
		{ $$ = act_key(g, &$1, &$3, $5); }
	| key_word '=' setting_value DESC text_token
		{ $$ = act_key(g, NULL, &$1, $3); (void)$5; }
	| key_word '.' ID '=' setting_value DESC text_token
		{ $$ = act_key(g, &$1, &$3, $5); (void)$7; }
	| MPATH text_token
		{ $$ = act_key(g, NULL, &$1, expr_text(LD, NULL, &$2)); }
	;

key_word:
	  ID
	;

setting_value:
	  literal
	| ID			{ $$ = expr_word(LD, &$1); }
	| '-' NUM		{ $$ = act_minus(g, &$2, @$); }
	| host			{ $$ = expr_word(LD, &$1); }
	| ID '.' ID		{ $$ = expr_word(LD, act_joined(g, &$1, ".", &$3)); }
	| ID ':' NUM		{ $$ = expr_word(LD, act_joined(g, &$1, ":", &$3)); }
	;

/* An address, a name or a transport with one of them, with or without a port. */
host:
	  SOCK
	| DOTTED
	| DOTTED ':' NUM	{ $$ = *act_joined(g, &$1, ":", &$3); }
	| '*'			{ $$ = act_star(@1); }
	| '*' ':' NUM		{ $$ = act_star(@1); $$ = *act_joined(g, &$$, ":", &$3); }
	| IP ':' NUM		{ $$ = *act_joined(g, &$1, ":", &$3); }
	| text_token ':' NUM	{ $$ = *act_joined(g, &$1, ":", &$3); }
	;

endpoint:
	  host
	| IP
	| text_token
	| ID
	| ID ':' NUM		{ $$ = *act_joined(g, &$1, ":", &$3); }
	;

listen_options:
	  %empty		{ $$ = (struct item_list){ 0 }; }
	| listen_options listen_option	{ $$ = item_append($1, $2); }
	;

listen_option:
	  ID			{ $$ = act_flag(g, &$1); }
	| ID literal		{ $$ = act_key(g, NULL, &$1, $2); }
	| ID host		{ $$ = act_key(g, NULL, &$1, expr_word(LD, &$2)); }
	;

prefix:
	  %empty		{ $$ = (struct token){ 0 }; }
	| AS ID			{ $$ = $2; }
	;

assigns:
	  %empty		{ $$ = (struct item_list){ 0 }; }
	| assigns assign	{ $$ = item_append($1, $2); }
	;

assign:
	  ID '=' expr ';'	{ $$ = act_key(g, NULL, &$1, $3); }
	| ID '=' expr error	{ $$ = act_key(g, NULL, &$1, $3); yyerrok; }
	| error ';'		{ $$ = NULL; yyerrok; }
	;

acl_rows:
	  %empty		{ $$ = (struct acl_list){ 0 }; }
	| acl_rows opt_not IP acl_end	{ $$ = acl_append(g, $1, $2, &$3, @2); }
	| acl_rows opt_not ID acl_end	{ $$ = acl_append(g, $1, $2, &$3, @2); }
	| acl_rows error ';'	{ $$ = $1; yyerrok; }
	;

acl_end: ';' | ',';

opt_not:
	  %empty		{ $$ = false; }
	| '!'			{ $$ = true; }
	;

map_rows:
	  %empty		{ $$ = (struct map_list){ 0 }; }
	| map_rows1
	| map_rows1 ','
	;

map_rows1:
	  map_literal ':' map_literal
		{ $$ = map_append(g, (struct map_list){ 0 }, $1, $3); }
	| map_rows1 ',' map_literal ':' map_literal
		{ $$ = map_append(g, $1, $3, $5); }
	;

map_literal:
	  literal
	| '-' NUM		{ $$ = act_minus(g, &$2, @$); }
	;

/* ---- routes ---- */

route_names:
	  route_name
	| route_names ',' route_name	{ $$ = names_add($1, $3); }
	;

route_name:
	  route_word		{ $$ = name_one(g, &$1); }
	| route_name ':' route_word	{ $$ = name_join(g, $1, ":", &$3); }
	| route_name '-' route_word	{ $$ = name_join(g, $1, "-", &$3); }
	| route_name '.' route_word	{ $$ = name_join(g, $1, ".", &$3); }
	;

route_word: ID | NUM | STR | DUR;

params:
	  %empty		{ $$ = (struct param_list){ 0 }; }
	| '(' ')'		{ $$ = (struct param_list){ 0 }; }
	| '(' params1 ')'	{ $$ = $2; }
	;

params1:
	  ID			{ $$ = param_add(g, (struct param_list){ 0 }, &$1, NULL, NULL); }
	| ID ':' type		{ $$ = param_add(g, (struct param_list){ 0 }, &$1, &$3, NULL); }
	| ID ':' type '=' map_literal
		{ $$ = param_add(g, (struct param_list){ 0 }, &$1, &$3, $5); }
	| params1 ',' ID	{ $$ = param_add(g, $1, &$3, NULL, NULL); }
	| params1 ',' ID ':' type	{ $$ = param_add(g, $1, &$3, &$5, NULL); }
	| params1 ',' ID ':' type '=' map_literal	{ $$ = param_add(g, $1, &$3, &$5, $7); }
	;

opt_ret:
	  %empty		{ $$ = (struct type){ .base = VALUE_VOID }; }
	| ARROW type		{ $$ = $2; }
	;

type:
	  ID			{ $$ = act_type(g, &$1, false); }
	| ID '?'		{ $$ = act_type(g, &$1, true); }
	;

/* ---- statements ---- */

block:
	  '{' stmts '}'		{ $$ = stmt_new(LD, STMT_BLOCK, @$, @1); $$->block = $2.first; }
	;

stmts:
	  %empty		{ $$ = (struct stmt_list){ 0 }; }
	| stmts stmt		{ $$ = stmt_append($1, $2); }
	;

stmt:
	  block
	| ';'			{ $$ = stmt_new(LD, STMT_EMPTY, @$, @1); }
	| simple ';'		{ $$ = $1; $$->at = @$; }
	| simple error		{ $$ = $1; yyerrok; }
	| IF cond stmt %prec THEN	{ $$ = act_if(g, @1, @$, $2, $3, NULL); }
	| IF cond stmt ELSE stmt	{ $$ = act_if(g, @1, @$, $2, $3, $5); }
	| VAR ID '=' error ';'	{ $$ = act_var(g, @1, @$, &$2, NULL, expr_bad(LD, @4)); yyerrok; }
	| VAR ID ':' type '=' error ';'
		{ $$ = act_var(g, @1, @$, &$2, &$4, expr_bad(LD, @6)); yyerrok; }
	| WHILE cond stmt	{ $$ = act_while(g, @1, @$, $2, $3); }
	| FOREACH '(' ID IN expr ')' stmt	{ $$ = act_foreach(g, @1, @$, &$3, NULL, $5, $7); }
	| FOREACH '(' PV IN expr ')' stmt
		{ $$ = act_foreach(g, @1, @$, NULL, expr_pv(LD, &$3), $5, $7); }
	| SWITCH cond '{' cases '}'	{ $$ = act_switch(g, @1, @$, $2, $4); }
	| WITHIN DUR block %prec THEN	{ $$ = act_within(g, @1, @$, &$2, $3, NULL); }
	| WITHIN DUR block ELSE block	{ $$ = act_within(g, @1, @$, &$2, $3, $5); }
	| DEFER block		{ $$ = stmt_new(LD, STMT_DEFER, @$, @1); $$->defer.body = $2; }
	| error ';'		{ $$ = stmt_new(LD, STMT_EMPTY, @$, @1); yyerrok; }
	| error block		{ $$ = stmt_new(LD, STMT_EMPTY, @$, @1); yyerrok; }
	;

simple:
	  VAR ID '=' expr	{ $$ = act_var(g, @1, @$, &$2, NULL, $4); }
	| VAR ID ':' type '=' expr	{ $$ = act_var(g, @1, @$, &$2, &$4, $6); }
	| lvalue '=' expr	{ $$ = act_assign(g, @2, @$, $1, $3, false); }
	| lvalue PLUS_EQ expr	{ $$ = act_assign(g, @2, @$, $1, $3, true); }
	| call			{ $$ = stmt_new(LD, STMT_CALL, @$, @1); $$->call = $1; }
	| EXIT opt_expr		{ $$ = act_jump(g, STMT_EXIT, @1, @$, $2); }
	| DROP opt_expr		{ $$ = act_jump(g, STMT_DROP, @1, @$, $2); }
	| BREAK opt_expr	{ $$ = act_jump(g, STMT_BREAK, @1, @$, NULL); (void)$2; }
	| CONTINUE opt_expr	{ $$ = act_jump(g, STMT_CONTINUE, @1, @$, NULL); (void)$2; }
	| FALLTHROUGH		{ $$ = act_jump(g, STMT_FALLTHROUGH, @1, @$, NULL); }
	| RETURN		{ $$ = act_jump(g, STMT_RETURN, @1, @$, NULL); }
	| RETURN expr		{ $$ = act_jump(g, STMT_RETURN, @1, @$, $2); }
	;

opt_expr:
	  %empty		{ $$ = NULL; }
	| '(' ')'		{ $$ = NULL; }
	| '(' expr ')'		{ $$ = $2; }
	;

cases:
	  %empty		{ $$ = (struct case_list){ 0 }; }
	| cases one_case	{ $$ = case_append($1, $2); }
	;

one_case:
	  CASE expr ':' opt_stmts	{ $$ = act_case(g, span_join(@1, @3), $2, NULL, $4); }
	| CASE MATCH text ':' opt_stmts	{ $$ = act_case(g, span_join(@1, @4), NULL, $3, $5); }
	| DEFAULT ':' opt_stmts		{ $$ = act_case(g, span_join(@1, @2), NULL, NULL, $3); }
	;

opt_stmts:
	  stmts			{ $$ = $1.first; }
	;

lvalue:
	  PV			{ $$ = expr_pv(LD, &$1); }
	| PV_BAD		{ $$ = expr_bad(LD, @1); }
	| ID			{ $$ = expr_name(LD, &$1); }
	| ID '[' expr ']'	{ $$ = act_index(g, expr_name(LD, &$1), $3, @$); }
	;

call:
	  ID '(' args ')'	{ $$ = act_call(g, NULL, &$1, $3, @$); }
	| ID '.' ID '(' args ')'	{ $$ = act_call(g, &$1, &$3, $5, @$); }
	| ROUTE '(' route_name ')'
		{ $$ = act_route_call(g, &$3, (struct expr_list){ 0 }, @$, @3); }
	| ROUTE '(' route_name ',' args1 ')'
		{ $$ = act_route_call(g, &$3, $5, @$, @3); }
	| ROUTE '(' PV ')'	{ $$ = act_route_by_value(g, @3); }
	;

args:
	  %empty		{ $$ = (struct expr_list){ 0 }; }
	| args1
	;

args1:
	  arg			{ $$ = expr_append((struct expr_list){ 0 }, $1); }
	| args1 ',' arg		{ $$ = expr_append($1, $3); }
	;

arg:
	  expr
	| label_arg
	;

label_arg:
	  ID '=' expr		{ $$ = $3; $$->label = $1.text; $$->label_at = @1; }
	;

exprs1:
	  expr			{ $$ = expr_append((struct expr_list){ 0 }, $1); }
	| exprs1 ',' expr	{ $$ = expr_append($1, $3); }
	;

/* ---- expressions ---- */

/* "=" where a condition stands is the most common slip: its own message. */
cond:
	  expr
	| expr '=' expr		{ $$ = act_assign_in_cond(g, @2, $1, $3); }
	;

expr: or;

or:
	  and
	| or OR and		{ $$ = expr_binary(LD, OP_OR, @2, $1, $3); }
	;

and:
	  not
	| and AND not		{ $$ = expr_binary(LD, OP_AND, @2, $1, $3); }
	;

not:
	  cmp
	| '!' not		{ $$ = expr_unary(LD, OP_NOT, @1, $2); }
	| NOT not		{ $$ = expr_unary(LD, OP_NOT, @1, $2); }
	;

cmp:
	  coal
	| coal cmp_op coal	{ $$ = expr_binary(LD, $2, @2, $1, $3); }
	;

cmp_op:
	  EQ { $$ = OP_EQ; } | NE { $$ = OP_NE; } | '<' { $$ = OP_LT; } | LE { $$ = OP_LE; }
	| '>' { $$ = OP_GT; } | GE { $$ = OP_GE; } | MATCH { $$ = OP_MATCH; }
	| NOMATCH { $$ = OP_NOMATCH; } | IN { $$ = OP_IN; }
	;

coal:
	  bitor
	| coal COALESCE bitor	{ $$ = expr_binary(LD, OP_COALESCE, @2, $1, $3); }
	;

bitor:
	  bitxor
	| bitor '|' bitxor	{ $$ = expr_binary(LD, OP_BITOR, @2, $1, $3); }
	;

bitxor:
	  bitand
	| bitxor '^' bitand	{ $$ = expr_binary(LD, OP_BITXOR, @2, $1, $3); }
	;

bitand:
	  shift
	| bitand '&' shift	{ $$ = expr_binary(LD, OP_BITAND, @2, $1, $3); }
	;

shift:
	  sum
	| shift shift_op sum	{ $$ = expr_binary(LD, $2, @2, $1, $3); }
	;

shift_op: SHL { $$ = OP_SHL; } | SHR { $$ = OP_SHR; };

sum:
	  prod
	| sum sum_op prod	{ $$ = expr_binary(LD, $2, @2, $1, $3); }
	;

sum_op: '+' { $$ = OP_ADD; } | '-' { $$ = OP_SUB; };

prod:
	  unary
	| prod prod_op unary	{ $$ = expr_binary(LD, $2, @2, $1, $3); }
	;

prod_op: '*' { $$ = OP_MUL; } | '/' { $$ = OP_DIV; } | '%' { $$ = OP_MOD; }
	| MODW { $$ = OP_MOD; };

unary:
	  primary
	| '-' unary		{ $$ = expr_unary(LD, OP_NEG, @1, $2); }
	| '~' unary		{ $$ = expr_unary(LD, OP_BITNOT, @1, $2); }
	| CAST unary		{ $$ = act_cast(g, &$1, $2, @$); }
	| DEFINED unary		{ $$ = act_defined(g, @1, $2); }
	;

primary:
	  literal
	| PV			{ $$ = expr_pv(LD, &$1); }
	| PV_BAD		{ $$ = expr_bad(LD, @1); }
	| ID			{ $$ = expr_name(LD, &$1); }
	| ID '(' args ')'	{ $$ = act_call(g, NULL, &$1, $3, @$); }
	| ROUTE '(' route_name ')'
		{ $$ = act_route_call(g, &$3, (struct expr_list){ 0 }, @$, @3); }
	| ROUTE '(' route_name ',' args1 ')'
		{ $$ = act_route_call(g, &$3, $5, @$, @3); }
	| ROUTE '(' PV ')'	{ $$ = act_route_by_value(g, @3); }
	| primary '.' ID	{ $$ = act_field(g, $1, &$3, NULL, @$); }
	| primary '.' ID '(' args ')'	{ $$ = act_field(g, $1, &$3, &$5, @$); }
	| primary '[' expr ']'	{ $$ = act_index(g, $1, $3, @$); }
	| '(' expr ')'		{ $$ = $2; }
	| '(' expr '=' expr ')'	{ $$ = act_assign_in_cond(g, @3, $2, $4); }
	| '[' ']'		{ $$ = act_list(g, (struct expr_list){ 0 }, @$); }
	| '[' exprs1 ']'	{ $$ = act_list(g, $2, @$); }
	;

literal:
	  text
	| FSTR			{ $$ = expr_fstring(LD, &$1); }
	| NUM			{ $$ = expr_token(LD, &$1); }
	| DUR			{ $$ = expr_token(LD, &$1); }
	| SIZE			{ $$ = expr_token(LD, &$1); }
	| IP			{ $$ = expr_token(LD, &$1); }
	| BOOL			{ $$ = expr_token(LD, &$1); }
	| NULLW			{ $$ = expr_value(LD, @1, value_null()); }
	;

text:
	  text_token		{ $$ = expr_text(LD, NULL, &$1); }
	| text text_token	{ $$ = expr_text(LD, $1, &$2); }
	;

text_token: STR;

/* ---- tests ---- */

test_stmts:
	  %empty		{ $$ = (struct test_list){ 0 }; }
	| test_stmts test_stmt	{ $$ = test_append($1, $2); }
	| test_stmts error ';'	{ $$ = $1; yyerrok; }
	;

test_stmt:
	  GIVEN given_words text given_options opt_headers
		{ $$ = act_given(g, @$, $2, $3, $4, $5); }
	| MOCK call RETURNS expr ';'	{ $$ = act_mock(g, @$, $2, $4, NULL); }
	| MOCK call RETURNS ID ID ';'	{ $$ = act_mock_error(g, @$, $2, &$4, &$5); }
	| CONST ID '=' expr ';'	{ $$ = act_test_const(g, @$, &$2, $4); }
	| ADVANCE DUR ';'	{ $$ = act_advance(g, @$, &$2); }
	| call ';'		{ $$ = act_test_call(g, @$, $1); }
	| EXPECT expectation ';'	{ $$ = $2; $$->at = @$; }
	;

given_words:
	  ID			{ $$ = name_one(g, &$1); }
	| given_words ID	{ $$ = names_add($1, name_one(g, &$2)); }
	;

given_options:
	  %empty		{ $$ = (struct item_list){ 0 }; }
	| given_options given_option	{ $$ = item_append($1, $2); }
	;

given_option:
	  ID IP			{ $$ = act_key(g, NULL, &$1, expr_token(LD, &$2)); }
	| ID IP ':' NUM		{ $$ = act_given_port(g, &$1, &$2, &$4); }
	| ID ID			{ $$ = act_key(g, NULL, &$1, expr_word(LD, &$2)); }
	;

opt_headers:
	  ';'			{ $$ = (struct item_list){ 0 }; }
	| '{' headers '}'	{ $$ = $2; }
	;

headers:
	  %empty		{ $$ = (struct item_list){ 0 }; }
	| headers header	{ $$ = item_append($1, $2); }
	;

header:
	  ID '=' expr ';'	{ $$ = act_key(g, NULL, &$1, $3); }
	| ID text_token '=' expr ';'	{ $$ = act_header(g, &$1, &$2, $4); }
	| error ';'		{ $$ = NULL; yyerrok; }
	;

expectation:
	  T_REPLY NUM opt_text	{ $$ = act_expect(g, @$, EXPECT_REPLY, &$2, $3, NULL); }
	| T_RELAYED text	{ $$ = act_expect(g, @$, EXPECT_RELAYED, NULL, $2, NULL); }
	| NOT T_RELAYED text	{ $$ = act_expect(g, @$, EXPECT_NOT_RELAYED, NULL, $3, NULL); }
	| T_LOG text		{ $$ = act_expect(g, @$, EXPECT_LOG, NULL, $2, NULL); }
	| cond			{ $$ = act_expect(g, @$, EXPECT_EXPR, NULL, NULL, $1); }
	;

opt_text:
	  %empty		{ $$ = NULL; }
	| text
	;

%%

static int yyreport_syntax_error(const yypcontext_t *ctx, struct gram *g)
{
	yysymbol_kind_t want[YYNTOKENS];
	const char *names[YYNTOKENS];
	int n = yypcontext_expected_tokens(ctx, want, YYNTOKENS);

	for (int i = 0; i < n; i++)
		names[i] = yysymbol_name(want[i]);
	gram_report(g, *yypcontext_location(ctx), names, n < 0 ? 0 : (unsigned)n);
	return 0;
}
