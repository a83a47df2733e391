/*
 * Which accounts may log in from arbitrary addresses, as far as sshd decides: AllowUsers,
 * DenyUsers, AllowGroups and DenyGroups, with Match blocks.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "base/cleanup.h"
#include "resource/access_list.h"
#include "root/accounts.h"

enum { ACCOUNTS_MAX = 2000, TRIES = 200 };

static const char *const lists[] = {"AllowUsers", "DenyUsers", "AllowGroups", "DenyGroups"};

static void add_words(struct arena *a, struct strings *ret, const char *text)
{
    struct str rest = str_of(text), one;
    while (str_next_field(&rest, ',', &one)) {
        if (str_starts(one, "!"))
            one = str_slice(one, 1, one.n);
        if (one.n)
            strings_add(a, ret, str_dup(a, one));
    }
}

/* Everything the configuration says of addresses: host parts and Match lines. */
static void address_patterns(struct host *h, const struct sshd *conf, struct strings *ret)
{
    for (size_t i = 0; conf && i < 2; i++) {
        struct sshd_uses uses;
        if (sshd_uses(conf, lists[i], &uses) < 0)
            continue;
        for (size_t k = 0; k < uses.n; k++)
            for (size_t m = 0; m < uses.v[k].values.n; m++) {
                const char *at = strrchr(uses.v[k].values.v[m], '@');
                if (at)
                    add_words(h->arena, ret, at + 1);
            }
    }
    static const char *const files[] = {"/etc/hosts.allow", "/etc/hosts.deny"};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct str bytes, word;
        if (root_read(h->root, files[i], &bytes) < 0)
            continue;
        for (size_t k = 0; k < bytes.n; k = word.n ? k + word.n + 1 : k + 1) {
            size_t n = k;
            while (n < bytes.n && bytes.p[n] && !strchr(" \t\r\n,[]", bytes.p[n]))
                n++;
            word = str_slice(bytes, k, n);
            if (word.n && ret->n < 20000)
                strings_add(h->arena, ret, str_dup(h->arena, word));
        }
    }
    const struct sshd_contexts *contexts;
    if (conf && sshd_contexts(conf, &contexts) == 0)
        for (size_t i = 0; i < contexts->n; i++)
            if (contexts->v[i].address)
                strings_add(h->arena, ret, contexts->v[i].address);
}

/* "192.0.2.*", "192.0.2.", "192.0.2.0/24", "192.0.2.7": narrower than what counts as arbitrary,
 * and this address is in it. */
static bool narrow_hit(const char *pattern, const char *address)
{
    struct packet_value v;
    struct packet p;
    if (packet_address(str_of(pattern), &v) == 0 && packet_packet(address, 22, "", &p) == 0) {
        bool wide = v.family == 4 ? v.lo[0] != v.hi[0] || (v.lo[1] == 0 && v.hi[1] == 255)
                                  : v.lo[0] != v.hi[0] || v.lo[1] != v.hi[1] ||
                                        (v.lo[2] == 0 && v.hi[2] == 255);
        return !wide && v.family == p.family && memcmp(v.lo, p.address, 16) <= 0 &&
               memcmp(p.address, v.hi, 16) <= 0;
    }
    size_t fixed = strcspn(pattern, "*?"), marks = 0;
    for (size_t i = 0; i < fixed; i++)
        marks += pattern[i] == '.' || pattern[i] == ':';
    if (marks < 2)
        return false;
    return strncmp(pattern, address, fixed) == 0;
}

void access_list_outside(struct host *h, const struct sshd *conf, unsigned family,
                         struct strings *ret)
{
    static const unsigned four[] = {1,   8,   23,  31,  45,  52,  64,  77,  91, 101,
                                    114, 121, 139, 150, 163, 180, 195, 209, 221};
    static const unsigned six[] = {0x2001, 0x2400, 0x2408, 0x2600, 0x2800, 0x2a00, 0x2c0f};
    struct strings patterns = {0};
    address_patterns(h, conf, &patterns);
    size_t count = family ? ARRAY_SIZE(six) : ARRAY_SIZE(four);
    for (size_t i = 0; i < count; i++)
        for (unsigned try = 0; try < TRIES; try++) {
            const char *address =
                family ? arena_printf(h->arena, "%x:%x::%x", six[i], 0x4e8 + try * 37, 0x77 + try)
                       : arena_printf(h->arena, "%u.%u.%u.77", four[i], 37 + try, (try * 7) % 250);
            bool hit = false;
            for (size_t k = 0; k < patterns.n && !hit; k++)
                hit = narrow_hit(patterns.v[k], address);
            if (hit)
                continue;
            strings_add(h->arena, ret, address);
            break;
        }
}

/* May this account log in from an address that no list names? */
static int reaches(const struct sshd *conf, const char *user, const struct strings *outside,
                   struct sshd_reach *ret)
{
    struct sshd_contexts contexts = {0};
    int r = sshd_contexts_of_user(conf, user, &contexts);
    if (r < 0)
        return r;
    for (size_t i = 0; i < contexts.n; i++)
        for (size_t k = 0; k < outside->n; k++) {
            struct sshd_context c = contexts.v[i];
            struct sshd_answer deciding = {0};
            c.address = c.host = outside->v[k];
            if (sshd_user_allowed(conf, &c, &deciding)) {
                ret->account = user;
                ret->address = outside->v[k];
                return 0;
            }
        }
    return 0;
}

static void add_sources(struct host *h, const struct sshd *conf, struct sshd_reach *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        struct sshd_uses uses;
        if (sshd_uses(conf, lists[i], &uses) < 0 || !uses.n)
            continue;
        if (!ret->mechanism)
            ret->mechanism = arena_printf(h->arena, "sshd %s", lists[i]);
        for (size_t k = 0; k < uses.n; k++) {
            vec_push(h->arena, &ret->where, uses.v[k].where);
            for (size_t m = 0; i == 0 && m < uses.v[k].values.n; m++) {
                const char *at = strrchr(uses.v[k].values.v[m], '@');
                if (at && strings_find(&ret->sources, at + 1) < 0)
                    strings_add(h->arena, &ret->sources, at + 1);
            }
        }
    }
}

void access_list_sshd(struct host *h, const struct sshd *conf, unsigned family,
                      struct sshd_reach *ret)
{
    const struct accounts *accounts = root_accounts(h->root);
    struct sshd_reach reach = {0};
    struct strings outside = {0};
    struct sshd_uses uses;
    bool spoken = false;
    size_t asked = 0;
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        spoken = spoken || (sshd_uses(conf, lists[i], &uses) == 0 && uses.n);
    *ret = reach;
    if (!spoken)
        return; /* nothing keeps anybody out */
    if (accounts->passwd_error) {
        ret->unknown = root_error_text(h->root, "/etc/passwd", accounts->passwd_error);
        return;
    }
    access_list_outside(h, conf, family, &outside);
    for (size_t i = 0; i < accounts->users.n && !reach.account; i++) {
        const struct account *user = &accounts->users.v[i];
        if (!account_has_login_shell(user))
            continue;
        if (++asked > ACCOUNTS_MAX || reaches(conf, user->name, &outside, &reach) < 0) {
            ret->unknown = TEXT("too many accounts or Match blocks to look at all",
                                "账户或 Match 块过多，无法逐一判断");
            return;
        }
    }
    if (!reach.account)
        add_sources(h, conf, &reach);
    *ret = reach;
}
