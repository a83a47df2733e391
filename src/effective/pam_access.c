/*
 * pam_access(8) and access.conf(5): modules/pam_access/pam_access.c of Linux-PAM 1.5.2.  Names that
 * only a name service can answer (netgroups, hosts by name) are left undecided.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "effective/pam_module.h"

enum match { NO, YES, ALL, MAYBE };

struct check {
    const struct pam_call *call;
    const char *from; /* host, terminal or service */
    bool remote;
    bool only_brackets;       /* nodefgroup */
    const char *field, *list; /* separators */
};

struct tokens {
    struct str rest;
    const char *separators;
};

/* strtok_r(): runs of separators count as one. */
static bool next(struct tokens *t, struct str *ret)
{
    size_t i = 0;
    while (i < t->rest.n && strchr(t->separators, t->rest.p[i]))
        i++;
    size_t start = i;
    while (i < t->rest.n && !strchr(t->separators, t->rest.p[i]))
        i++;
    *ret = str_slice(t->rest, start, i);
    t->rest = str_slice(t->rest, i < t->rest.n ? i + 1 : i, t->rest.n);
    return ret->n > 0;
}

static enum match string_match(struct str token, const char *text)
{
    if (str_is_nocase(token, "ALL"))
        return ALL;
    if (text ? str_is_nocase(token, text) : str_is_nocase(token, "NONE"))
        return YES;
    return NO;
}

static enum match user_match(const struct check *k, struct str token)
{
    const struct pam_scenario *in = k->call->in;
    struct arena *a = k->call->host->arena;
    if (token.n >= 3 && token.p[0] == '(' && token.p[token.n - 1] == ')')
        return pam_in_group(&in->groups, str_dup(a, str_slice(token, 1, token.n - 1))) ? YES : NO;
    if (str_index(token, '@') >= 0)
        return MAYBE; /* a netgroup, or a user at this host's own name */
    enum match m = string_match(token, in->user);
    if (m != NO || k->only_brackets)
        return m;
    return pam_in_group(&in->groups, str_dup(a, token)) ? YES : NO;
}

/* Prefix length of "24" or "255.255.255.0" applied to both addresses. */
static bool same_network(const unsigned char *a, const unsigned char *b, const unsigned char *mask,
                         size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((a[i] ^ b[i]) & mask[i])
            return false;
    return true;
}

static bool make_mask(const char *text, int family, unsigned char mask[16])
{
    size_t n = family == AF_INET ? 4 : 16;
    memset(mask, 0xff, 16);
    if (!text)
        return true;
    if (inet_pton(family, text, mask) > 0)
        return true;
    char *end;
    long bits = strtol(text, &end, 0);
    if (end == text || *end || bits < 0 || bits > (long)n * 8)
        return false;
    if (bits == 0) /* "mask 0 is the same like no mask": the address itself */
        return true;
    for (size_t i = 0; i < n; i++, bits -= 8)
        mask[i] = (unsigned char)(bits >= 8 ? 0xff : bits > 0 ? 0xff << (8 - bits) : 0);
    return true;
}

static int address(const char *text, unsigned char out[16])
{
    memset(out, 0, 16);
    if (inet_pton(AF_INET, text, out) > 0)
        return AF_INET;
    return inet_pton(AF_INET6, text, out) > 0 ? AF_INET6 : 0;
}

static enum match network_match(const struct check *k, const char *token)
{
    struct arena *a = k->call->host->arena;
    const char *slash = strchr(token, '/');
    const char *net = slash ? arena_strndup(a, token, (size_t)(slash - token)) : token;
    unsigned char want[16], have[16], mask[16];
    int family = address(net, want);
    if (family == 0 || !make_mask(slash ? slash + 1 : NULL, family, mask))
        return NO;
    int mine = address(k->from, have);
    if (mine == 0)
        return MAYBE; /* a host by name: looked up */
    return mine == family && same_network(want, have, mask, family == AF_INET ? 4 : 16) ? YES : NO;
}

static enum match from_match(const struct check *k, struct str token)
{
    struct arena *a = k->call->host->arena;
    const char *text = str_dup(a, token);
    unsigned char unused[16];
    if (!k->from)
        return NO;
    if (token.p[0] == '@')
        return MAYBE;
    enum match m = string_match(token, k->from);
    if (m != NO)
        return m;
    if (str_is_nocase(token, "LOCAL"))
        return k->remote ? NO : YES;
    if (!k->remote)
        return NO;
    size_t n = strlen(k->from);
    if (text[0] == '.' && n > token.n && cstr_eq_nocase(k->from + n - token.n, text))
        return YES;
    if (token.p[token.n - 1] == '.') {
        if (address(k->from, unused) != AF_INET)
            return address(k->from, unused) ? NO : MAYBE;
        return cstr_starts(arena_printf(a, "%s.", k->from), text) ? YES : NO;
    }
    return network_match(k, text);
}

