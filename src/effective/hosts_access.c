#include "effective/hosts_access.h"

#include <errno.h>
#include <stdlib.h>

#include "effective/program_file.h"
#include "root/accounts.h"

enum { LINES_MAX = 10000, LINE_SIZE = 2048, FILE_WORDS = 50000 };

struct reader {
    struct str rest;
    const char *path;
    unsigned line;
};

struct line {
    struct str daemons, clients, options;
    bool has_options;
    bool broken; /* no newline within the buffer of libwrap, or at the end of the file */
    struct where where;
};

/* split_at(): a colon inside [] belongs to an IPv6 address. */
static bool split_at_colon(struct str *rest, struct str *ret)
{
    int bracket = 0;
    size_t i = 0;
    for (; i < rest->n && (bracket != 0 || rest->p[i] != ':'); i++)
        bracket += rest->p[i] == '[' ? 1 : rest->p[i] == ']' ? -1 : 0;
    bool found = i < rest->n;
    *ret = str_slice(*rest, 0, i);
    *rest = str_slice(*rest, found ? i + 1 : i, rest->n);
    return found;
}

/* xgets(): fgets() into 2048 bytes, a backslash before the newline goes on in the next line.  A
 * NUL hides what follows it, the newline too. */
static bool read_logical(struct host *h, struct reader *r, struct str *ret, unsigned *ret_start)
{
    char text[LINE_SIZE];
    size_t used = 0, room = LINE_SIZE;
    *ret_start = r->line + 1;
    while (r->rest.n && room > 1) {
        struct str piece = str_slice(r->rest, 0, r->rest.n < room ? r->rest.n : room - 1);
        int end = str_index(piece, '\n');
        if (end >= 0)
            piece.n = (size_t)end + 1;
        r->rest = str_slice(r->rest, piece.n, r->rest.n);
        r->line += end >= 0;
        piece.n = strnlen(piece.p, piece.n);
        memcpy(text + used, piece.p, piece.n);
        if (piece.n && piece.p[piece.n - 1] == '\n') {
            if (piece.n < 2 || piece.p[piece.n - 2] != '\\') {
                used += piece.n;
                break;
            }
            piece.n -= 2;
        }
        used += piece.n;
        room -= piece.n;
    }
    *ret = str_of(arena_strndup(h->arena, text, used));
    return used > 0;
}

/* The next line that libwrap would look at. */
static bool read_rule(struct host *h, struct reader *r, struct line *ret)
{
    struct str text;
    unsigned start;
    while (r->line < LINES_MAX && read_logical(h, r, &text, &start)) {
        *ret = (struct line){.where = {r->path, start}};
        if (!text.n || text.p[text.n - 1] != '\n') {
            ret->broken = true;
            return true;
        }
        if (*text.p == '#' || !split_at_colon(&text, &ret->daemons))
            continue; /* without a colon: logged and skipped */
        ret->has_options = split_at_colon(&text, &ret->clients);
        ret->options = text;
        return true;
    }
    return false;
}

static int open_table(struct host *h, const char *path, struct reader *ret, struct err *why)
{
    *ret = (struct reader){.path = path};
    int r = root_read(h->root, path, &ret->rest);
    if (r == -ENOENT)
        return 0;
    if (r < 0 && why)
        why->message = root_error_text(h->root, path, r);
    return r;
}

/* ---- hosts_options(5) ---- */

enum grant { GRANT_AS_FILE, GRANT_ALLOW, GRANT_DENY, GRANT_UNKNOWN };

/* get_field(): up to a colon; a backslash before one takes it in. */
static bool next_option(struct host *h, struct str *rest, struct str *ret)
{
    char *text = arena_alloc(h->arena, rest->n + 1);
    size_t n = 0, i = 0;
    if (!rest->n)
        return false;
    for (; i < rest->n && rest->p[i] != ':'; i++) {
        if (rest->p[i] == '\\' && i + 1 < rest->n && rest->p[i + 1] == ':')
            i++;
        text[n++] = rest->p[i];
    }
    *rest = i < rest->n ? str_slice(*rest, i + 1, rest->n) : (struct str){0};
    *ret = str_trim((struct str){text, n});
    return true;
}

enum argument { ARG_NONE = 0, ARG_MAY = 1, ARG_MUST = 2, ARG_NUMBER = 4, ARG_LAST = 8 };

