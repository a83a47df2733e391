#include "effective/hosts_access.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/buf.h"
#include "format/elf.h"

enum { PROGRAM_LIMIT = 64 << 20, LINES_MAX = 10000 };

struct line {
    struct str daemons, clients, options;
    struct where where;
};

struct lines {
    struct line *v;
    size_t n, cap;
};

/* A colon inside [] belongs to an IPv6 address. */
static bool next_part(struct str *rest, struct str *ret)
{
    if (!rest->p)
        return false;
    size_t i = 0;
    bool inside = false;
    for (; i < rest->n && (rest->p[i] != ':' || inside); i++) {
        if (rest->p[i] == '\\' && i + 1 < rest->n)
            i++;
        else if (rest->p[i] == '[' || rest->p[i] == ']')
            inside = rest->p[i] == '[';
    }
    *ret = str_trim((struct str){rest->p, i});
    if (i < rest->n)
        *rest = (struct str){rest->p + i + 1, rest->n - i - 1};
    else
        *rest = (struct str){NULL, 0};
    return true;
}

static int add_line(struct host *h, struct lines *ret, const char *path, unsigned number,
                    struct buf *text)
{
    struct str whole = str_trim((struct str){text->data, text->len});
    if (!whole.n || *whole.p == '#')
        return 0;
    struct str rest = str_of(arena_strndup(h->arena, whole.p, whole.n));
    struct line line = {.where = {path, number}};
    if (!next_part(&rest, &line.daemons) || !next_part(&rest, &line.clients))
        return -EINVAL; /* tcpd logs "missing \":\" separator" and skips the line */
    if (rest.p)
        line.options = str_trim(rest);
    vec_push(h->arena, ret, line);
    return 0;
}

/* Backslash-newline continues a line (xgets() of tcp_wrappers). */
static int read_lines(struct host *h, const char *path, struct lines *ret)
{
    struct str bytes, line;
    int r = root_read(h->root, path, &bytes);
    if (r < 0)
        return r;
    _cleanup_buf_ struct buf text = {0};
    unsigned start = 1;
    for (unsigned number = 1; str_next_line(&bytes, &line) && number < LINES_MAX; number++) {
        bool more = line.n && line.p[line.n - 1] == '\\';
        buf_append(&text, line.p, line.n - more);
        if (more && bytes.n)
            continue;
        (void)add_line(h, ret, path, start, &text);
        buf_clear(&text);
        start = number + 1;
    }
    return 0;
}

static bool network_matches(const char *address, struct str pattern)
{
    char text[64];
    unsigned char net[16], mask[16], own[16];
    int slash = str_index(pattern, '/');
    if (slash < 0 || pattern.n >= sizeof text)
        return false;
    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(pattern));
    text[slash] = '\0';
    char *base = text, *length = text + slash + 1;
    if (*base == '[' && slash > 1) {
        base++;
        text[slash - 1] = '\0';
    }
    int family = strchr(base, ':') ? AF_INET6 : AF_INET;
    size_t n = family == AF_INET ? 4 : 16;
    if (inet_pton(family, base, net) != 1 || inet_pton(family, address, own) != 1)
        return false;
    if (family == AF_INET && strchr(length, '.')) {
        if (inet_pton(AF_INET, length, mask) != 1)
            return false;
    } else {
        int64_t bits;
        if (str_to_int64(str_of(length), 10, &bits) < 0 || bits < 0 || bits > (int64_t)n * 8)
            return false;
        if (bits == 0 && family == AF_INET) /* libwrap takes 1 to 32 (oracle-hosts-access) */
            return false;
        memset(mask, 0, sizeof mask);
        for (int64_t b = 0; b < bits; b++)
            mask[b / 8] |= (unsigned char)(0x80U >> (b % 8));
    }
    for (size_t i = 0; i < n; i++)
        if ((own[i] & mask[i]) != net[i])
            return false;
    return true;
}

/* host_match() for a client whose name is not known. -EINVAL: a pattern we do not read. */
static int client_matches(const char *address, struct str token)
{
    if (str_starts(token, "@") || str_starts(token, "/"))
        return -EINVAL;
    int at = str_index(token, '@');
    if (at > 0)
        token = str_slice(token, (size_t)at + 1, token.n);
    if (str_is_nocase(token, "ALL") || str_is_nocase(token, "UNKNOWN"))
        return 1;
    if (str_is_nocase(token, "LOCAL") || str_is_nocase(token, "KNOWN") ||
        str_is_nocase(token, "PARANOID") || str_starts(token, "."))
        return 0;
    if (str_ends(token, "."))
        return token.n < strlen(address) && memcmp(address, token.p, token.n) == 0;
    if (str_index(token, '/') >= 0)
        return network_matches(address, token);
    if (str_starts(token, "[") && str_ends(token, "]") && strchr(address, ':'))
        token = str_slice(token, 1, token.n - 1);
    if (str_index(token, '*') >= 0 || str_index(token, '?') >= 0)
        return -EINVAL;
    return str_is_nocase(token, address);
}

static bool is_separator(char c)
{
    return c == ' ' || c == ',' || c == '\t';
}

