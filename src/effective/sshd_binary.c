/*
 * The lists of algorithms that a build of sshd has compiled in, read from the program: builds of
 * one version differ (CBC in EL 7, openEuler's own), and the program itself is on the root.
 */
#include "effective/sshd_parts.h"

#include <errno.h>

#include "base/cleanup.h"
#include "effective/program_file.h"

/* The size is that of the largest programs; a list is repeated a few times in one. */
enum { BINARY_LIMIT = 64 << 20, LIST_MAX = 2048, NAMES_MIN = 4, HITS_MAX = 2000 };

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

static void take(struct host *h, const struct sshd_program *p, size_t row, struct str text,
                 struct found *ret)
{
    bool special;
    if (!is_list_of(p, kinds[row].kind, text, kinds[row].not_fips, &special) ||
        (ret->special && !special) || (ret->list.n && str_eq(ret->list, text)))
        return;
    ret->several = special == ret->special && ret->list.n;
    ret->list = str_of(str_dup(h->arena, text));
    ret->special = special;
}

/* false: a file that is not read to its end, so that nothing follows from it. */
static bool look(struct host *h, const struct sshd_program *p, const struct root_file *f,
                 size_t row, struct found *ret)
{
    const char *anchor = kinds[row].anchor;
    char around[2 * LIST_MAX + 2];
    uint64_t from = 0;
    for (unsigned hits = 0; hits < HITS_MAX; hits++) {
        int64_t hit = program_file_find(f, from, anchor);
        if (hit < 0)
            return hit == -ENOENT;
        uint64_t start = (uint64_t)hit > LIST_MAX + 1 ? (uint64_t)hit - LIST_MAX - 1 : 0;
        int n = root_file_read(f, start, around, sizeof around);
        if (n < 0)
            return false;
        struct str bytes = {around, (size_t)n}, text = string_at(bytes, (size_t)(hit - start));
        from = (uint64_t)hit + strlen(anchor);
        if (text.n)
            from = start + (uint64_t)(text.p + text.n - around);
        take(h, p, row, text, ret);
    }
    return false;
}

static bool look_into(struct host *h, const struct sshd_program *p, const char *path, size_t row,
                      struct found *ret)
{
    _cleanup_root_file_ struct root_file f = {.fd = -1};
    if (root_file_open(h->root, path, &f) < 0 || f.size > BINARY_LIMIT)
        return true;
    int64_t at = program_file_find(&f, 0, "OpenSSH_");
    return at == -ENOENT || (at >= 0 && look(h, p, &f, row, ret));
}

const char *sshd_binary_list(struct host *h, const struct sshd_program *p, enum sshd_kind kind)
{
    static const char *const programs[] = {"/usr/sbin/sshd", "/usr/lib/openssh/sshd-session",
                                           "/usr/libexec/openssh/sshd-session"};
    for (size_t row = 0; row < ARRAY_SIZE(kinds); row++) {
        struct found found = {0};
        bool whole = true;
        if (kinds[row].kind != kind)
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
            whole = look_into(h, p, programs[i], row, &found) && whole;
        if (whole && found.list.n && !found.several)
            return found.list.p;
    }
    return NULL;
}
