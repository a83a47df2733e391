/*
 * passwd, shadow and group as the C library's "files" service reads them (glibc nss/nss_files:
 * files-pwd.c, files-spwd.c, files-grp.c, files-parse.c), because that is what getpwnam, login and
 * pam_unix see: leading blanks are skipped, lines of blanks or starting with "#" are passed over,
 * the line ends at a NUL, numbers go through strtoul and must fit in 32 bits, missing last
 * fields of passwd are empty. What glibc takes but pwck(8) would not is an account and listed as
 * malformed as well; what glibc refuses is only listed.
 */
#include "root/accounts.h"

#include <errno.h>
#include <string.h>

#include "format/colon.h"
#include "root/accounts_index.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The part of a line that glibc parses; empty: passed over. */
static struct str usable_part(struct str line)
{
    const char *nul = line.n ? memchr(line.p, '\0', line.n) : NULL;
    if (nul)
        line.n = (size_t)(nul - line.p);
    while (line.n && is_space(line.p[0])) {
        line.p++;
        line.n--;
    }
    return line.n && line.p[0] == '#' ? (struct str){"", 0} : line;
}

/* strtoul(3): blanks, a sign, digits; glibc refuses what takes more than 32 bits, "-1" included.
 * Returns the bytes consumed, 0: no number. */
static size_t read_number(struct str s, uint32_t *ret)
{
    size_t i = 0;
    while (i < s.n && is_space(s.p[i]))
        i++;
    bool negative = i < s.n && s.p[i] == '-';
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        i++;
    size_t digits = i;
    uint64_t value = 0;
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        if (value <= UINT32_MAX)
            value = value * 10 + (uint64_t)(s.p[i] - '0');
    if (i == digits)
        return 0;
    if (value > UINT32_MAX || (negative && value))
        return 0;
    *ret = (uint32_t)value;
    return i;
}

struct fields {
    struct str rest; /* p NULL: the line has ended */
};

static struct str take(struct fields *f)
{
    struct str field = {"", 0};
    if (!str_next_field(&f->rest, ':', &field))
        return (struct str){"", 0};
    return field;
}

/* INT_FIELD: a number that fills its field. */
static bool take_id(struct fields *f, int64_t *ret)
{
    struct str field = take(f);
    uint32_t value;
    size_t n = read_number(field, &value);
    if (n == 0 || n != field.n)
        return false;
    *ret = value;
    return true;
}

/* INT_FIELD_MAYBE_NULL: the field may be empty, but the line must not have ended. */
static bool take_days(struct fields *f, int64_t *ret)
{
    if (!f->rest.p || f->rest.n == 0)
        return false;
    struct str field = take(f);
    uint32_t value = 0;
    size_t n = read_number(field, &value);
    if (n != field.n)
        return false;
    *ret = n ? (int32_t)value : ACCOUNT_UNSET; /* through an int, as glibc does */
    return true;
}

struct reader {
    struct arena *arena;
    struct accounts *a;
    const char *path;
    unsigned line;
};

static void malformed(struct reader *r)
{
    struct malformed_line m = {r->path, r->line};
    vec_push(r->arena, &r->a->malformed, m);
}

static bool is_nis(struct reader *r, struct str name)
{
    if (!name.n || (name.p[0] != '+' && name.p[0] != '-'))
        return false;
    r->a->has_nis_entries = true;
    return true;
}

static bool add_user(struct reader *r, struct str line)
{
    struct fields f = {line};
    struct str name = take(&f);
    if (is_nis(r, name))
        return true;
    struct account u = {.passwd_line = r->line,
                        .name = str_dup(r->arena, name),
                        .passwd_field = str_dup(r->arena, take(&f)),
                        .last_change = ACCOUNT_UNSET,
                        .min_days = ACCOUNT_UNSET,
                        .max_days = ACCOUNT_UNSET,
                        .warn_days = ACCOUNT_UNSET,
                        .inactive_days = ACCOUNT_UNSET,
                        .expire_date = ACCOUNT_UNSET};
    if (!take_id(&f, &u.uid) || !take_id(&f, &u.gid))
        return false;
    u.gecos = str_dup(r->arena, take(&f));
    u.home = str_dup(r->arena, take(&f));
    u.shell = f.rest.p ? str_dup(r->arena, f.rest) : ""; /* with any colons left */
    vec_push(r->arena, &r->a->users, u);
    return name.n && colon_count(line) == 7;
}

static bool add_group(struct reader *r, struct str line)
{
    struct fields f = {line};
    struct str name = take(&f), member;
    if (is_nis(r, name))
        return true;
    struct group g = {.name = str_dup(r->arena, name), .line = r->line};
    (void)take(&f);
    if (!take_id(&f, &g.gid))
        return false;
    struct str rest = f.rest;
    while (str_next_field(&rest, ',', &member)) {
        while (member.n && is_space(member.p[0]))
            member = str_slice(member, 1, member.n);
        if (member.n)
            strings_add(r->arena, &g.members, str_dup(r->arena, member));
    }
    vec_push(r->arena, &r->a->groups, g);
    return name.n && colon_count(line) == 4;
}

