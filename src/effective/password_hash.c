#include "effective/password_hash.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/mem.h"
#include "effective/logindefs.h"
#include "effective/packages.h"

enum { SALT_LENGTH = 16, SETTING_LENGTH = 192 };

/* crypt(5): what stands behind the last "$", in characters; what a salt is cut to (0: its length is
 * the method's own affair). */
static const struct method {
    const char *prefix, *name;
    size_t tail, salt;
    bool strong;
    const char *libxcrypt; /* the first version that has it; NULL: every libcrypt */
} methods[] = {
    {"$y$", "yescrypt", 43, 0, true, "4.3"},
    {"$gy$", "gost-yescrypt", 43, 0, true, "4.3"},
    {"$sm3y$", "sm3-yescrypt", 43, 0, true, "4.5"},
    {"$sm3$", "sm3", 43, 16, true, "4.4.17"},
    {"$7$", "scrypt", 43, 0, false, "4.0"},
    {"$2b$", "bcrypt", 53, 0, true, "4.0"},
    {"$2a$", "bcrypt", 53, 0, false, "4.0"},
    {"$2y$", "bcrypt", 53, 0, false, "4.0"},
    {"$6$", "sha512", 86, 16, true, NULL},
    {"$5$", "sha256", 43, 16, false, NULL},
    {"$1$", "md5", 22, 8, false, NULL},
    {"$2x$", "bcrypt", 53, 0, false, "4.0"},
    {"$sha1$", "sha1", 28, 0, false, "4.0"},
    {"$md5", "sunmd5", 22, 0, false, "4.0"},
    {"$3$", "nt", 32, 0, false, "4.0"},
};

static const struct method *method_of(const char *hash)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (cstr_starts(hash, methods[i].prefix))
            return &methods[i];
    return NULL;
}

