/*
 * Keys on file: user_key_allowed2() and auth_secure_path() of OpenSSH 9.2; the group-writable
 * exception is Debian's user-group-modes.patch.
 */
#include <errno.h>
#include <string.h>

#include "access/access_parts.h"
#include "effective/sshd_parts.h"
#include "format/authorized_keys.h"

enum {
    LOCAL_TIME = 14 * 3600, /* farthest from UTC */
    LINES_SHOWN = 8,        /* of one account that open nothing */
};

struct search {
    struct access_run *run;
    const struct account *account;
    const struct sshd_context *c;
    struct access_answer *ret;
    const char *home; /* resolved; NULL: does not exist */
    struct {
        struct str *v;
        size_t n, cap;
    } taken;         /* keys that an earlier line takes, for its command= alone */
    unsigned closed; /* lines that open nothing */
};

static const char *value(const struct search *s, const char *keyword, const char *otherwise)
{
    return sshd_value(s->run->sshd, keyword, s->c, otherwise);
}

static void says(const struct search *s, enum access_state state, const char *path, unsigned line,
                 struct text text)
{
    access_says(s->run, s->ret, state, (struct where){path, line}, text);
}

/* percent_dollar_expand() of %h %u %U %%; relative to the home. */
static const char *expand(const struct search *s, const char *pattern)
{
    struct arena *a = s->run->host->arena;
    _cleanup_buf_ struct buf b = {0};
    for (const char *p = pattern; *p; p++) {
        if (*p != '%' || !p[1]) {
            buf_putc(&b, *p);
            continue;
        }
        switch (*++p) {
        case 'h':
            buf_puts(&b, s->account->home);
            break;
        case 'u':
            buf_puts(&b, s->account->name);
            break;
        case 'U':
            buf_printf(&b, "%lld", (long long)s->account->uid);
            break;
        default:
            buf_putc(&b, *p);
        }
    }
    const char *path = arena_strndup(a, b.data ? b.data : "", b.len);
    return *path == '/' ? path : arena_printf(a, "%s/%s", s->account->home, path);
}

/* ---- permissions ---- */

/* A group of which only the owner is a member. */
static bool private_group(const struct search *s, gid_t gid)
{
    const struct accounts *all = s->run->accounts;
    const struct group *g = accounts_find_gid(all, gid);
    size_t members = 0;
    if (!g)
        return false;
    vec_each (u, &all->users) {
        if (u->gid != gid)
            continue;
        members++;
        if (u->uid != s->account->uid)
            return false;
    }
    if (g->members.n > 1 || (g->members.n && !cstr_eq(g->members.v[0], s->account->name)))
        return false;
    return members + g->members.n > 0;
}

static bool secure(const struct search *s, const struct file_info *info)
{
    enum lineage lineage = s->run->host->release->lineage;
    bool debian = lineage == LINEAGE_DEBIAN || lineage == LINEAGE_UBUNTU;
    if ((info->uid != 0 && info->uid != (uid_t)s->account->uid) || (info->mode & 002))
        return false;
    return !(info->mode & 020) || (debian && private_group(s, info->gid));
}

