#include "effective/hosts_pattern.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

enum { FILE_DEPTH = 8, EXCEPT_DEPTH = 64, TEXT_MAX = 128 };

static const char unknown_name[] = "unknown", paranoid_name[] = "paranoid";

static bool is_separator(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\r' || c == '\n';
}

bool hosts_next_token(struct str *rest, struct str *ret)
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

static enum hosts_match both(enum hosts_match a, enum hosts_match b)
{
    if (a == HOSTS_NO || b == HOSTS_NO)
        return HOSTS_NO;
    return a == HOSTS_YES && b == HOSTS_YES ? HOSTS_YES : HOSTS_MAYBE;
}

static enum hosts_match either(enum hosts_match a, enum hosts_match b)
{
    if (a == HOSTS_YES || b == HOSTS_YES)
        return HOSTS_YES;
    return a == HOSTS_NO && b == HOSTS_NO ? HOSTS_NO : HOSTS_MAYBE;
}

static enum hosts_match except(enum hosts_match list, enum hosts_match rest)
{
    static const enum hosts_match not [] = {HOSTS_YES, HOSTS_NO, HOSTS_MAYBE};
    return both(list, not [rest]);
}

static bool same_letter(char a, char b)
{
    return str_is_nocase((struct str){&a, 1}, (char[]){b, '\0'});
}

/* match_pattern_ylo(), in Debian without regard to case; several stars at the end need one more
 * character. */
static bool wildcard(const char *s, struct str pattern)
{
    size_t p = 0, star = pattern.n, n = pattern.n;
    bool some = n > 1 && pattern.p[n - 1] == '*' && pattern.p[n - 2] == '*';
    const char *from = NULL;
    while (n > 1 && pattern.p[n - 1] == '*' && pattern.p[n - 2] == '*')
        n--;
    n -= some; /* "a**" is "a" and then at least one character */
    for (;;) {
        if (p < n && pattern.p[p] == '*') {
            star = ++p;
            from = s;
        } else if (p == n && some && *s) {
            return true;
        } else if (p == n && !some && !*s) {
            return true;
        } else if (p < n && *s && (pattern.p[p] == '?' || same_letter(pattern.p[p], *s))) {
            p++;
            s++;
        } else if (from && *from) {
            s = ++from;
            p = star;
        } else {
            return false;
        }
    }
}

/* dot_quad_addr(): four runs, each as inet_addr() reads it (010 is 8). */
static bool quad(const char *text, uint32_t *ret)
{
    unsigned runs = 0;
    for (const char *c = text; *c; c++)
        runs += *c != '.' && (c == text || c[-1] == '.');
    struct in_addr in;
    if (runs != 4 || inet_aton(text, &in) == 0 || in.s_addr == INADDR_NONE)
        return false;
    *ret = ntohl(in.s_addr);
    return true;
}

static bool network4(const char *address, const char *net, const char *mask)
{
    uint32_t own, base, bits;
    if (!quad(address, &own) || !quad(net, &base))
        return false;
    if (!quad(mask, &bits)) { /* 255.255.255.255 is INADDR_NONE to inet_addr(): no mask */
        long length = strtol(mask, NULL, 10);
        if (length < 1 || length > 32)
            return false;
        bits = UINT32_MAX << (32 - length);
    }
    return (own & bits) == base;
}

static bool network6(const char *address, const char *net, const char *mask)
{
    struct in6_addr own, base;
    long length = strtol(mask, NULL, 10);
    if (length < 0 || length > 128 || inet_pton(AF_INET6, net, &base) != 1 ||
        inet_pton(AF_INET6, address, &own) != 1)
        return false;
    for (long i = 0; i < length; i++) {
        unsigned bit = 0x80U >> (i % 8);
        if ((own.s6_addr[i / 8] & bit) != (base.s6_addr[i / 8] & bit))
            return false;
    }
    return true;
}