static bool is_base64(const char *s)
{
    return strspn(s, "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
           strlen(s);
}

/* "rounds=N$" of the SHA methods: written otherwise, crypt(3) refuses it or answers with other
 * rounds than these. */
static bool rounds_stand(struct str *rest)
{
    struct str field;
    int64_t rounds;
    if (!str_starts(*rest, "rounds="))
        return true;
    (void)str_next_field(rest, '$', &field);
    field = str_slice(field, strlen("rounds="), field.n);
    return field.n && field.p[0] != '0' && str_to_int64(field, 10, &rounds) == 0 &&
           rounds >= 1000 && rounds <= 999999999;
}

/* A salt that is longer than crypt(3) takes comes back shorter, and so matches nothing. */
static bool salt_stands(const struct method *m, const char *hash)
{
    struct str rest = str_of(hash + strlen(m->prefix)), salt;
    return !m->salt ||
           (rounds_stand(&rest) && str_next_field(&rest, '$', &salt) && salt.n <= m->salt);
}

bool password_hash_is_whole(const char *hash)
{
    const struct method *m = method_of(hash);
    const char *last = strrchr(hash, '$');
    if (!m)
        return hash[0] != '$';
    /* A method, parameters or a salt, and the hash: three marks, but that bcrypt has no mark
     * between salt and hash, and MD5 and SHA no parameters. */
    size_t marks = 0;
    for (const char *p = hash; *p; p++)
        marks += *p == '$';
    return marks >= 3 && strlen(last + 1) == m->tail && is_base64(last + 1) && salt_stands(m, hash);
}

/* The version of libxcrypt, or NULL: the libcrypt of glibc, or nobody knows. */
static const char *libxcrypt_version(struct host *h)
{
    static const char *const names[] = {"libcrypt1", "libxcrypt"};
    const struct package *p;
    for (size_t i = 0; i < 2; i++)
        if (host_package(h, names[i], &p) == 0)
            return cstr_starts(p->version, "1:") ? p->version + 2 : p->version;
    return NULL;
}

static bool release_knows(struct host *h, const struct method *m)
{
    if (!m->libxcrypt)
        return true;
    const char *version = libxcrypt_version(h);
    /* SM3 is a patch of openEuler's package; elsewhere it came with 4.5. */
    const char *since =
        cstr_eq(m->name, "sm3") && h->release->lineage != LINEAGE_OPENEULER ? "4.5" : m->libxcrypt;
    return version && package_version_compare(h->release->family, version, since) >= 0;
}

static bool few_rounds(const char *hash)
{
    int64_t rounds;
    struct str rest = str_of(hash), field;
    for (int i = 0; i < 3; i++)
        if (!str_next_field(&rest, '$', &field))
            return false;
    if (str_starts(field, "rounds="))
        return str_to_int64(str_slice(field, 7, field.n), 10, &rounds) < 0 || rounds < 5000;
    return cstr_starts(hash, "$2b$") && (str_to_int64(field, 10, &rounds) < 0 || rounds < 8);
}

bool password_hash_is_strong(struct host *h, const char *hash, struct text *ret_why)
{
    const struct method *m = method_of(hash);
    if (!m) {
        *ret_why = TEXT("no hash of crypt(5) that begins with its method, as in $6$…; "
                        "make one with: mkpasswd -m sha-512, or: openssl passwd -6",
                        "不是以方法开头的 crypt(5) 散列（如 $6$…）；可用 mkpasswd -m sha-512 或 "
                        "openssl passwd -6 生成");
        return false;
    }
    if (!password_hash_is_whole(hash)) {
        *ret_why = text_make(h->arena, "a %s hash that is cut off: no password would match it",
                             "%s 散列不完整：任何口令都无法匹配", m->name);
        return false;
    }
    if (!m->strong || few_rounds(hash)) {
        *ret_why = text_make(h->arena, "%s with these parameters is not strong; use sha512 ($6$)%s",
                             "%s（及其参数）强度不足；请使用 sha512（$6$）%s", m->name,
                             release_knows(h, &methods[0]) ? " / yescrypt ($y$)" : "");
        return false;
    }
    if (!release_knows(h, m)) {
        *ret_why =
            text_make(h->arena, "the libcrypt of this system does not know %s; use sha512 ($6$)",
                      "本系统的 libcrypt 不支持 %s；请使用 sha512（$6$）", m->name);
        return false;
    }
    return true;
}

static int random_salt(char *ret, size_t n)
{
    static const char letters[] =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned char bytes[64];
    if (n > sizeof bytes || getrandom(bytes, n, 0) != (ssize_t)n)
        return -EIO;
    for (size_t i = 0; i < n; i++)
        ret[i] = letters[bytes[i] % 64];
    ret[n] = '\0';
    return 0;
}

static bool wants_yescrypt(struct host *h)
{
    const struct logindefs *defs = host_logindefs(h);
    const struct keyvalue_line *l = defs->doc ? keyvalue_get(defs->doc, "ENCRYPT_METHOD") : NULL;
    return l && str_is_nocase(l->value, "yescrypt") && release_knows(h, &methods[0]);
}

int password_hash_make(struct host *h, const char *password, const char **ret)
{
    char setting[SETTING_LENGTH] = "$6$";
    struct crypt_data *data = mem_alloc(sizeof *data);
    int r = 0;
#ifdef HAVE_CRYPT_RN
    if (wants_yescrypt(h)) {
        if (!crypt_gensalt_rn("$y$", 0, NULL, 0, setting, (int)sizeof setting))
            r = -EOPNOTSUPP;
    } else
#endif
        r = random_salt(setting + 3, SALT_LENGTH);
#ifdef HAVE_CRYPT_RN
    const char *got = r == 0 ? crypt_rn(password, setting, data, (int)sizeof *data) : NULL;
#else
    const char *got = r == 0 && !wants_yescrypt(h) ? crypt_r(password, setting, data) : NULL;
#endif
    if (r == 0 && (!got || got[0] == '*' || !password_hash_is_whole(got)))
        r = -EOPNOTSUPP;
    if (r == 0)
        *ret = arena_strdup(h->arena, got);
    explicit_bzero(data, sizeof *data);
    free(data);
    return r;
}