static bool next_token(struct str *rest, struct str *ret)
{
    size_t i = 0;
    while (i < rest->n && is_separator(rest->p[i]))
        i++;
    size_t start = i;
    while (i < rest->n && !is_separator(rest->p[i]))
        i++;
    *ret = str_slice(*rest, start, i);
    *rest = str_slice(*rest, i, rest->n);
    return ret->n > 0;
}

static int token_matches(const char *daemon, const char *address, struct str token)
{
    if (address)
        return client_matches(address, token);
    int at = str_index(token, '@'); /* daemon@host: only for that address of ours */
    if (at > 0)
        return -EINVAL;
    return str_is_nocase(token, "ALL") || str_is_nocase(token, daemon);
}

/* list_match(): "a b EXCEPT c EXCEPT d" is a b EXCEPT (c EXCEPT d). */
static int list_matches(const char *daemon, const char *address, struct str list)
{
    bool result = false;
    struct str token;
    enum { DEPTH = 64 };
    bool hits[DEPTH] = {false};
    size_t depth = 0;
    while (next_token(&list, &token)) {
        if (str_is_nocase(token, "EXCEPT")) {
            if (++depth >= DEPTH)
                return -EINVAL;
            continue;
        }
        int r = hits[depth] ? 1 : token_matches(daemon, address, token);
        if (r < 0)
            return r;
        hits[depth] |= r > 0;
    }
    for (size_t i = depth + 1; i > 0; i--)
        result = hits[i - 1] && !result;
    return result;
}

/* hosts_options(5): "allow" and "deny" decide whatever the file is; an option that libwrap does not
 * know, as the rest of an IPv6 address without brackets, makes it refuse. */
static int options_grant(struct str options, bool allow)
{
    static const char *const harmless[] = {"severity", "spawn",  "user",      "group",
                                           "umask",    "linger", "keepalive", "banners",
                                           "nice",     "setenv", "rfc931",    NULL};
    struct str rest = options, option, name;
    while (next_part(&rest, &option)) {
        struct str words = option;
        if (!str_next_word(&words, &name))
            continue;
        bool last = !rest.p;
        if (str_is_nocase(option, "allow") || str_is_nocase(option, "deny"))
            return last && str_is_nocase(option, "allow");
        if (str_is_nocase(name, "twist") || str_is_nocase(name, "aclexec"))
            return -EINVAL;
        bool known = false;
        for (size_t i = 0; harmless[i]; i++)
            known = known || str_is_nocase(name, harmless[i]);
        if (!known)
            return false;
    }
    return allow;
}

static int file_decides(struct host *h, const char *path, const char *daemon, const char *address,
                        bool allow, struct hosts_answer *ret, struct err *why)
{
    struct lines lines = {0};
    int r = read_lines(h, path, &lines);
    if (r == -ENOENT)
        return 0;
    if (r < 0) {
        if (why)
            why->message = root_error_text(h->root, path, r);
        return r;
    }
    for (size_t i = 0; i < lines.n; i++) {
        const struct line *l = &lines.v[i];
        int by_daemon = list_matches(daemon, NULL, l->daemons);
        int by_client = by_daemon == 0 ? 0 : list_matches(daemon, address, l->clients);
        if (by_daemon < 0 || by_client < 0)
            return err_at(why,
                          err_set(why, -EINVAL,
                                  "a pattern of %s that depends on more than the "
                                  "address: %.*s",
                                  "%s 中的模式取决于地址以外的因素：%.*s", path,
                                  STR_ARG(l->clients)),
                          path, l->where.line, 0);
        if (!by_daemon || !by_client)
            continue;
        int granted = options_grant(l->options, allow);
        if (granted < 0)
            return err_at(why,
                          err_set(why, -EINVAL, "an option that runs a program decides",
                                  "由运行程序的选项决定"),
                          path, l->where.line, 0);
        *ret = (struct hosts_answer){granted > 0, l->where};
        return 1;
    }
    return 0;
}

int hosts_access(struct host *h, const char *daemon, const char *address, struct hosts_answer *ret,
                 struct err *why)
{
    int r = file_decides(h, "/etc/hosts.allow", daemon, address, true, ret, why);
    if (r == 0)
        r = file_decides(h, "/etc/hosts.deny", daemon, address, false, ret, why);
    if (r == 0)
        *ret = (struct hosts_answer){.allowed = true};
    return r < 0 ? r : 0;
}

int hosts_access_sources(struct host *h, const char *daemon, struct strings *ret)
{
    struct lines lines = {0};
    int r = read_lines(h, "/etc/hosts.allow", &lines);
    for (size_t i = 0; i < lines.n; i++) {
        if (list_matches(daemon, NULL, lines.v[i].daemons) <= 0)
            continue;
        const char *text = str_dup(h->arena, lines.v[i].clients);
        if (strings_find(ret, text) < 0)
            strings_add(h->arena, ret, text);
    }
    return r == -ENOENT ? 0 : r;
}

int hosts_access_linked(struct host *h, const char *const *programs, bool *ret, const char **ret_at)
{
    *ret = false;
    int last = -ENOENT;
    for (size_t i = 0; programs[i]; i++) {
        struct str bytes;
        struct strings needed = {0};
        int r = root_map(h->root, programs[i], PROGRAM_LIMIT, &bytes);
        if (r == -ENOENT)
            continue;
        if (r == 0)
            r = elf_needed(h->arena, bytes, &needed);
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
