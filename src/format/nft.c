#include "format/nft.h"

#include <errno.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_sign(char c)
{
    return c && strchr("{}(),=!<>&|^", c) != NULL;
}

/* Hexadecimal digits, dots and at least two colons, as far as they go. */
static size_t ipv6_length(struct str s)
{
    size_t n = 0, colons = 0;
    while (n < s.n && s.p[n] && strchr("0123456789abcdefABCDEF:.", s.p[n]))
        colons += s.p[n++] == ':';
    bool ends = n == s.n || is_blank(s.p[n]) || s.p[n] == '\n' || s.p[n] == ';' || s.p[n] == '/' ||
                s.p[n] == '-' || is_sign(s.p[n]);
    return colons >= 2 && ends ? n : 0;
}

static size_t word_length(struct str s)
{
    size_t n = ipv6_length(s);
    while (n < s.n) {
        char c = s.p[n];
        if (is_blank(c) || c == '\n' || c == ';' || c == '"' || c == '#' || c == ':' || is_sign(c))
            break;
        n++;
        if (c == '\\' && n < s.n && s.p[n] != '\n')
            n++;
        if (c == '-' && n < s.n)
            n += ipv6_length(str_slice(s, n, s.n));
    }
    return n;
}

static size_t sign_length(struct str s)
{
    if (s.n >= 2 &&
        (s.p[1] == '=' ? strchr("=!<>", s.p[0]) != NULL : s.p[1] == s.p[0] && strchr("<>", s.p[0])))
        return 2;
    return 1;
}

static void add(struct arena *a, struct nft_tokens *ret, enum nft_kind kind, struct str text,
                unsigned line)
{
    vec_push(a, ret, (struct nft_token){kind, text, line, NULL});
}

int nft_scan(struct arena *a, struct str s, struct nft_tokens *ret, unsigned *ret_line)
{
    struct nft_tokens out = {0};
    unsigned line = 1;
    for (size_t i = 0; i < s.n;) {
        struct str rest = str_slice(s, i, s.n);
        char c = s.p[i];
        size_t n = 1;
        if (c == '\\' && rest.n > 1 && rest.p[1] == '\n') {
            n = 2;
            line++;
        } else if (c == '\n' || c == ';') {
            add(a, &out, NFT_END, str_slice(rest, 0, 1), line);
            line += c == '\n';
        } else if (c == '#') {
            const char *end = memchr(rest.p, '\n', rest.n);
            n = end ? (size_t)(end - rest.p) : rest.n;
        } else if (c == '"') {
            const char *end = memchr(rest.p + 1, '"', rest.n - 1);
            if (!end) {
                *ret_line = line;
                return -EINVAL;
            }
            n = (size_t)(end - rest.p) + 1;
            add(a, &out, NFT_STRING, str_slice(rest, 1, n - 1), line);
            for (size_t k = 0; k < n; k++)
                line += rest.p[k] == '\n';
        } else if (is_sign(c) || (c == ':' && !ipv6_length(rest))) {
            n = c == ':' ? 1 : sign_length(rest);
            add(a, &out, NFT_SIGN, str_slice(rest, 0, n), line);
        } else if (!is_blank(c)) {
            n = word_length(rest);
            n = n ? n : 1;
            add(a, &out, NFT_WORD, str_slice(rest, 0, n), line);
        }
        i += n;
    }
    add(a, &out, NFT_END, STR(";"), line);
    *ret = out;
    return 0;
}
