/*
 * /etc/login.defs as the shadow tools read it: the last line for a name counts, numbers as strtol
 * with base 0, and a value that is no number is reported and ignored (lib/getdef.c).
 */
#pragma once

#include "effective/host.h"
#include "format/keyvalue.h"

struct logindefs {
    const char *path;
    int error;                  /* 0, -ENOENT (everything is built in), or -errno of reading */
    const struct keyvalue *doc; /* NULL with error */
};

/* Read once per host; never NULL. */
const struct logindefs *host_logindefs(struct host *h);

enum logindefs_state { LOGINDEFS_UNSET, LOGINDEFS_SET, LOGINDEFS_INVALID };

/* A number that fits an int, as getdef_num() takes it. `ret_line` may be NULL. */
enum logindefs_state logindefs_number(const struct logindefs *l, const char *name, int64_t *ret,
                                      unsigned *ret_line);
/* The same with shadow's built-in default where the file does not give a valid number. */
int64_t logindefs_number_or(const struct logindefs *l, const char *name, int64_t builtin);
/* getdef_num()'s reading of a value: "90", "0x5a", "027" (octal), "-1". */
bool logindefs_parse_number(struct str value, int64_t *ret);
