#include "effective/logindefs.h"

#include <errno.h>
#include <limits.h>

static void *make(struct root *root, void *context)
{
    (void)context;
    struct arena *a = root_arena(root);
    struct logindefs *l = arena_make(a, struct logindefs);
    struct str bytes;
    l->path = "/etc/login.defs";
    l->error = root_read(root, l->path, &bytes);
    if (l->error == 0)
        l->doc = keyvalue_parse(a, &keyvalue_login_defs, bytes);
    return l;
}

const struct logindefs *host_logindefs(struct host *h)
{
    static const char key;
    return root_memo(h->root, &key, make, NULL);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool logindefs_parse_number(struct str s, int64_t *ret)
{
    while (s.n && is_space(s.p[0]))
        s = str_slice(s, 1, s.n);
    struct str digits = s;
    if (digits.n && (digits.p[0] == '-' || digits.p[0] == '+'))
        digits = str_slice(digits, 1, digits.n);
    bool minus = s.n && s.p[0] == '-';
    int base = 10;
    if (str_starts(digits, "0x") || str_starts(digits, "0X")) {
        base = 16;
        digits = str_slice(digits, 2, digits.n);
    } else if (str_starts(digits, "0")) {
        base = 8;
    }
    int64_t value;
    if (!digits.n || digits.p[0] == '-' || digits.p[0] == '+' ||
        str_to_int64(digits, base, &value) < 0)
        return false;
    value = minus ? -value : value;
    if (value < INT_MIN || value > INT_MAX)
        return false;
    *ret = value;
    return true;
}

enum logindefs_state logindefs_number(const struct logindefs *l, const char *name, int64_t *ret,
                                      unsigned *ret_line)
{
    const struct keyvalue_line *line = l->doc ? keyvalue_get(l->doc, name) : NULL;
    if (!line)
        return LOGINDEFS_UNSET;
    if (ret_line)
        *ret_line = line->line;
    return logindefs_parse_number(line->value, ret) ? LOGINDEFS_SET : LOGINDEFS_INVALID;
}

int64_t logindefs_number_or(const struct logindefs *l, const char *name, int64_t builtin)
{
    int64_t n;
    return logindefs_number(l, name, &n, NULL) == LOGINDEFS_SET ? n : builtin;
}
