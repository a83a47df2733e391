/*
 * Values: what a policy expects and what an observation found, in one vocabulary.
 * All memory belongs to the arena of the run; values are immutable once made.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"
#include "base/vec.h"

enum value_kind {
    VALUE_NULL,   /* not set, not there, not observed */
    VALUE_TEXT,   /* compared byte by byte */
    VALUE_WORD,   /* compared without regard to ASCII case (sshd keywords, yes/no) */
    VALUE_NUMBER, /* decimal; NUMBER_NEVER stands for "unlimited", "never" */
    VALUE_MODE,   /* permission bits, written in octal */
    VALUE_LIST,   /* a set of strings */
};

/* Larger than every number: no maximum, never expires. A policy writes it `never`. */
#define NUMBER_NEVER INT64_MAX

struct value {
    enum value_kind kind;
    int64_t number;      /* VALUE_NUMBER, VALUE_MODE */
    const char *text;    /* VALUE_TEXT, VALUE_WORD */
    struct strings list; /* VALUE_LIST */
};

#define VALUE_UNSET ((struct value){.kind = VALUE_NULL})

struct value value_text(const char *s); /* NULL gives VALUE_UNSET */
struct value value_word(const char *s);
struct value value_yes_no(bool yes);
struct value value_number(int64_t n);
struct value value_mode(unsigned mode);
struct value value_list(struct strings list);

/* Reads one scalar of a policy as that kind. 0, or -EINVAL / -ERANGE. */
int value_parse(struct arena *a, enum value_kind kind, struct str s, struct value *ret);
/* For people and JSON text: "0640", "never", "a, b"; NULL for VALUE_NULL. */
const char *value_show(struct arena *a, const struct value *v);
bool value_equal(const struct value *a, const struct value *b); /* lists as sets */
/* The name of a kind in messages: "number", "octal mode". */
struct text value_kind_text(enum value_kind kind);