static const char *parent(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

/* Owner and mode of the file and of every directory up to the home or "/". */
static bool path_is_secure(const struct search *s, const char *path)
{
    struct root *r = s->run->host->root;
    struct file_info info;
    for (const char *at = path;; at = parent(s->run->host->arena, at)) {
        if (root_stat(r, at, &info) < 0)
            return false;
        if (!secure(s, &info)) {
            says(s, ACCESS_NO, at, 0,
                 text_make(s->run->host->arena,
                           "StrictModes: %s must belong to the account or root and must not be "
                           "writable by others",
                           "StrictModes：%s 须属于该账户或 root，且他人不可写", at));
            return false;
        }
        if (cstr_eq(at, "/") || (at != path && cstr_eq(at, s->home)))
            return true;
    }
}

/* sshd opens it with the rights of the account. */
static bool can_read(const struct search *s, const char *path)
{
    struct root *r = s->run->host->root;
    struct file_info info;
    if (s->account->uid == 0)
        return true;
    if (root_stat(r, path, &info) < 0 || !access_may(s->run, s->account, &info, 4))
        return false;
    while (!cstr_eq(path, "/")) {
        path = parent(s->run->host->arena, path);
        if (root_stat(r, path, &info) < 0 || !access_may(s->run, s->account, &info, 1))
            return false;
    }
    return true;
}

/* ---- one key ---- */

/* match_host_and_ip(); without DNS the name of a client is its address. */
static enum access_state from_allows(const struct search *s, const char *list)
{
    struct arena *a = s->run->host->arena;
    int by_address = sshd_address_list(s->c->address, list);
    if (by_address < 0)
        return ACCESS_NO;
    char *host = arena_strdup(a, s->c->address);
    for (char *p = host; *p; p++)
        if (*p >= 'A' && *p <= 'F')
            *p = (char)(*p + 32);
    int by_host = sshd_pattern_list(host, list, true);
    if (by_host < 0)
        return ACCESS_NO;
    if (by_host || by_address)
        return ACCESS_YES;
    bool names = cstr_eq(value(s, "UseDNS", "no"), "yes") && strpbrk(list, "ghijklmnopqrstuvwxyz");
    return names ? ACCESS_UNDECIDED : ACCESS_NO;
}

static bool type_accepted(const struct search *s, const struct authorized_key *k)
{
    static const char *const rsa[] = {"rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"};
    struct arena *a = s->run->host->arena;
    const char *list = value(s, "PubkeyAcceptedAlgorithms", NULL);
    if (!list)
        list = value(s, "PubkeyAcceptedKeyTypes", NULL);
    const char *type = str_dup(a, k->type);
    if (!list) /* the default of every release takes these */
        return !cstr_eq(type, "ssh-dss");
    if (!cstr_eq(type, "ssh-rsa"))
        return sshd_pattern_list(type, list, false) == 1;
    for (size_t i = 0; i < 3; i++)
        if (sshd_pattern_list(rsa[i], list, false) == 1)
            return true;
    return false;
}

static struct str key_bytes(const struct authorized_key *k)
{
    struct str blob = k->blob;
    while (blob.n && blob.p[blob.n - 1] == '=')
        blob.n--;
    return blob;
}

/* check_authkeys_file() ends at the first line that takes the key, whatever that one allows. */
static bool taken_before(const struct search *s, const struct authorized_key *k)
{
    vec_each (blob, &s->taken)
        if (str_eq(*blob, key_bytes(k)))
            return true;
    return false;
}

static enum access_state one_key(struct search *s, const struct authorized_key *k, struct text *why)
{
    struct arena *a = s->run->host->arena;
    const char *type = str_dup(a, k->type);
    int64_t least = 1024, now = s->run->host->now;
    (void)str_to_int64(str_of(value(s, "RequiredRSASize", "1024")), 10, &least);
    *why = k->bad;
    if (k->bad.en)
        return ACCESS_NO;
    if (k->cert_authority) {
        *why =
            TEXT("certificates signed by this key open the account; which there are is not known",
                 "由该密钥签发的证书可登录此账户；证书情况未知");
        return ACCESS_UNDECIDED;
    }
    if (k->expires && k->expires + (k->expires_local ? LOCAL_TIME : 0) < now) {
        *why = TEXT("this key has expired", "该密钥已过期");
        return ACCESS_NO;
    }
    *why = text_make(a, "sshd does not accept %s keys of this kind or size",
                     "sshd 不接受 %s 类型或该长度的密钥", type);
    if ((k->bits && k->bits < least) || !type_accepted(s, k))
        return ACCESS_NO;
    enum access_state from = k->from ? from_allows(s, k->from) : ACCESS_YES;
    *why = text_make(a, "from=\"%s\" decides", "由 from=\"%s\" 决定", k->from ? k->from : "");
    if (from != ACCESS_YES)
        return from;
    if (k->expires && k->expires_local && k->expires - LOCAL_TIME < now) {
        *why = TEXT("expires today, in the host's time zone", "今日按主机时区过期");
        return ACCESS_UNDECIDED;
    }
    if (k->forced_command) {
        *why = TEXT("this key only runs its command=", "该密钥只能运行其 command= 指定的命令");
        vec_push(a, &s->taken, key_bytes(k));
        return ACCESS_NO;
    }
    if (taken_before(s, k)) {
        *why = TEXT("an earlier line has this key and only runs its command=",
                    "前面的行含有同一密钥，且只能运行其 command= 指定的命令");
        return ACCESS_NO;
    }
    *why = text_make(a, "%s key %.*s", "%s 密钥 %.*s", type, STR_ARG(k->comment));
    return ACCESS_YES;
}

/* ---- files ---- */

static void one_file(struct search *s, const char *path)
{
    struct root *r = s->run->host->root;
    struct authorized_keys keys = {0};
    const char *real = path;
    struct str bytes;
    int e = root_read(r, path, &bytes);
    if (e == 0)
        e = root_resolve(r, path, &real);
    if (e == -ENOENT || e == -ENOTDIR)
        return;
    if (e < 0) {
        bool unread = e == -EACCES || e == -EFBIG || e == -EIO; /* sshd may read it all the same */
        says(s, unread ? ACCESS_UNDECIDED : ACCESS_NO, path, 0, root_error_text(r, path, e));
        return;
    }
    if (!can_read(s, real)) {
        says(s, ACCESS_NO, path, 0,
             TEXT("the account itself may not read this file", "该账户自身无权读取此文件"));
        return;
    }
    if (!cstr_eq(value(s, "StrictModes", "yes"), "no") && !path_is_secure(s, real))
        return;
    authorized_keys_parse(s->run->host->arena, bytes, &keys);
    enum access_state best = s->ret->state;
    vec_each (k, &keys) {
        struct text why;
        enum access_state state = one_key(s, k, &why);
        if (state <= best && ++s->closed > LINES_SHOWN)
            continue;
        if (state == ACCESS_YES || best != ACCESS_YES)
            says(s, state > best ? state : best, path, k->line, why);
        best = s->ret->state;
        if (best == ACCESS_YES)
            return;
    }
}

/* Certificates, programs that print keys, lists of revoked keys: not decided from files. */
static void elsewhere(const struct search *s)
{
    static const char *const keywords[] = {"AuthorizedKeysCommand", "TrustedUserCAKeys",
                                           "RevokedKeys"};
    struct arena *a = s->run->host->arena;
    for (size_t i = 0; i < 3; i++) {
        struct sshd_answer answer;
        bool revoked = i == 2;
        if ((s->ret->state == ACCESS_YES) != revoked)
            continue;
        if (sshd_query(s->run->sshd, keywords[i], s->c, &answer) < 0 || !answer.values.n ||
            cstr_eq(answer.values.v[0], "none"))
            continue;
        access_says(
            s->run, s->ret, ACCESS_UNDECIDED, answer.where,
            text_make(a, "%s decides; it is not looked into", "取决于 %s，未作分析", keywords[i]));
    }
}

void access_key(struct access_run *run, const struct account *account, const struct sshd_context *c,
                struct access_answer *a)
{
    struct search s = {.run = run, .account = account, .c = c, .ret = a};
    struct sshd_answer files;
    if (root_resolve(run->host->root, account->home, &s.home) < 0)
        s.home = NULL;
    int r = sshd_query(run->sshd, "AuthorizedKeysFile", c, &files);
    if (r == 0 && !files.values.n) {
        strings_add(run->host->arena, &files.values, ".ssh/authorized_keys");
        strings_add(run->host->arena, &files.values, ".ssh/authorized_keys2");
    }
    for (size_t i = 0; r == 0 && i < files.values.n && a->state != ACCESS_YES; i++)
        if (!cstr_eq_nocase(files.values.v[i], "none"))
            one_file(&s, expand(&s, files.values.v[i]));
    if (s.closed > LINES_SHOWN && a->state != ACCESS_YES)
        access_says(run, a, a->state, access_nowhere,
                    text_make(run->host->arena, "%u more lines open nothing",
                              "另有 %u 行不可用于登录", s.closed - LINES_SHOWN));
    elsewhere(&s);
    if (!a->facts.n)
        access_says(run, a, ACCESS_NO, access_nowhere,
                    TEXT("it has no authorized keys", "没有授权密钥"));
}
