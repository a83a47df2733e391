/*
 * Match lines, and the patterns of AllowUsers: match.c, addrmatch.c and match_cfg_line() of
 * servconf.c.
 */
#include "effective/sshd_parts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>

#include "root/accounts.h"

/* match_pattern(): "*" and "?", no classes. Two pointers instead of recursion: linear times stars.
 */
bool sshd_pattern(const char *s, const char *pattern)
{
    const char *star = NULL, *resume = NULL;
    while (*s) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = s;
        } else if (*pattern && (*pattern == '?' || *pattern == *s)) {
            pattern++;
            s++;
        } else if (star) {
            pattern = star;
            s = ++resume;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

enum { SUBPATTERN_MAX = 1022 };

int sshd_pattern_list(const char *s, const char *list, bool lower)
{
    int found = 0;
    char sub[SUBPATTERN_MAX + 2];
    for (const char *p = list; *p;) {
        bool negated = *p == '!';
        p += negated;
        size_t n = strcspn(p, ",");
        if (n > SUBPATTERN_MAX)
            return 0; /* match_pattern_list() gives up on the whole list */
        for (size_t i = 0; i < n; i++)
            sub[i] = lower ? (char)tolower((unsigned char)p[i]) : p[i];
        sub[n] = '\0';
        p += n + (p[n] == ',');
        if (!sshd_pattern(s, sub))
            continue;
        if (negated)
            return -1;
        found = 1;
    }
    return found;
}

struct network {
    int family;
    unsigned char bytes[16];
    unsigned length; /* of the mask */
};

static bool read_address(const char *s, struct network *ret)
{
    struct in_addr v4;
    *ret = (struct network){0};
    if (!*s)
        return false;
    if (inet_aton(s, &v4)) {
        ret->family = AF_INET;
        ret->length = 32;
        memcpy(ret->bytes, &v4, sizeof v4);
        return true;
    }
    ret->family = AF_INET6;
    ret->length = 128;
    return inet_pton(AF_INET6, s, ret->bytes) == 1;
}

/* addr_pton_cidr(): 0, -1 not an address, -2 bits behind the mask or a mask too long. */
static int read_network(const char *s, struct network *ret)
{
    char text[64];
    size_t n = strlen(s);
    if (n >= sizeof text)
        return -1;
    memcpy(text, s, n + 1);
    char *slash = strchr(text, '/');
    int64_t length = -1;
    if (slash) {
        *slash = '\0';
        if (!slash[1] || slash[1 + strspn(slash + 1, "0123456789")] ||
            str_to_int64(str_of(slash + 1), 10, &length) < 0 || length > 128)
            return -1;
    }
    if (!read_address(text, ret))
        return -1;
    if (length > (int64_t)ret->length)
        return -2;
    if (length >= 0)
        ret->length = (unsigned)length;
    for (unsigned bit = ret->length; bit < (ret->family == AF_INET ? 32U : 128U); bit++)
        if (ret->bytes[bit / 8] & (0x80U >> (bit % 8)))
            return -2;
    return 0;
}

static bool inside(const struct network *address, const struct network *net)
{
    if (address->family != net->family)
        return false;
    for (unsigned bit = 0; bit < net->length; bit++)
        if ((address->bytes[bit / 8] ^ net->bytes[bit / 8]) & (0x80U >> (bit % 8)))
            return false;
    return true;
}

int sshd_address_list(const char *address, const char *list)
{
    struct network own, net;
    if (address && !read_address(address, &own))
        return 0;
    int found = 0;
    char item[1024];
    for (const char *p = list; p;) {
        size_t n = strcspn(p, ",");
        const char *next = p[n] ? p + n + 1 : NULL;
        bool negated = *p == '!';
        if (n - negated == 0)
            return -2;
        if (n >= sizeof item)
            return -2;
        memcpy(item, p + negated, n - negated);
        item[n - negated] = '\0';
        p = next;
        int r = read_network(item, &net);
        if (r == -2)
            return -2;
        if (!address || !(r == 0 ? inside(&own, &net) : sshd_pattern(address, item)))
            continue;
        if (negated)
            return -1;
        found = 1;
    }
    return found;
}

static int host_and_address(const struct sshd_context *c, const char *patterns)
{
    int by_address = sshd_address_list(c ? c->address : NULL, patterns);
    if (by_address == -2)
        return -1;
    if (!c || !c->host || !c->address || by_address == -1)
        return 0;
    char host[1026];
    size_t n = strlen(c->host);
    if (n >= sizeof host)
        return 0;
    for (size_t i = 0; i <= n; i++)
        host[i] = (char)tolower((unsigned char)c->host[i]);
    int by_host = sshd_pattern_list(host, patterns, true);
    if (by_host == -1)
        return 0;
    return by_host || by_address;
}

/* match_user(): "USER" or "USER@HOST"; c NULL checks the pattern, -1: bad. */
int sshd_user_pattern(const struct sshd_context *c, const char *pattern)
{
    const char *at = strrchr(pattern, '@');
    if (!c)
        return at && host_and_address(NULL, at + 1) < 0 ? -1 : 0;
    if (!c->user)
        return 0;
    if (!at)
        return sshd_pattern(c->user, pattern);
    char user[1026];
    size_t n = (size_t)(at - pattern);
    if (n >= sizeof user)
        return 0;
    memcpy(user, pattern, n);
    user[n] = '\0';
    return sshd_pattern(c->user, user) ? host_and_address(c, at + 1) : 0;
}

bool sshd_group_list(const struct host *h, const char *user, const char *list)
{
    const struct accounts *accounts = root_accounts(h->root);
    const struct account *account = user ? accounts_find(accounts, user) : NULL;
    if (!account)
        return false;
    struct strings groups = account_groups(h->arena, accounts, account);
    bool found = false;
    for (size_t i = 0; i < groups.n; i++) {
        if (!accounts_find_group(accounts, groups.v[i]))
            continue; /* ga_init() leaves out numbers without a name */
        int r = sshd_pattern_list(groups.v[i], list, false);
        if (r < 0)
            return false; /* ga_match_pattern_list(): one negated match refuses */
        found |= r > 0;
    }
    return found;
}

static const char *const attribute_names[SSHD_ATTRIBUTES] = {
    [SSHD_BY_ALL] = "all",
    [SSHD_BY_USER] = "user",
    [SSHD_BY_GROUP] = "group",
    [SSHD_BY_HOST] = "host",
    [SSHD_BY_ADDRESS] = "address",
    [SSHD_BY_LOCAL_ADDRESS] = "localaddress",
    [SSHD_BY_LOCAL_PORT] = "localport",
    [SSHD_BY_RDOMAIN] = "rdomain",
    [SSHD_BY_INVALID_USER] = "invalid-user",
};

/* One token of the line: to 9.8 by strdelim, from 9.9 the arguments with "attribute=value". */
static const char *match_token(struct sshd_parsing *p, const char **pending)
{
    if (p->program->version < 909)
        return sshd_delim(p->arena, &p->rest);
    if (*pending) {
        const char *value = *pending;
        *pending = NULL;
        return value;
    }
    return p->next < p->args.n ? p->args.v[p->next++] : NULL;
}

static int read_criterion(struct sshd_parsing *p, const char *name, const char *value,
                          struct sshd_criterion *ret)
{
    enum sshd_attribute by = SSHD_BY_USER;
    while (by < SSHD_ATTRIBUTES && !cstr_eq_nocase(name, attribute_names[by]))
        by++;
    if (by == SSHD_ATTRIBUTES)
        return sshd_refuse(p, TEXT("Match: unsupported attribute", "Match：不支持的条件"), name);
    *ret = (struct sshd_criterion){.by = by, .argument = value};
    if ((by == SSHD_BY_ADDRESS || by == SSHD_BY_LOCAL_ADDRESS) &&
        sshd_address_list(NULL, value) != 0)
        return sshd_refuse(p, TEXT("Match: invalid address list", "Match：无效的地址列表"), value);
    if (by == SSHD_BY_LOCAL_PORT) {
        int port = sshd_port(p->host, value);
        if (port < 0)
            return sshd_refuse(p, TEXT("Match: invalid port", "Match：无效的端口"), value);
        ret->port = (unsigned)port;
    }
    return 0;
}

static bool ends(const char *token, bool comments)
{
    return !token || !*token || (comments && *token == '#');
}

int sshd_match_parse(struct sshd_parsing *p, struct sshd_criteria *ret)
{
    const bool comments = p->how == SSHD_ARGUMENTS_SPLIT;
    struct sshd_criteria found = {0};
    const char *name, *pending = NULL;
    while (!ends(name = match_token(p, &pending), comments)) {
        if (cstr_eq_nocase(name, "all")) {
            if (found.n || !ends(name = match_token(p, &pending), comments))
                return sshd_refuse(p, TEXT("Match: nothing may stand beside", "Match：不可并用"),
                                   "all");
            vec_push(p->arena, &found, (struct sshd_criterion){.by = SSHD_BY_ALL});
            break;
        }
        if (p->program->version >= 909 && cstr_eq_nocase(name, "invalid-user")) {
            vec_push(p->arena, &found, (struct sshd_criterion){.by = SSHD_BY_INVALID_USER});
            continue;
        }
        const char *equals = p->program->version >= 909 ? strchr(name, '=') : NULL;
        if (equals) {
            pending = equals + 1;
            name = arena_strndup(p->arena, name, (size_t)(equals - name));
        }
        const char *value = match_token(p, &pending);
        if (ends(value, comments))
            return sshd_refuse(p, TEXT("Match: missing value for", "Match：缺少取值"), name);
        struct sshd_criterion c;
        int r = read_criterion(p, name, value, &c);
        if (r < 0)
            return r;
        vec_push(p->arena, &found, c);
    }
    if (!found.n)
        return sshd_refuse(p, TEXT("Match: no attribute in", "Match：没有条件"), "Match");
    bool rest = p->program->version < 909 ? p->rest && *p->rest : p->next < p->args.n;
    if (rest && !(name && *name == '#'))
        return sshd_refuse(p, TEXT("Match: extra arguments behind", "Match：多余的参数"),
                           name ? name : "");
    *ret = found;
    return 0;
}

static bool holds(const struct host *h, const struct sshd_criterion *c,
                  const struct sshd_context *who)
{
    char host[1026] = "";
    size_t n;
    switch (c->by) {
    case SSHD_BY_ALL:
        return true;
    case SSHD_BY_USER:
        return who->user && sshd_pattern_list(who->user, c->argument, false) == 1;
    case SSHD_BY_GROUP:
        return sshd_group_list(h, who->user, c->argument);
    case SSHD_BY_HOST:
        n = who->host ? strlen(who->host) : sizeof host;
        if (n >= sizeof host)
            return false;
        for (size_t i = 0; i < n; i++)
            host[i] = (char)tolower((unsigned char)who->host[i]);
        return sshd_pattern_list(host, c->argument, true) == 1;
    case SSHD_BY_ADDRESS:
        return who->address && sshd_address_list(who->address, c->argument) == 1;
    case SSHD_BY_LOCAL_ADDRESS:
        return who->local_address && sshd_address_list(who->local_address, c->argument) == 1;
    case SSHD_BY_LOCAL_PORT:
        return who->local_port && who->local_port == c->port;
    case SSHD_BY_RDOMAIN:
        return who->rdomain && sshd_pattern_list(who->rdomain, c->argument, false) == 1;
    case SSHD_BY_INVALID_USER:
        return who->invalid_user;
    case SSHD_ATTRIBUTES:
        break;
    }
    return false;
}

bool sshd_criteria_hold(const struct host *h, const struct sshd_criteria *c,
                        const struct sshd_context *context)
{
    for (size_t i = 0; i < c->n; i++)
        if (!holds(h, &c->v[i], context))
            return false;
    return true;
}