static const struct option {
    const char *name;
    unsigned flags;
    enum grant grant;
} options[] = {
    {"allow", ARG_LAST, GRANT_ALLOW},
    {"deny", ARG_LAST, GRANT_DENY},
    {"twist", ARG_MUST | ARG_LAST, GRANT_DENY}, /* another program answers in sshd's place */
    {"spawn", ARG_MUST, GRANT_AS_FILE},
    {"setenv", ARG_MUST, GRANT_AS_FILE},
    {"banners", ARG_MUST, GRANT_AS_FILE},
    {"keepalive", ARG_NONE, GRANT_AS_FILE},
    {"rfc931", ARG_MAY | ARG_NUMBER, GRANT_AS_FILE},
    {"linger", ARG_MUST | ARG_NUMBER, GRANT_AS_FILE},
    {"nice", ARG_MAY | ARG_NUMBER, GRANT_AS_FILE},
    {"aclexec", ARG_MUST, GRANT_UNKNOWN},
    {"user", ARG_MUST, GRANT_UNKNOWN}, /* sshd would go on without its rights */
    {"group", ARG_MUST, GRANT_UNKNOWN},
    {"umask", ARG_MUST, GRANT_UNKNOWN},
    {"severity", ARG_MUST, GRANT_UNKNOWN},
};

static bool is_number(struct str s, int base, int64_t most)
{
    int64_t n;
    return str_to_int64(s, base, &n) == 0 && n >= 0 && n <= most;
}

/* Arguments that are refused end in "no", as every mistake does (tcpd_jump()). */
static enum grant option_grants(struct host *h, const struct option *o, struct str value)
{
    if ((o->flags & ARG_NUMBER) && value.n && !is_number(value, 10, INT32_MAX))
        return GRANT_DENY;
    if (cstr_eq(o->name, "umask"))
        return is_number(value, 8, 0777) ? GRANT_AS_FILE : GRANT_DENY;
    if (cstr_eq(o->name, "user") || cstr_eq(o->name, "group")) {
        const struct accounts *a = root_accounts(h->root);
        char *name = str_dup(h->arena, value), *dot = strchr(name, '.');
        if (dot && *o->name == 'u')
            *dot = '\0';
        bool known =
            *o->name == 'u' ? accounts_find(a, name) != NULL : accounts_find_group(a, name) != NULL;
        return known ? GRANT_UNKNOWN : GRANT_DENY;
    }
    return o->grant;
}

static enum grant options_grant(struct host *h, struct str rest)
{
    struct str field;
    while (next_option(h, &rest, &field)) {
        size_t n = 0;
        while (n < field.n && !memchr("= \t\r\n", field.p[n], 5))
            n++;
        struct str key = str_slice(field, 0, n), value = str_trim(str_slice(field, n, field.n));
        if (str_starts(value, "="))
            value = str_trim(str_slice(value, 1, value.n));
        const struct option *o = NULL;
        for (size_t i = 0; i < sizeof options / sizeof *options && !o; i++)
            o = str_is_nocase(key, options[i].name) ? &options[i] : NULL;
        if (!o || ((o->flags & ARG_MUST) && !value.n) ||
            (value.n && !(o->flags & (ARG_MUST | ARG_MAY))) || ((o->flags & ARG_LAST) && rest.n))
            return GRANT_DENY; /* "bad option name" and the like: refused */
        enum grant grant = option_grants(h, o, value);
        if (grant != GRANT_AS_FILE)
            return grant;
    }
    return GRANT_AS_FILE;
}

/* ---- the decision ---- */

/* What two outcomes have in common; the first place that made it doubtful is kept. */
struct decision {
    bool may_allow, may_deny;
    struct where doubt;
    struct text reason;
};

static void doubt(struct decision *d, enum grant grant, struct where where, struct text reason)
{
    d->may_allow = d->may_allow || grant == GRANT_ALLOW || grant == GRANT_UNKNOWN;
    d->may_deny = d->may_deny || grant == GRANT_DENY || grant == GRANT_UNKNOWN;
    if (!d->doubt.path) {
        d->doubt = where;
        d->reason = reason;
    }
}

/* A line that libwrap cannot read to its end: Debian's gives up on the file, as if a line of
 * hosts.deny matched or none of hosts.allow did (7.6.q-32, measured); upstream's skips the line,
 * and what the other builds do was not seen. */
static bool broken_line(struct host *h, const struct line *l, bool allow, struct decision *d,
                        struct hosts_answer *ret)
{
    if (h->release->family != FAMILY_DEBIAN) {
        doubt(d, allow ? GRANT_AS_FILE : GRANT_DENY, l->where,
              TEXT("a line without a newline at its end, or longer than libwrap's buffer",
                   "该行末尾没有换行符，或超过 libwrap 的缓冲区"));
        return false;
    }
    *ret = (struct hosts_answer){.allowed = false, .where = l->where};
    return !allow;
}