typedef enum match (*matcher)(const struct check *k, struct str token);

/* list_match() with its EXCEPT, which may repeat. */
static enum match list_match(const struct check *k, struct str list, matcher each)
{
    struct tokens t = {list, k->list};
    struct str token;
    enum match m = NO;
    bool wanted = true, excepted = false;
    enum match outer[64];
    size_t depth = 0;
    /* "a EXCEPT b EXCEPT c" nests to the right: a without (b without c). */
    for (bool more = next(&t, &token);; more = next(&t, &token)) {
        excepted = more && str_is_nocase(token, "EXCEPT");
        if (!more || excepted) {
            if (depth == 64)
                return MAYBE;
            outer[depth++] = m;
            if (!more || m == NO)
                break;
            m = NO;
            wanted = true;
            continue;
        }
        enum match one = wanted ? each(k, token) : NO;
        if (one != NO) { /* a token that may match does not end the search for one that does */
            m = one;
            wanted = one == MAYBE;
        }
    }
    enum match inner = NO;
    for (size_t i = depth; i > 0; i--) {
        enum match here = outer[i - 1];
        bool last = i == depth;
        if (here == NO)
            inner = NO;
        else if (last)
            inner = here;
        else if (inner == NO)
            inner = here == MAYBE ? MAYBE : YES;
        else
            inner = here == MAYBE || inner == MAYBE ? MAYBE : NO;
    }
    return inner;
}

/* One line: '+', '-', 0 when it does not match; '?' when that is not known. */
static char line_says(const struct check *k, struct str line, char *ret_sign)
{
    struct tokens t = {line, k->field};
    struct str sign, users;
    if (!next(&t, &sign) || !next(&t, &users) || t.rest.n == 0 ||
        (sign.p[0] != '+' && sign.p[0] != '-'))
        return 0;
    enum match user = list_match(k, users, user_match);
    if (user == NO)
        return 0;
    enum match from = list_match(k, t.rest, from_match);
    *ret_sign = sign.p[0];
    if (from == NO)
        return 0;
    return user == MAYBE || from == MAYBE ? '?' : sign.p[0];
}

/* Reads one table: adds what it may say to *codes; true when a line decided. */
static bool table_decides(const struct check *k, struct str bytes, uint32_t *codes)
{
    struct str line, rest = bytes;
    while (str_next_line(&rest, &line)) {
        char sign = 0;
        if (line.n == 0 || line.p[0] == '#' ||
            (!rest.p && rest.n == 0 && bytes.n && bytes.p[bytes.n - 1] != '\n'))
            continue; /* a last line without its newline is not taken */
        while (line.n && strchr(" \t\r\v\f", line.p[line.n - 1]))
            line.n--;
        char says = line_says(k, line, &sign);
        if (says == 0)
            continue;
        *codes |= sign == '+' ? PAM_BIT(SUCCESS) : PAM_BIT(PERM_DENIED);
        if (says != '?')
            return true;
    }
    return false;
}

static struct check check_of(const struct pam_call *c)
{
    const struct pam_scenario *in = c->in;
    struct check k = {.call = c, .remote = in->rhost && *in->rhost};
    k.from = k.remote ? in->rhost : in->tty ? in->tty : c->service->name;
    if (!k.remote && k.from[0] == '/') {
        const char *slash = strchr(k.from + 1, '/');
        k.from = slash ? slash + 1 : k.from + 1;
    }
    const char *field = pam_arg_value(c->handler, "fieldsep=");
    const char *list = pam_arg_value(c->handler, "listsep=");
    k.only_brackets = pam_arg(c->handler, "nodefgroup");
    k.field = field ? field : ":";
    k.list = list ? list : ", \t";
    return k;
}

uint32_t pam_answer_access(const struct pam_call *c, struct pam_run *run)
{
    const char *given = pam_arg_value(c->handler, "accessfile=");
    struct strings files = {0};
    struct check k = check_of(c);
    struct root *r = c->host->root;
    uint32_t codes = 0;
    (void)run;
    if (!c->in->exists)
        return PAM_BIT(USER_UNKNOWN);
    if (given && !root_exists(r, given))
        return PAM_BIT(ABORT);
    strings_add(c->host->arena, &files, given ? given : "/etc/security/access.conf");
    struct strings more = {0};
    if (!given && root_glob(r, "/etc/security/access.d/*.conf", &more) == 0)
        vec_each (m, &more)
            strings_add(c->host->arena, &files, *m);
    vec_each (f, &files) {
        struct str bytes;
        int e = root_read(r, *f, &bytes);
        if (e == -EACCES)
            return PAM_BIT(SUCCESS) | PAM_BIT(PERM_DENIED);
        if (e == 0 && table_decides(&k, bytes, &codes))
            return codes;
    }
    return codes | PAM_BIT(SUCCESS); /* no line matched */
}