/* string_match() of a pattern without wildcards that looks at one text. */
static bool text_matches(struct str token, const char *text)
{
    size_t n = strlen(text);
    if (memchr(token.p, '*', token.n) || memchr(token.p, '?', token.n))
        return wildcard(text, token);
    if (*token.p == '.')
        return n > token.n && str_is_nocase(token, text + n - token.n);
    if (str_is_nocase(token, "ALL"))
        return true;
    if (str_is_nocase(token, "KNOWN"))
        return !cstr_eq_nocase(text, unknown_name);
    if (str_ends(token, "."))
        return n >= token.n && strncasecmp(text, token.p, token.n) == 0;
    return str_is_nocase(token, text);
}

static bool address_matches(struct str token, const char *address)
{
    char text[TEXT_MAX];
    if (text_matches(token, address))
        return true;
    if (token.n >= sizeof text)
        return false;
    memcpy(text, token.p, token.n);
    text[token.n] = '\0';
    bool six = strchr(address, ':') != NULL;
    char *end = *text == '[' ? strchr(text, ']') : NULL;
    char *slash = strchr(end ? end : text, '/');
    if (slash)
        *slash++ = '\0';
    if (!six)
        return slash && !end && network4(address, text, slash);
    if (!end || end[1])
        return false;
    *end = '\0';
    return network6(address, text + 1, slash ? slash : "128");
}

/* NOT_INADDR(): anything but digits, dots and a slash may be a name. */
static bool may_be_name(struct str token)
{
    for (size_t i = 0; i < token.n; i++)
        if (!strchr("0123456789./", token.p[i]))
            return true;
    return false;
}

static enum hosts_match name_matches(struct str token, const char *name)
{
    if (name)
        return text_matches(token, name) ? HOSTS_YES : HOSTS_NO;
    return str_is_nocase(token, "ALL") ? HOSTS_YES : HOSTS_MAYBE;
}

/* Files that are open while one is read that another names. */
struct chain {
    const char *path;
    const struct chain *up;
    unsigned depth;
};

static enum hosts_match host_matches(struct host *h, struct str token,
                                     const struct hosts_client *client, const struct chain *chain);

/* fscanf(%s) */
static bool next_in_file(struct str *rest, struct str *ret)
{
    static const char space[] = " \t\n\v\f\r";
    size_t i = 0;
    while (i < rest->n && memchr(space, rest->p[i], sizeof space - 1))
        i++;
    size_t start = i;
    while (i < rest->n && !memchr(space, rest->p[i], sizeof space - 1))
        i++;
    *ret = str_slice(*rest, start, i);
    *rest = str_slice(*rest, i, rest->n);
    return ret->n > 0;
}

/* A pattern that is a path stands for the patterns in that file, words without EXCEPT. */
static enum hosts_match file_matches(struct host *h, struct str token,
                                     const struct hosts_client *client, const struct chain *up)
{
    struct str bytes, word;
    struct chain chain = {str_dup(h->arena, token), up, up ? up->depth + 1 : 0};
    unsigned *left = client ? client->words_left : NULL;
    for (const struct chain *c = up; c; c = c->up)
        if (cstr_eq(c->path, chain.path))
            return HOSTS_MAYBE; /* libwrap opens it until it has no descriptors left */
    int r =
        chain.depth < FILE_DEPTH && left && *left ? root_read(h->root, chain.path, &bytes) : -ELOOP;
    if (r < 0)
        return r == -ENOENT ? HOSTS_NO : HOSTS_MAYBE;
    enum hosts_match result = HOSTS_NO;
    while (result != HOSTS_YES && next_in_file(&bytes, &word)) {
        if (*left == 0)
            return HOSTS_MAYBE;
        --*left;
        result = either(result, host_matches(h, word, client, &chain));
    }
    return result;
}

