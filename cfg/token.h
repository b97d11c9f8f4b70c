/*
 * cfg/token.h - what the lexer hands to the preprocessor and that to the parser.
 */
#ifndef CFG_TOKEN_H
#define CFG_TOKEN_H

#include "cfg/source.h"

struct token {
	int                      kind;		/* of gram.h, or a character */
	struct slice             text;		/* strings: between the quotes */
	char                     quote;		/* '"', '\'' or 'f' for strings */
	bool                     is_expanded;	/* came out of a #!define */
	int64_t                  num;		/* NUM, SIZE: value; DUR: microseconds */
	const struct cfg_source *source;	/* of the text */
	uint32_t                 offset;	/* of the text in its source */
	struct cfg_span          at;		/* as shown: the place of use */
};

/* Kinds that the parser never sees. */
#define TOKEN_DIRECTIVE 1
#define TOKEN_EOL       2

struct lex;
struct load;

/** A scanner over one source. */
struct lex *lex_new(struct load *ld, const struct cfg_source *source);
/** The next token; kind 0 at the end. Says itself what is no token. */
void lex_next(struct lex *l, struct token *out);
/** From the next line on: pass over everything but directives, or no more. */
void lex_skip(struct lex *l, bool skip);
const struct cfg_source *lex_source(const struct lex *l);

/** UTF-8 needs none, and what reads the first line does not expect it. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

#endif
