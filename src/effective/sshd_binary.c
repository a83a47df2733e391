/*
 * The lists of algorithms that a build of sshd has compiled in, read from the program: builds of
 * one version differ (CBC in EL 7, openEuler's own), and the program itself is on the root.
 */
#include "effective/sshd_parts.h"

#include "base/cleanup.h"

enum { BINARY_LIMIT = 64 << 20, LIST_MAX = 2048, NAMES_MIN = 4 };

/* A name that every list of the kind has, and one that only lists outside of FIPS mode have: Red
 * Hat's builds carry both. */
static const struct {
    enum sshd_kind kind;
    const char *anchor, *not_fips;
} kinds[] = {
    {SSHD_CIPHERS, "aes256-ctr", "chacha20-poly1305@openssh.com"},
    {SSHD_MACS, "hmac-sha2-256", "umac-128@openssh.com"},
    {SSHD_KEX, "ecdh-sha2-nistp256", "curve25519-sha256"},
};

static bool is_list_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '@' || c == '.' || c == '-' ||
           c == ',';
}

/* The string around a place, between two NUL bytes; empty: none that could be a list. */
static struct str string_at(struct str bytes, size_t at)
{
    size_t from = at, to = at;
    while (from > 0 && at - from < LIST_MAX && is_list_byte(bytes.p[from - 1]))
        from--;
    while (to < bytes.n && to - at < LIST_MAX && is_list_byte(bytes.p[to]))
        to++;
    bool whole = from > 0 && to < bytes.n && bytes.p[from - 1] == '\0' && bytes.p[to] == '\0';
    return whole ? str_slice(bytes, from, to) : (struct str){0};
}

static bool is_list_of(const struct sshd_program *p, enum sshd_kind kind, struct str text,
                       const char *special, bool *ret_special)
{
    struct str name;
    size_t n = 0;
    *ret_special = false;
    while (str_next_field(&text, ',', &name)) {
        if (!sshd_algorithm_known(p, kind, name))
            return false;
        *ret_special = *ret_special || str_is(name, special);
        n++;
    }
    return n >= NAMES_MIN;
}

struct found {
    struct str list;
    bool special, several;
};

static void look(const struct sshd_program *p, struct str bytes, size_t row, struct found *ret)
{
    const char *anchor = kinds[row].anchor;
    for (size_t at = 0; at < bytes.n;) {
        const char *hit = memmem(bytes.p + at, bytes.n - at, anchor, strlen(anchor));
        if (!hit)
            return;
        struct str text = string_at(bytes, (size_t)(hit - bytes.p));
        at = (size_t)(hit - bytes.p) + strlen(anchor);
        if (text.n)
            at = (size_t)(text.p + text.n - bytes.p);
        bool special;
        if (!is_list_of(p, kinds[row].kind, text, kinds[row].not_fips, &special) ||
            (ret->special && !special) || (ret->list.n && str_eq(ret->list, text)))
            continue;
        ret->several = special == ret->special && ret->list.n;
        ret->list = text;
        ret->special = special;
    }
}

const char *sshd_binary_list(struct host *h, const struct sshd_program *p, enum sshd_kind kind)
{
    static const char *const programs[] = {"/usr/sbin/sshd", "/usr/lib/openssh/sshd-session",
                                           "/usr/libexec/openssh/sshd-session"};
    for (size_t row = 0; row < ARRAY_SIZE(kinds); row++) {
        struct found found = {0};
        if (kinds[row].kind != kind)
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
            _cleanup_buf_ struct buf bytes = {0};
            if (root_load(h->root, programs[i], BINARY_LIMIT, &bytes) < 0 || !bytes.len ||
                !memmem(bytes.data, bytes.len, "OpenSSH_", 8))
                continue;
            look(p, (struct str){bytes.data, bytes.len}, row, &found);
            if (found.list.n)
                found.list = str_of(str_dup(h->arena, found.list));
        }
        if (found.list.n && !found.several)
            return str_dup(h->arena, found.list);
    }
    return NULL;
}