static enum hosts_match host_matches(struct host *h, struct str token,
                                     const struct hosts_client *client, const struct chain *chain)
{
    const char *name = client ? client->name : NULL;
    bool known =
        name && !cstr_eq_nocase(name, unknown_name) && !cstr_eq_nocase(name, paranoid_name);
    if (str_starts(token, "@"))
        return HOSTS_MAYBE; /* a netgroup */
    if (str_starts(token, "/"))
        return file_matches(h, token, client, chain);
    if (str_is_nocase(token, "KNOWN"))
        return !name ? HOSTS_MAYBE : known ? HOSTS_YES : HOSTS_NO;
    if (str_is_nocase(token, "LOCAL"))
        return !name ? HOSTS_MAYBE : known && !strchr(name, '.') ? HOSTS_YES : HOSTS_NO;
    if (!client)
        return str_is_nocase(token, "ALL") ? HOSTS_YES : HOSTS_MAYBE;
    const char *address = client->address;
    if (cstr_starts(address, "::ffff:") && strchr(address, '.'))
        address += strlen("::ffff:"); /* sockgen_simplify(): a mapped address is an IPv4 one */
    if (address_matches(token, address))
        return HOSTS_YES;
    return may_be_name(token) ? name_matches(token, name) : HOSTS_NO;
}

/* "user@host": the first character is never the separator (split_at(tok + 1, '@'), which does not
 * look into brackets). */
static bool split_user(struct str token, struct str *ret_user, struct str *ret_host)
{
    int bracket = 0;
    for (size_t i = 1; i < token.n; i++) {
        if (token.p[i] == '[')
            bracket++;
        else if (token.p[i] == ']')
            bracket--;
        else if (bracket == 0 && token.p[i] == '@') {
            *ret_user = str_slice(token, 0, i);
            *ret_host = str_slice(token, i + 1, token.n);
            return true;
        }
    }
    return false;
}

static enum hosts_match client_matches(struct host *h, struct str token, const char *daemon,
                                       const struct hosts_client *client)
{
    (void)daemon;
    struct str user, host;
    if (!split_user(token, &user, &host))
        return host_matches(h, token, client, NULL);
    /* What the client's ident service says is the client's own choice. */
    enum hosts_match by_user = str_is_nocase(user, "ALL") ? HOSTS_YES : HOSTS_MAYBE;
    return host.n ? both(host_matches(h, host, client, NULL), by_user) : HOSTS_NO;
}

static enum hosts_match daemon_matches(struct host *h, struct str token, const char *daemon,
                                       const struct hosts_client *client)
{
    (void)client;
    struct str name, host;
    if (!split_user(token, &name, &host))
        return text_matches(token, daemon) ? HOSTS_YES : HOSTS_NO;
    if (!text_matches(name, daemon) || !host.n)
        return HOSTS_NO;
    return host_matches(h, host, NULL, NULL); /* our own address and name: any */
}

typedef enum hosts_match token_matches(struct host *h, struct str token, const char *daemon,
                                       const struct hosts_client *client);

/* list_match(): "a b EXCEPT c EXCEPT d" is a b EXCEPT (c EXCEPT d). */
static enum hosts_match list_matches(struct host *h, struct str list, token_matches *matches,
                                     const char *daemon, const struct hosts_client *client)
{
    enum hosts_match part[EXCEPT_DEPTH] = {HOSTS_NO};
    size_t depth = 0;
    struct str token;
    while (hosts_next_token(&list, &token)) {
        if (!str_is_nocase(token, "EXCEPT")) {
            if (part[depth] != HOSTS_YES)
                part[depth] = either(part[depth], matches(h, token, daemon, client));
        } else if (part[depth] == HOSTS_NO) {
            break; /* what follows is not looked at */
        } else if (++depth == EXCEPT_DEPTH) {
            return HOSTS_MAYBE;
        }
    }
    enum hosts_match result = HOSTS_NO;
    for (size_t i = depth + 1; i > 0; i--)
        result = except(part[i - 1], result);
    return result;
}

enum hosts_match hosts_daemons_match(struct host *h, struct str list, const char *daemon)
{
    return list_matches(h, list, daemon_matches, daemon, NULL);
}

enum hosts_match hosts_clients_match(struct host *h, struct str list,
                                     const struct hosts_client *client)
{
    return list_matches(h, list, client_matches, NULL, client);
}
