/* One answer at a time, and what does not fit together. */
#include "engine/setup.h"

#include <arpa/inet.h>

#include "base/width.h"
#include "effective/firewall.h"
#include "effective/logindefs.h"
#include "effective/pam_su.h"
#include "effective/password_hash.h"
#include "format/authorized_keys.h"
#include "root/accounts.h"

enum { NAME_LONGEST = 32, RSA_FEWEST_BITS = 2048 };

const struct setup_role_row setup_roles[SETUP_ROLES] = {
    {"administrator",
     "administrator",
     "admin",
     {"system administrator", "系统管理员（普通用户）"},
     {"maintains the system and becomes root by su", "维护系统，用 su 成为 root"}},
    {"auditor",
     "auditor",
     "audit",
     {"auditor", "审计员"},
     {"reads the audit records and changes nothing", "读取审计记录，不能更改任何内容"}},
    {"officer",
     "security_officer",
     "security",
     {"security officer", "安全员"},
     {"manages accounts and security policy by sudo", "用 sudo 管理账户和安全策略"}},
};

static bool word_is_good(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= NAME_LONGEST && strchr("abcdefghijklmnopqrstuvwxyz_", s[0]) &&
           strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

bool setup_name_is_good(struct host *h, const char *name, struct text *ret_why)
{
    struct arena *a = h->arena;
    const struct accounts *all = root_accounts(h->root);
    const struct account *u = accounts_find(all, name);
    int64_t min = logindefs_number_or(host_logindefs(h), "UID_MIN", 1000);
    const char *shown = safe_text(a, name);
    if (!word_is_good(name)) {
        *ret_why =
            text_make(a,
                      "\"%s\": a name has 1 to 32 of a-z, 0-9, _ and -, and begins with a "
                      "letter or _",
                      "“%s”：名称为 1 至 32 个字符（a-z、0-9、_、-），以字母或 _ 开头", shown);
        return false;
    }
    if (u && u->uid == 0)
        *ret_why = text_make(a, "%s is root: an administrator has a name of his own",
                             "%s 就是 root：管理员须有自己的账户", shown);
    else if (u && (u->uid < min || !account_has_login_shell(u)))
        *ret_why =
            text_make(a, "%s is an account of the system or has no login shell; choose another",
                      "%s 是系统账户或没有登录 shell，请换一个名称", shown);
    else if (!u && accounts_find_group(all, name))
        *ret_why = text_make(a, "there is a group %s already; choose another name",
                             "已存在名为 %s 的组，请换一个名称", shown);
    else if (!u && root_exists(h->root, arena_printf(a, "/home/%s", name)))
        *ret_why = text_make(a, "/home/%s exists already, without an account; choose another name",
                             "/home/%s 已存在但没有对应账户，请换一个名称", shown);
    else
        return true;
    return false;
}

bool setup_group_is_good(struct host *h, const char *name, struct text *ret_why)
{
    const struct group *g = accounts_find_group(root_accounts(h->root), name);
    if (!word_is_good(name))
        *ret_why = text_make(h->arena, "\"%s\" is no name of a group", "“%s”不是合法的组名",
                             safe_text(h->arena, name));
    else if (g && g->gid == 0)
        *ret_why = TEXT("members of root's group may read too much; choose another",
                        "root 组的成员权限过大，请换一个组");
    else
        return true;
    return false;
}

/* ---- addresses ---- */

/* sshd refuses "10.0.0.5/8" (addrmatch.c: an address with bits beyond its mask). */
static bool beyond_mask(const char *address, unsigned bits)
{
    unsigned char bytes[16];
    bool six = strchr(address, ':') != NULL;
    if (inet_pton(six ? AF_INET6 : AF_INET, address, bytes) != 1)
        return false;
    for (unsigned i = bits; i < (six ? 128U : 32U); i++)
        if (bytes[i / 8] & (0x80U >> (i % 8)))
            return true;
    return false;
}

bool setup_source_is_good(struct arena *a, const char *source, struct text *ret_why)
{
    const char *slash = strchr(source, '/'), *shown = safe_text(a, source);
    const char *address = slash ? arena_strndup(a, source, (size_t)(slash - source)) : source;
    unsigned char bytes[16];
    bool six = inet_pton(AF_INET6, address, bytes) == 1, four = inet_pton(AF_INET, address, bytes);
    int64_t bits = six ? 128 : 32;
    if ((!six && !four) ||
        (slash && (str_to_int64(str_of(slash + 1), 10, &bits) < 0 || bits < 0 ||
                   bits > (six ? 128 : 32) || slash[1] == '+' || slash[1] == '-'))) {
        *ret_why =
            text_make(a,
                      "\"%s\" is no address or network, as in 192.0.2.10, 10.1.0.0/16 or "
                      "2001:db8::/32",
                      "“%s”不是地址或网段（如 192.0.2.10、10.1.0.0/16、2001:db8::/32）", shown);
        return false;
    }
    if (bits < (six ? 16 : 8)) {
        *ret_why = text_make(a, "%s is so wide that it limits nothing",
                             "%s 范围过大，起不到限制作用", shown);
        return false;
    }
    if (slash && beyond_mask(address, (unsigned)bits)) {
        *ret_why = text_make(a, "%s: bits are set behind /%d; write the network itself",
                             "%s：/%d 之后还有非零位，请写网络地址本身", shown, (int)bits);
        return false;
    }
    return true;
}

bool setup_sources_cover(const struct strings *sources, const char *address)
{
    struct packet p;
    if (sources->n == 0)
        return true;
    if (packet_packet(address, 22, "", &p) < 0)
        return false;
    for (size_t i = 0; i < sources->n; i++) {
        struct packet_value v;
        if (packet_address(str_of(sources->v[i]), &v) == 0 && v.family == p.family &&
            memcmp(v.lo, p.address, 16) <= 0 && memcmp(p.address, v.hi, 16) <= 0)
            return true;
    }
    return false;
}

const char *setup_source_example(struct arena *a, const struct strings *sources)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    if (!sources->n)
        return NULL;
    const char *source = sources->v[0], *slash = strchr(source, '/');
    if (!slash)
        return source;
    const char *address = arena_strndup(a, source, (size_t)(slash - source));
    int family = strchr(address, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, address, bytes) != 1)
        return NULL;
    bytes[family == AF_INET ? 3 : 15] |= 1; /* the first host */
    return inet_ntop(family, bytes, text, sizeof text) ? arena_strdup(a, text) : NULL;
}