/* The first line of a name counts; `users` are all entries of that name. */
static void give_shadow(struct reader *r, struct str name, const struct account *from)
{
    size_t at = accounts_first_user(r->a, name);
    for (; at != SIZE_MAX; at = accounts_next_user(r->a, at)) {
        struct account *u = &r->a->users.v[at];
        if (u->in_shadow)
            return;
        u->in_shadow = true;
        u->hash = from->hash;
        u->shadow_line = r->line;
        u->last_change = from->last_change;
        u->min_days = from->min_days;
        u->max_days = from->max_days;
        u->warn_days = from->warn_days;
        u->inactive_days = from->inactive_days;
        u->expire_date = from->expire_date;
    }
}

static bool add_shadow(struct reader *r, struct str line)
{
    struct fields f = {line};
    struct str name = take(&f);
    if (is_nis(r, name))
        return true;
    struct account s = {
        .warn_days = ACCOUNT_UNSET, .inactive_days = ACCOUNT_UNSET, .expire_date = ACCOUNT_UNSET};
    s.hash = str_dup(r->arena, take(&f));
    if (!take_days(&f, &s.last_change) || !take_days(&f, &s.min_days) ||
        !take_days(&f, &s.max_days))
        return false;
    while (f.rest.n && is_space(f.rest.p[0]))
        f.rest = str_slice(f.rest, 1, f.rest.n);
    if (f.rest.n) { /* otherwise the old form with five fields */
        int64_t flag;
        if (!take_days(&f, &s.warn_days) || !take_days(&f, &s.inactive_days) ||
            !take_days(&f, &s.expire_date) || (f.rest.n && !take_days(&f, &flag)))
            return false;
    }
    give_shadow(r, name, &s);
    return name.n && colon_count(line) == 9;
}

static int read_file(struct root *root, struct reader *r, bool (*add)(struct reader *, struct str))
{
    struct str bytes, line;
    int code = root_read(root, r->path, &bytes);
    if (code < 0)
        return code;
    while (str_next_line(&bytes, &line)) {
        r->line++;
        struct str part = usable_part(line);
        bool whole = part.n == line.n;
        if (part.n == 0 || !add(r, part) || !whole)
            malformed(r);
    }
    return 0;
}

static bool is_shadowed(const struct account *u)
{
    /* pam_unix passverify.c, is_pwd_shadowed: "x", or "##name" */
    return strcmp(u->passwd_field, "x") == 0 ||
           (cstr_starts(u->passwd_field, "##") && strcmp(u->passwd_field + 2, u->name) == 0);
}

static void *make(struct root *root, void *context)
{
    (void)context;
    struct arena *arena = root_arena(root);
    struct accounts *a = arena_make(arena, struct accounts);
    struct reader passwd = {arena, a, "/etc/passwd", 0}, shadow = {arena, a, "/etc/shadow", 0},
                  group = {arena, a, "/etc/group", 0};
    a->passwd_error = read_file(root, &passwd, add_user);
    a->group_error = read_file(root, &group, add_group);
    a->index = accounts_index_make(arena, a);
    a->shadow_error = read_file(root, &shadow, add_shadow);
    for (size_t i = 0; i < a->users.n; i++) {
        struct account *u = &a->users.v[i];
        if (!is_shadowed(u))
            u->hash = u->passwd_field;
        else if (!u->in_shadow) /* no shadow line: pam_unix finds nothing to compare with */
            u->hash = a->shadow_error == 0 || a->shadow_error == -ENOENT ? "x" : NULL;
    }
    return a;
}

const struct accounts *root_accounts(struct root *r)
{
    static const char key;
    return root_memo(r, &key, make, NULL);
}

/* Programs that end at once or do one thing, named as login shells to keep people out. A restricted
 * shell (git-shell, rbash) lets its owner work, so it counts as a login shell. */
bool account_has_login_shell(const struct account *user)
{
    static const char *const none[] = {"nologin", "false",    "true",   "sync", "shutdown",
                                       "halt",    "poweroff", "reboot", "null"};
    const char *slash = strrchr(user->shell, '/');
    const char *name = slash ? slash + 1 : user->shell;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (strcmp(name, none[i]) == 0)
            return false;
    return true; /* "": login(1) and sshd take /bin/sh */
}

static bool is_crypt_output(const char *hash)
{
    static const char alphabet[] =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if (hash[0] == '$')
        return hash[1] && strchr(hash + 1, '$') != NULL;
    if (hash[0] == '_') /* BSDi extended DES */
        return strspn(hash + 1, alphabet) == 19 && !hash[20];
    return strspn(hash, alphabet) >= 13; /* DES; pam_unix cuts what follows (HP-UX ageing) */
}

enum password_state account_password(const struct account *user)
{
    const char *hash = user->hash;
    if (!hash)
        return PASSWORD_UNKNOWN;
    if (!*hash)
        return PASSWORD_EMPTY;
    if (*hash == '!')
        return strcmp(hash, "!!") == 0 ? PASSWORD_NONE : PASSWORD_LOCKED;
    return is_crypt_output(hash) ? PASSWORD_SET : PASSWORD_NONE;
}