static enum hosts_match line_matches(struct host *h, const struct line *l, const char *daemon,
                                     const struct hosts_client *client)
{
    enum hosts_match by_daemon = hosts_daemons_match(h, l->daemons, daemon);
    if (by_daemon == HOSTS_NO)
        return HOSTS_NO;
    enum hosts_match by_client = hosts_clients_match(h, l->clients, client);
    return by_client == HOSTS_YES ? by_daemon : by_client;
}

/* 1: a line decides, *ret is set; 0: none does; negative: the file cannot be read. */
static int file_decides(struct host *h, const char *path, const char *daemon,
                        const struct hosts_client *client, struct decision *d,
                        struct hosts_answer *ret, struct err *why)
{
    struct reader reader;
    struct line l;
    bool allow = cstr_eq(path, "/etc/hosts.allow");
    int r = open_table(h, path, &reader, why);
    if (r < 0)
        return r;
    while (read_rule(h, &reader, &l)) {
        if (l.broken)
            return broken_line(h, &l, allow, d, ret);
        enum hosts_match match = line_matches(h, &l, daemon, client);
        if (match == HOSTS_NO)
            continue;
        enum grant grant = l.has_options ? options_grant(h, l.options) : GRANT_AS_FILE;
        if (grant == GRANT_AS_FILE)
            grant = allow ? GRANT_ALLOW : GRANT_DENY;
        if (match == HOSTS_MAYBE || grant == GRANT_UNKNOWN) {
            struct text reason =
                match == HOSTS_MAYBE
                    ? text_make(h->arena,
                                "a pattern of %s that depends on more than the address: %.*s",
                                "%s 中的模式取决于地址以外的因素：%.*s", path,
                                STR_ARG(str_trim(l.clients)))
                    : TEXT("an option that runs a program or changes the process decides",
                           "由运行程序或改变进程属性的选项决定");
            doubt(d, grant, l.where, reason);
            if (match == HOSTS_MAYBE)
                continue;
        }
        *ret = (struct hosts_answer){grant == GRANT_ALLOW, l.where};
        return 1;
    }
    return 0;
}

int hosts_access(struct host *h, const char *daemon, const struct hosts_client *client,
                 struct hosts_answer *ret, struct err *why)
{
    struct decision d = {0};
    struct hosts_answer answer = {.allowed = true};
    unsigned words = FILE_WORDS;
    struct hosts_client bounded = {client->address, client->name, &words};
    client = &bounded;
    int r = file_decides(h, "/etc/hosts.allow", daemon, client, &d, &answer, why);
    if (r == 0) {
        answer = (struct hosts_answer){.allowed = true};
        r = file_decides(h, "/etc/hosts.deny", daemon, client, &d, &answer, why);
    }
    if (r < 0)
        return r;
    if (answer.allowed ? d.may_deny : d.may_allow) {
        if (why)
            why->message = d.reason;
        return err_at(why, -EINVAL, d.doubt.path, d.doubt.line, 0);
    }
    *ret = answer;
    return 0;
}

int hosts_access_any(struct host *h, const char *daemon, const char *address,
                     struct hosts_answer *ret, struct err *why)
{
    static const char *const names[] = {"unknown", "paranoid", "client.outside.invalid", "outside"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct hosts_client client = {.address = address, .name = names[i]};
        int r = hosts_access(h, daemon, &client, ret, why);
        if (r < 0 || ret->allowed)
            return r;
    }
    return 0;
}

int hosts_access_sources(struct host *h, const char *daemon, struct strings *ret)
{
    struct reader reader;
    struct line l;
    int r = open_table(h, "/etc/hosts.allow", &reader, NULL);
    while (r == 0 && read_rule(h, &reader, &l) && !l.broken) {
        if (hosts_daemons_match(h, l.daemons, daemon) == HOSTS_NO)
            continue;
        const char *text = str_dup(h->arena, str_trim(l.clients));
        if (strings_find(ret, text) < 0)
            strings_add(h->arena, ret, text);
    }
    return r;
}

int hosts_access_linked(struct host *h, const char *const *programs, bool *ret, const char **ret_at)
{
    *ret = false;
    int last = -ENOENT;
    for (size_t i = 0; programs[i]; i++) {
        _cleanup_root_file_ struct root_file f = {.fd = -1};
        struct strings needed = {0};
        int r = root_file_open(h->root, programs[i], &f);
        if (r == -ENOENT)
            continue;
        if (r == 0)
            r = program_file_needs(h->arena, &f, &needed);
        if (r < 0)
            return r;
        last = 0;
        for (size_t k = 0; k < needed.n; k++)
            if (cstr_starts(needed.v[k], "libwrap.so")) {
                *ret = true;
                *ret_at = programs[i];
            }
    }
    return last;
}
