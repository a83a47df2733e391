/* The regular expressions of sudo's lexer (toke.l), as functions that give the longest match. */
#include "format/sudoers_lex.h"

#include <arpa/inet.h>

static bool in(char c, const char *set)
{
    return c && strchr(set, c) != NULL;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool hex(char c)
{
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A run of bytes outside `stop`, where a backslash takes the next byte unless it is in `not`. */
static size_t run(struct str s, size_t i, const char *stop, const char *not_escaped)
{
    while (i < s.n) {
        if (s.p[i] == '\\') {
            if (i + 1 >= s.n || in(s.p[i + 1], not_escaped))
                break;
            i += 2;
        } else if (in(s.p[i], stop)) {
            break;
        } else {
            i++;
        }
    }
    return i;
}

size_t sudoers_match_word(struct str s)
{
    return run(s, 0, "#>!=:,() \t\r\n\"", "\t\n");
}

size_t sudoers_match_envar(struct str s)
{
    if (s.n == 0 || s.p[0] == '!')
        return 0;
    return run(s, 0, "#=, \t\r\n\"", "\r\n");
}

size_t sudoers_match_id(struct str s)
{
    size_t i = 1;
    if (s.n == 0 || s.p[0] != '#')
        return 0;
    if (i < s.n && s.p[i] == '-')
        i++;
    size_t digits = i;
    while (i < s.n && digit(s.p[i]))
        i++;
    return i > digits ? i : 0;
}

size_t sudoers_match_path(struct str s)
{
    size_t i = 1;
    if (s.n == 0 || s.p[0] != '/')
        return 0;
    while (i < s.n) {
        if (s.p[i] == '\\') {
            if (i + 1 >= s.n || !in(s.p[i + 1], ",:= \t#"))
                break;
            i += 2;
        } else if (in(s.p[i], ",:= \t\r\n#")) {
            break;
        } else {
            i++;
        }
    }
    return i > 1 ? i : 0;
}

size_t sudoers_match_regex(struct str s)
{
    size_t best = 0;
    if (s.n == 0 || s.p[0] != '^')
        return 0;
    for (size_t i = 1; i < s.n && s.p[i] != '\r' && s.p[i] != '\n'; i++) {
        bool escaped = s.p[i - 1] == '\\' && i > 1;
        if (s.p[i] == '$')
            best = i + 1;
        if (in(s.p[i], "#$") && !escaped)
            break;
    }
    return best;
}

size_t sudoers_match_alias(struct str s)
{
    size_t i = 0;
    if (s.n == 0 || s.p[0] < 'A' || s.p[0] > 'Z')
        return 0;
    while (i < s.n && ((s.p[i] >= 'A' && s.p[i] <= 'Z') || digit(s.p[i]) || s.p[i] == '_'))
        i++;
    return i;
}

/* Longest dotted quad at s; each octet 0 to 255, as the lexer's pattern has it. */
static size_t ipv4(struct str s)
{
    size_t i = 0, octet_end = 0;
    for (int octet = 0; octet < 4; octet++) {
        unsigned value = 0;
        size_t from = i, good = 0;
        while (i < s.n && digit(s.p[i]) && i - from < 3) {
            value = value * 10 + (unsigned)(s.p[i++] - '0');
            if (value <= 255)
                good = i;
        }
        if (!good)
            return 0;
        i = octet_end = good;
        if (octet < 3 && (i >= s.n || s.p[i++] != '.'))
            return 0;
    }
    return octet_end;
}

static size_t ipv6(struct str s)
{
    size_t i = 0;
    int colons = 0;
    while (i < s.n && (hex(s.p[i]) || s.p[i] == ':' || (s.p[i] == '.' && colons >= 2))) {
        colons += s.p[i] == ':';
        i++;
    }
    char text[INET6_ADDRSTRLEN + 1];
    struct in6_addr address;
    /* sudo's pattern is wider than an address, but refuses what inet_pton refuses. */
    if (colons < 2 || i >= sizeof text)
        return 0;
    memcpy(text, s.p, i);
    text[i] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1 ? i : 0;
}

size_t sudoers_match_network(struct str s)
{
    size_t v4 = ipv4(s), n = v4 ? v4 : ipv6(s);
    unsigned bits = 0;
    if (n == 0 || n + 1 >= s.n || s.p[n] != '/')
        return n;
    struct str rest = str_slice(s, n + 1, s.n);
    size_t mask = v4 ? ipv4(rest) : ipv6(rest), i = 0;
    if (mask)
        return n + 1 + mask;
    while (i < rest.n && i < 3 && digit(rest.p[i]) &&
           bits * 10 + (unsigned)(rest.p[i] - '0') <= (v4 ? 32U : 128U)) {
        bits = bits * 10 + (unsigned)(rest.p[i] - '0');
        i++;
    }
    return i ? n + 1 + i : n;
}

/* "#…" up to and with its newline; only the "#" where digits follow (a user id). */
size_t sudoers_match_comment(struct str s)
{
    size_t i = 1;
    if (s.n == 0 || s.p[0] != '#')
        return 0;
    char next = s.n > 1 ? s.p[1] : '\n', after = s.n > 2 ? s.p[2] : '\n';
    bool text = next == '-' ? !in(after, "\r\n0123456789") : !in(next, "\r\n0123456789");
    if (text)
        while (i < s.n && s.p[i] != '\n')
            i++;
    else if (i + 1 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n')
        i++;
    return i < s.n && s.p[i] == '\n' ? i + 1 : i;
}

static int hex_value(char c)
{
    return digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

const char *sudoers_unescape(struct arena *a, struct str s, bool command)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && (!command || in(s.p[i + 1], ",:= \t#"))) {
            if (!command && s.p[i + 1] == 'x' && i + 3 < s.n && hex(s.p[i + 2]) &&
                hex(s.p[i + 3])) {
                out[n++] = (char)(hex_value(s.p[i + 2]) * 16 + hex_value(s.p[i + 3]));
                i += 3;
                continue;
            }
            i++;
        }
        out[n++] = s.p[i];
    }
    out[n] = '\0';
    return out;
}
