#include "format/keyvalue.h"

#include <errno.h>

#include "base/buf.h"
#include "format/keyvalue_line.h"

/* shadow lib/getdef.c: fgets into 1024 bytes, the rest of a longer line is a line of its own. */
const struct keyvalue_dialect keyvalue_login_defs = {
    .name = "login.defs",
    .split = KEYVALUE_BLANK,
    .overlong = KEYVALUE_CUT,
    .line_limit = 1023,
    .between = "\t",
};
/* Linux-PAM libpam/pam_modutil_searchkey.c: the first line decides, case does not count. */
const struct keyvalue_dialect keyvalue_login_defs_pam = {
    .name = "login.defs (PAM)",
    .split = KEYVALUE_SEARCH,
    .fold_case = true,
    .first_wins = true,
    .between = "\t",
};
/* libpwquality src/settings.c: strcasecmp, a line over PWQSETTINGS_MAX_LINE makes the file bad. */
const struct keyvalue_dialect keyvalue_pwquality = {
    .name = "pwquality.conf",
    .split = KEYVALUE_EQUALS,
    .fold_case = true,
    .overlong = KEYVALUE_REFUSE,
    .line_limit = 1023,
    .between = " = ",
};
/* Linux-PAM modules/pam_faillock/faillock_config.c: the same cutting, but strcmp. */
const struct keyvalue_dialect keyvalue_faillock = {
    .name = "faillock.conf",
    .split = KEYVALUE_EQUALS,
    .overlong = KEYVALUE_REFUSE,
    .line_limit = 1023,
    .between = " = ",
};
/* Linux-PAM modules/pam_pwhistory/pwhistory_config.c asks pam_modutil_search_key() per option. */
const struct keyvalue_dialect keyvalue_pwhistory = {
    .name = "pwhistory.conf",
    .split = KEYVALUE_SEARCH,
    .fold_case = true,
    .first_wins = true,
    .between = " = ",
};
/* audit src/auditd-config.c get_line(): 160 bytes; what does not end in a newline is skipped. */
const struct keyvalue_dialect keyvalue_auditd = {
    .name = "auditd.conf",
    .split = KEYVALUE_WORDS,
    .fold_case = true,
    .overlong = KEYVALUE_SKIP,
    .line_limit = 159,
    .needs_newline = true,
    .between = " = ",
};
const struct keyvalue_dialect keyvalue_shell = {
    .name = "shell assignments",
    .split = KEYVALUE_SHELL,
    .between = "=",
};

const struct keyvalue_dialect *const keyvalue_dialects[] = {
    &keyvalue_login_defs, &keyvalue_login_defs_pam, &keyvalue_pwquality, &keyvalue_faillock,
    &keyvalue_pwhistory,  &keyvalue_auditd,         &keyvalue_shell,     NULL,
};

static bool same_key(const struct keyvalue_dialect *d, struct str a, struct str b)
{
    if (!d->fold_case)
        return str_eq(a, b);
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        char x = a.p[i], y = b.p[i];
        x = x >= 'A' && x <= 'Z' ? (char)(x + 32) : x;
        y = y >= 'A' && y <= 'Z' ? (char)(y + 32) : y;
        if (x != y)
            return false;
    }
    return true;
}

struct keyvalue *keyvalue_parse(struct arena *a, const struct keyvalue_dialect *d, struct str bytes)
{
    struct keyvalue *kv = arena_make(a, struct keyvalue);
    kv->dialect = d;
    kv->arena = a;
    unsigned number = 1;
    for (size_t at = 0; at < bytes.n;) {
        const char *newline = memchr(bytes.p + at, '\n', bytes.n - at);
        size_t end = newline ? (size_t)(newline - bytes.p) + 1 : bytes.n;
        if (d->overlong == KEYVALUE_CUT && end - at > d->line_limit)
            end = at + d->line_limit;
        struct keyvalue_line l = {.raw = str_slice(bytes, at, end), .line = number};
        keyvalue_cut_line(a, d, &l);
        vec_push(a, &kv->lines, l);
        number += bytes.p[end - 1] == '\n';
        at = end;
    }
    return kv;
}

const struct keyvalue_line *keyvalue_get(const struct keyvalue *kv, const char *key)
{
    const struct keyvalue_line *found = NULL;
    for (size_t i = 0; i < kv->lines.n; i++) {
        const struct keyvalue_line *l = &kv->lines.v[i];
        if (!l->setting || !same_key(kv->dialect, l->key, str_of(key)))
            continue;
        found = l;
        if (kv->dialect->first_wins)
            break;
    }
    return found;
}

static bool ends_line(struct str raw)
{
    return raw.n && raw.p[raw.n - 1] == '\n';
}

/* A line as we write it, checked by reading it back. */
static int make_line(struct keyvalue *kv, const char *key, const char *value, const char *tail,
                     struct keyvalue_line *ret)
{
    _cleanup_buf_ struct buf b = {0};
    buf_puts(&b, key);
    if (value) {
        buf_puts(&b, kv->dialect->between);
        keyvalue_put_value(&b, kv->dialect, value);
    }
    buf_puts(&b, tail);
    struct keyvalue_line l = {.raw = {arena_strndup(kv->arena, b.data, b.len), b.len}};
    keyvalue_cut_line(kv->arena, kv->dialect, &l);
    if (!l.setting || l.malformed || !str_is(l.key, key) || !str_is(l.value, value ? value : ""))
        return -EINVAL;
    *ret = l;
    return 0;
}

