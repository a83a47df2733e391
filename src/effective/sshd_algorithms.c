/*
 * Lists of algorithms: which names sshd accepts, and the "+", "-" and "^" forms.
 */
#include "effective/sshd_parts.h"

#include "base/cleanup.h"

static const char ciphers[] =
    "3des-cbc,aes128-cbc,aes192-cbc,aes256-cbc,rijndael-cbc@lysator.liu.se,aes128-ctr,aes192-ctr,"
    "aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com";
static const char old_ciphers[] =
    "blowfish-cbc,cast128-cbc,arcfour,arcfour128,arcfour256"; /* 7.5 */
static const char macs[] =
    "hmac-sha1,hmac-sha1-96,hmac-sha2-256,hmac-sha2-512,hmac-md5,hmac-md5-96,umac-64@openssh.com,"
    "umac-128@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com,"
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-md5-etm@openssh.com,"
    "hmac-md5-96-etm@openssh.com,umac-64-etm@openssh.com,umac-128-etm@openssh.com";
static const char old_macs[] = "hmac-ripemd160,hmac-ripemd160@openssh.com,"
                               "hmac-ripemd160-etm@openssh.com"; /* to 7.5 */
static const char kex[] =
    "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,diffie-hellman-group14-sha256,"
    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
    "diffie-hellman-group-exchange-sha1,diffie-hellman-group-exchange-sha256,ecdh-sha2-nistp256,"
    "ecdh-sha2-nistp384,ecdh-sha2-nistp521,curve25519-sha256@libssh.org";
static const char key_types[] =
    "ssh-ed25519,ssh-ed25519-cert-v01@openssh.com,ssh-rsa,ssh-rsa-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp256,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384,"
    "ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521,"
    "ecdsa-sha2-nistp521-cert-v01@openssh.com";
static const char key_types_7[] = "rsa-sha2-256,rsa-sha2-512";
static const char key_types_8[] =
    "rsa-sha2-256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com";
static const char sk_types[] =
    "sk-ssh-ed25519@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,"
    "sk-ecdsa-sha2-nistp256@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com";
static const char dsa_types[] = "ssh-dss,ssh-dss-cert-v01@openssh.com";

static bool in_list(struct str name, const char *list)
{
    struct str rest = str_of(list), one;
    while (str_next_field(&rest, ',', &one))
        if (str_eq(one, name))
            return true;
    return false;
}

static bool known_kex(unsigned version, struct str name)
{
    return in_list(name, kex) || (version >= 704 && str_is(name, "curve25519-sha256")) ||
           (version >= 805 && str_is(name, "sntrup761x25519-sha512@openssh.com")) ||
           (version >= 902 && str_is(name, "sntrup761x25519-sha512")) ||
           (version >= 909 && str_is(name, "mlkem768x25519-sha256"));
}

bool sshd_algorithm_known(const struct sshd_program *p, enum sshd_kind kind, struct str name)
{
    const unsigned v = p->version;
    switch (kind) {
    case SSHD_CIPHERS:
        return in_list(name, ciphers) || (v < 706 && in_list(name, old_ciphers));
    case SSHD_MACS:
        return in_list(name, macs) || (v < 706 && in_list(name, old_macs));
    case SSHD_KEX:
        return known_kex(v, name);
    default:
        return in_list(name, key_types) || in_list(name, key_types_7) ||
               (v >= 708 && in_list(name, key_types_8)) || (v >= 802 && in_list(name, sk_types)) ||
               (v < 1000 && in_list(name, dsa_types));
    }
}

static bool pattern_known(enum sshd_kind kind, const char *pattern)
{
    static const char *const all[] = {key_types, key_types_7, key_types_8, sk_types, dsa_types};
    char name[128];
    for (size_t i = 0; kind == SSHD_KEY_TYPES && i < ARRAY_SIZE(all); i++) {
        struct str rest = str_of(all[i]), one;
        while (str_next_field(&rest, ',', &one)) {
            (void)snprintf(name, sizeof name, "%.*s", STR_ARG(one));
            if (sshd_pattern(name, pattern))
                return true;
        }
    }
    return false;
}

/* ciphers_valid(), mac_valid(), kex_names_valid(): every name known; sshkey_names_valid2(): or a
 * pattern that matches a known one. A list behind "-" is not checked. */
bool sshd_algorithms_valid(const struct sshd_program *p, const struct sshd_option *o,
                           const char *list)
{
    if (*list == '-')
        return true;
    if (*list == '+' || (*list == '^' && p->version >= 800))
        list++;
    if (!*list)
        return false;
    char name[512];
    struct str rest = str_of(list), one;
    while (str_next_field(&rest, ',', &one)) {
        if (!one.n) /* the loops over strsep() stop at an empty name */
            return one.p != list;
        if (sshd_algorithm_known(p, o->kind, one))
            continue;
        if (one.n >= sizeof name)
            return false;
        (void)snprintf(name, sizeof name, "%.*s", STR_ARG(one));
        if (!pattern_known(o->kind, name))
            return false;
    }
    return true;
}

static void add_unique(struct arena *a, struct strings *list, struct str name)
{
    const char *s = str_dup(a, name);
    if (*s && strings_find(list, s) < 0)
        strings_add(a, list, s);
}

/* In the order of sshkey_alg_list(): a pattern becomes what it matches. */
static const char *const key_order[] = {
    "ssh-ed25519",
    "ssh-ed25519-cert-v01@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-dss",
    "ssh-dss-cert-v01@openssh.com",
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "rsa-sha2-256",
    "rsa-sha2-256-cert-v01@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-512-cert-v01@openssh.com",
};

static void add_names(const struct sshd_program *p, const struct sshd_option *o, struct arena *a,
                      struct strings *list, const char *names)
{
    struct str rest = str_of(names), one;
    while (str_next_field(&rest, ',', &one)) {
        if (o->kind != SSHD_KEY_TYPES) {
            if (sshd_algorithm_known(p, o->kind, one))
                add_unique(a, list, one);
            continue;
        }
        const char *pattern = str_dup(a, one);
        bool plain_only = cstr_eq(o->name, "CASignatureAlgorithms");
        for (size_t i = 0; i < ARRAY_SIZE(key_order); i++)
            if (sshd_pattern(key_order[i], pattern) &&
                sshd_algorithm_known(p, o->kind, str_of(key_order[i])) &&
                !(plain_only && strstr(key_order[i], "-cert-")))
                add_unique(a, list, str_of(key_order[i]));
    }
}

/* kex_assemble_names() of kex.c; builtin is not used for a list without a mark. */
const char *sshd_assemble(const struct sshd_program *p, const struct sshd_option *o,
                          struct arena *a, const char *value, const char *builtin)
{
    struct strings list = {0};
    if (*value == '+') {
        add_names(p, o, a, &list, builtin);
        add_names(p, o, a, &list, value + 1);
    } else if (*value == '^') {
        add_names(p, o, a, &list, value + 1);
        add_names(p, o, a, &list, builtin);
    } else if (*value == '-') {
        struct str rest = str_of(builtin), one;
        while (str_next_field(&rest, ',', &one))
            if (sshd_pattern_list(str_dup(a, one), value + 1, false) != 1)
                add_unique(a, &list, one);
    } else {
        add_names(p, o, a, &list, value);
    }
    return strings_join(a, &list, ",", 0);
}
