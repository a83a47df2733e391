/*
 * Man pages and shell completions, written from the tables of commands and options, so that they
 * and --help cannot disagree.  What a table cannot say stands in docs/man/{en,zh}/NAME.md and is
 * embedded by scripts/embed-manual.
 */
#pragma once

#include "cli/cli.h"

struct manual_prose {
    const char *name; /* of a command, "dengbao", or of a page of section 5 */
    struct text roff; /* man(7) source: sections */
};
extern const struct manual_prose manual_prose[]; /* ends with a NULL name; generated */

/* "dengbao", "dengbao-check" …, then those of section 5 ("dengbao-policy"). */
struct strings manual_pages(struct arena *a);
bool manual_knows(struct arena *a, const char *page);
int manual_section(const char *page); /* 1 or 5 */
/* The man(7) source of a page by the name of manual_pages() or of a command. Its section, 1 or 5;
 * 0: there is none of that name. */
int manual_write(const struct invocation *i, const char *page, struct buf *b);

/* "bash", "zsh", "fish", NULL. */
extern const char *const completion_shells[];
/* The completion for that shell; false: it is none of the three. */
bool completion_write(struct arena *a, const char *shell, struct buf *b);

/*
 * What the word for an argument stands for, in the words that the completions know: "file", "dir",
 * "rule", "item", "format", "preset", "command", "transaction", "resource", "page", or "=word" for
 * a word to be typed as it is. Words for free text give nothing.  `arguments` is that of an option
 * ("DIR|FILE") or of a command ("[RULE|ITEM…]").
 */
struct strings completion_kinds(struct arena *a, const char *arguments);