/* ---- keys ---- */

bool setup_key_is_good(struct arena *a, const char *line, const char **ret, struct text *ret_why)
{
    struct authorized_keys keys = {0};
    authorized_keys_parse(a, str_of(line), &keys);
    if (strpbrk(line, "\r\n") || keys.n != 1 || keys.v[0].bad.en || keys.v[0].cert_authority) {
        *ret_why = keys.n == 1 && keys.v[0].bad.en
                       ? keys.v[0].bad
                       : TEXT("no public key: one line, as in id_ed25519.pub: ssh-ed25519 AAAA…",
                              "不是公钥：应为一行，如 id_ed25519.pub 中的 ssh-ed25519 AAAA…");
        return false;
    }
    const struct authorized_key *k = &keys.v[0];
    if (str_is(k->type, "ssh-dss") || (k->bits && k->bits < RSA_FEWEST_BITS)) {
        *ret_why = TEXT("a DSA key, or an RSA key of fewer than 2048 bits, is too weak",
                        "DSA 密钥或不足 2048 位的 RSA 密钥强度不足");
        return false;
    }
    if (k->options.n)
        *ret = arena_printf(a, "%.*s %.*s %.*s", STR_ARG(k->options), STR_ARG(k->type),
                            STR_ARG(k->blob));
    else
        *ret = arena_printf(a, "%.*s %.*s", STR_ARG(k->type), STR_ARG(k->blob));
    return true;
}