/* The same line with another value; what stands before and behind it is kept. */
static int edit_line(struct keyvalue *kv, struct keyvalue_line *l, const char *value)
{
    if (str_is(l->value, value ? value : "") && !l->malformed)
        return 0;
    /* Half of an overlong line cannot be edited without moving where the program cuts it. */
    if (kv->dialect->overlong == KEYVALUE_CUT && !ends_line(l->raw) &&
        l->raw.n >= kv->dialect->line_limit)
        return -EINVAL;
    struct keyvalue_line edited;
    if (!value || !l->has_value || l->malformed) {
        int r = make_line(kv, str_dup(kv->arena, l->key), value, "\n", &edited);
        if (r < 0)
            return r;
    } else {
        _cleanup_buf_ struct buf b = {0};
        buf_append(&b, l->raw.p, l->value_at);
        keyvalue_put_value(&b, kv->dialect, value);
        buf_append(&b, l->raw.p + l->value_end, l->raw.n - l->value_end);
        edited = (struct keyvalue_line){.raw = {arena_strndup(kv->arena, b.data, b.len), b.len}};
        keyvalue_cut_line(kv->arena, kv->dialect, &edited);
        if (!edited.setting || edited.malformed || !str_eq(edited.key, l->key) ||
            !str_is(edited.value, value))
            return -EINVAL;
    }
    edited.line = l->line;
    *l = edited;
    return 0;
}

/* Behind "#KEY …" or "# KEY …", where the file explains the setting; SIZE_MAX: no such line. */
static size_t sample_place(const struct keyvalue *kv, const char *key)
{
    for (size_t i = kv->lines.n; i-- > 0;) {
        struct str s = str_trim(kv->lines.v[i].raw), word;
        if (!s.n || s.p[0] != '#' || !ends_line(kv->lines.v[i].raw))
            continue;
        s = str_trim(str_slice(s, 1, s.n));
        size_t n = 0;
        while (n < s.n && !strchr(" \t=", s.p[n]))
            n++;
        word = str_slice(s, 0, n);
        if (same_key(kv->dialect, word, str_of(key)))
            return i + 1;
    }
    return SIZE_MAX;
}

/* Gives a last line its newline, so that another can follow. */
static void finish_line(struct keyvalue *kv, struct keyvalue_line *l)
{
    if (ends_line(l->raw))
        return;
    char *raw = arena_alloc(kv->arena, l->raw.n + 2);
    memcpy(raw, l->raw.p, l->raw.n);
    raw[l->raw.n] = '\n';
    struct keyvalue_line whole = {.raw = {raw, l->raw.n + 1}, .line = l->line};
    keyvalue_cut_line(kv->arena, kv->dialect, &whole);
    *l = whole;
}

static void insert_line(struct keyvalue *kv, size_t at, struct keyvalue_line l)
{
    vec_push(kv->arena, &kv->lines, l);
    for (size_t i = kv->lines.n - 1; i > at; i--)
        kv->lines.v[i] = kv->lines.v[i - 1];
    kv->lines.v[at] = l;
}

/* In login.defs a comment behind a bare value is part of the value: it moves to a line above. */
static bool comment_in_value(struct keyvalue *kv, struct str value, struct keyvalue_line *ret)
{
    int hash = str_index(value, '#');
    if (kv->dialect->split != KEYVALUE_BLANK || hash < 0)
        return false;
    struct str comment = str_slice(value, (size_t)hash, value.n);
    const char *text = arena_printf(kv->arena, "%.*s\n", STR_ARG(comment));
    *ret = (struct keyvalue_line){.raw = str_of(text)};
    keyvalue_cut_line(kv->arena, kv->dialect, ret);
    return true;
}

int keyvalue_set(struct keyvalue *kv, const char *key, const char *value)
{
    bool found = false;
    if (value && strchr(value, '\n'))
        return -EINVAL;
    for (size_t i = 0; i < kv->lines.n; i++) {
        struct keyvalue_line *l = &kv->lines.v[i];
        if (!l->setting || !same_key(kv->dialect, l->key, str_of(key)))
            continue;
        struct keyvalue_line comment = {.line = l->line};
        bool moved =
            comment_in_value(kv, l->value, &comment) && !str_is(l->value, value ? value : "");
        int r = edit_line(kv, l, value);
        if (r < 0)
            return r;
        found = true;
        if (moved)
            insert_line(kv, i++, comment);
    }
    if (found)
        return 0;

    struct keyvalue_line l;
    int r = make_line(kv, key, value, "\n", &l);
    if (r < 0)
        return r;
    size_t place = sample_place(kv, key);
    if (place == SIZE_MAX) {
        place = kv->lines.n;
        if (place && kv->dialect->needs_newline && !ends_line(kv->lines.v[place - 1].raw))
            place--; /* a newline would bring to life what the program ignores now */
        else if (place)
            finish_line(kv, &kv->lines.v[place - 1]);
    }
    insert_line(kv, place, l);
    return 0;
}

bool keyvalue_unset(struct keyvalue *kv, const char *key)
{
    size_t kept = 0;
    for (size_t i = 0; i < kv->lines.n; i++) {
        const struct keyvalue_line *l = &kv->lines.v[i];
        if (!l->setting || !same_key(kv->dialect, l->key, str_of(key)))
            kv->lines.v[kept++] = *l;
    }
    bool removed = kept < kv->lines.n;
    kv->lines.n = kept;
    return removed;
}

struct str keyvalue_print(struct arena *a, const struct keyvalue *kv)
{
    size_t n = 0;
    for (size_t i = 0; i < kv->lines.n; i++)
        n += kv->lines.v[i].raw.n;
    char *out = arena_alloc(a, n + 1);
    size_t at = 0;
    for (size_t i = 0; i < kv->lines.n; i++) {
        memcpy(out + at, kv->lines.v[i].raw.p, kv->lines.v[i].raw.n);
        at += kv->lines.v[i].raw.n;
    }
    return (struct str){out, n};
}
