/*
 * What makes an account one that a person works with: that it exists, its groups, a password that
 * opens it, its public keys. Passwords are hashes that somebody chose in this run; they come by
 * host->options->password, never by a rule.
 */
#include "resource/account.h"

#include <errno.h>
#include <inttypes.h>

#include "effective/logindefs.h"
#include "effective/password_hash.h"
#include "format/authorized_keys.h"
#include "format/colon.h"

bool account_is_person_key(const char *key)
{
    static const char *const keys[] = {"exists", "groups", "usable-password", "authorized-keys"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (cstr_eq(keys[i], key))
            return true;
    return false;
}

const char *account_chosen_password(const struct host *h, const char *name)
{
    const struct host_options *o = h->options;
    return o->password ? o->password(o->password_context, name) : NULL;
}

/* ---- values ---- */

static const char *keys_path(struct arena *a, const struct account *u)
{
    return arena_printf(a, "%s/.ssh/authorized_keys", u->home);
}

static const char *key_text(struct arena *a, const struct authorized_key *k)
{
    if (k->options.n)
        return arena_printf(a, "%.*s %.*s %.*s", STR_ARG(k->options), STR_ARG(k->type),
                            STR_ARG(k->blob));
    return arena_printf(a, "%.*s %.*s", STR_ARG(k->type), STR_ARG(k->blob));
}

static struct strings key_list(struct host *h, const struct account *u)
{
    struct strings list = {0};
    struct authorized_keys keys = {0};
    struct str bytes;
    if (!u->home || u->home[0] != '/' || root_read(h->root, keys_path(h->arena, u), &bytes) < 0)
        return list;
    authorized_keys_parse(h->arena, bytes, &keys);
    vec_each (k, &keys)
        if (!k->bad.en && !k->cert_authority)
            strings_add(h->arena, &list, key_text(h->arena, k));
    return list;
}

/* A password that opens the account today: set, and neither it nor the account has expired. */
static bool password_works(const struct account_view *view, const struct account *u)
{
    struct value expired;
    struct text why = {0};
    if (account_password(u) != PASSWORD_SET || !password_hash_is_whole(u->hash))
        return false;
    return account_value(view, "password-expired", u, &expired, &why) &&
           cstr_eq(expired.text, "no");
}

void account_person_value(const struct account_view *view, const char *key, const struct account *u,
                          struct value *ret)
{
    if (cstr_eq(key, "exists"))
        *ret = value_yes_no(true);
    else if (cstr_eq(key, "groups"))
        *ret = value_list(account_groups(view->h->arena, view->all, u));
    else if (cstr_eq(key, "authorized-keys"))
        *ret = value_list(key_list(view->h, u));
    else
        *ret = value_yes_no(password_works(view, u));
}

/* ---- plan ---- */

static int fail(struct changes *ret, int code, struct text why)
{
    ret->why = why;
    return code;
}

/* Rewrites one line of a file of fields. */
static int edit_line(struct host *h, const char *path, const char *name,
                     int (*edit)(struct host *h, struct colon *doc, size_t line, const void *data),
                     const void *data, bool required, struct changes *ret)
{
    _cleanup_buf_ struct buf out = {0};
    struct str bytes;
    struct colon doc;
    int r = root_read(h->root, path, &bytes);
    if (r == -ENOENT && !required)
        return 0;
    if (r < 0)
        return fail(ret, r, root_error_text(h->root, path, r));
    colon_parse(h->arena, bytes, &doc);
    size_t at = colon_find(&doc, str_of(name), 0);
    if (at == SIZE_MAX)
        return required ? fail(ret, -ENOENT,
                               text_make(h->arena, "%s has no line for %s", "%s 中没有 %s 的行",
                                         path, name))
                        : 0;
    r = edit(h, &doc, at, data);
    if (r < 0)
        return fail(ret, r,
                    text_make(h->arena, "the line of %s in %s cannot be edited",
                              "%s 的行（%s）无法编辑", name, path));
    colon_print(&doc, &out);
    return stage_write(h->root, path,
                       (struct str){arena_strndup(h->arena, out.data, out.len), out.len}, NULL);
}

static int add_member(struct host *h, struct colon *doc, size_t line, const void *data)
{
    struct str members = {"", 0};
    (void)colon_get(doc->v[line].text, 3, &members);
    const char *list =
        members.n ? arena_printf(h->arena, "%.*s,%s", STR_ARG(members), (const char *)data) : data;
    return colon_set(doc, line, 3, str_of(list));
}

static int plan_groups(struct host *h, const struct want *w, const struct account *u,
                       struct changes *ret)
{
    struct strings has = account_groups(h->arena, root_accounts(h->root), u);
    if (w->op != WANT_INCLUDES)
        return fail(ret, -ENOTSUP, TEXT("nobody is taken out of a group", "不会将任何人移出组"));
    for (size_t i = 0; i < w->expected.list.n; i++) {
        const char *group = w->expected.list.v[i];
        int r = 0;
        if (strings_find(&has, group) >= 0)
            continue;
        if (!accounts_find_group(root_accounts(h->root), group))
            r = account_create_group(h, group, &ret->why);
        if (r == 0)
            r = edit_line(h, "/etc/group", group, add_member, u->name, true, ret);
        if (r == 0)
            r = edit_line(h, "/etc/gshadow", group, add_member, u->name, false, ret);
        if (r < 0)
            return r;
    }
    return 0;
}

/* A new password ages as that of a new account would: with the days of login.defs, never less
 * strictly than now. */
static int set_ageing(struct host *h, struct colon *doc, size_t line)
{
    struct str now;
    int64_t days, had;
    int r = 0;
    if (logindefs_number(host_logindefs(h), "PASS_MAX_DAYS", &days, NULL) == LOGINDEFS_SET &&
        days > 0 &&
        (!colon_get(doc->v[line].text, 4, &now) || str_to_int64(now, 10, &had) < 0 || had < 0 ||
         had > days))
        r = colon_set(doc, line, 4, str_of(arena_printf(h->arena, "%" PRId64, days)));
    if (r == 0 &&
        logindefs_number(host_logindefs(h), "PASS_MIN_DAYS", &days, NULL) == LOGINDEFS_SET &&
        days > 0 &&
        (!colon_get(doc->v[line].text, 3, &now) || str_to_int64(now, 10, &had) < 0 || had < days))
        r = colon_set(doc, line, 3, str_of(arena_printf(h->arena, "%" PRId64, days)));
    return r;
}

static int set_hash(struct host *h, struct colon *doc, size_t line, const void *data)
{
    int r = colon_set(doc, line, 1, str_of(data));
    if (r == 0)
        r = colon_set(doc, line, 2,
                      str_of(arena_printf(h->arena, "%" PRId64, (int64_t)h->now / 86400)));
    return r < 0 ? r : set_ageing(h, doc, line);
}

static int plan_password(struct host *h, const struct account *u, struct changes *ret)
{
    const char *hash = account_chosen_password(h, u->name);
    if (!hash)
        return fail(ret, -ENODATA,
                    text_make(h->arena, "%s needs a password: dengbao setup asks for it",
                              "%s 需要设置口令：请运行 dengbao setup", u->name));
    if (!u->in_shadow)
        return fail(ret, -ENOTSUP,
                    text_make(h->arena, "%s has no line in /etc/shadow",
                              "%s 在 /etc/shadow 中没有对应的行", u->name));
    return edit_line(h, "/etc/shadow", u->name, set_hash, hash, true, ret);
}

/* Directories that its owner could have turned into links are not written through. */
static int plain_directory(struct host *h, const char *path, const struct account *u,
                           struct changes *ret)
{
    struct file_info info;
    const char *real;
    int r = root_lstat(h->root, path, &info);
    if (r == 0 && (!S_ISDIR(info.mode) || root_resolve(h->root, path, &real) < 0 ||
                   ((int64_t)info.uid != u->uid && info.uid != 0)))
        return fail(ret, -ENOTDIR,
                    text_make(h->arena, "%s is a link, no directory, or belongs to somebody else",
                              "%s 是链接、不是目录或属于他人", path));
    return r;
}

static int plan_keys(struct host *h, const struct want *w, const struct account *u,
                     struct changes *ret)
{
    _cleanup_buf_ struct buf out = {0};
    struct strings has = key_list(h, u);
    struct str bytes = {"", 0};
    const char *path = keys_path(h->arena, u);
    const struct attributes directory = {
        .set = true, .mode = 0700, .uid = (uid_t)u->uid, .gid = (gid_t)u->gid};
    const struct attributes file = {
        .set = true, .mode = 0600, .uid = (uid_t)u->uid, .gid = (gid_t)u->gid};
    int r = plain_directory(h, u->home, u, ret);
    if (r == 0)
        r = plain_directory(h, arena_printf(h->arena, "%s/.ssh", u->home), u, ret);
    if (r == -ENOENT && root_exists(h->root, u->home))
        r = stage_mkdir(h->root, arena_printf(h->arena, "%s/.ssh", u->home), &directory);
    if (r < 0)
        return ret->why.en ? r : fail(ret, r, root_error_text(h->root, u->home, r));
    bool there = root_read(h->root, path, &bytes) == 0;
    buf_append(&out, bytes.p, bytes.n);
    if (bytes.n && bytes.p[bytes.n - 1] != '\n')
        buf_putc(&out, '\n');
    for (size_t i = 0; i < w->expected.list.n; i++)
        if (strings_find(&has, w->expected.list.v[i]) < 0)
            buf_printf(&out, "%s\n", w->expected.list.v[i]);
    struct str all = {arena_strndup(h->arena, out.data ? out.data : "", out.len), out.len};
    return stage_write(h->root, path, all, there ? NULL : &file);
}

/* The names are those of `select`: a person is spoken of by name. */
int account_plan_person(struct host *h, const struct want *w, struct changes *ret)
{
    const char *names = want_arg(w, "select");
    struct str rest = str_of(names ? names : ""), word;
    int r = 0;
    while (r == 0 && str_next_word(&rest, &word)) {
        const char *name = str_dup(h->arena, word);
        const struct account *u = accounts_find(root_accounts(h->root), name);
        struct value now = VALUE_UNSET;
        struct account_view view = account_view_of(h);
        if (u)
            account_person_value(&view, w->key_name, u, &now);
        if (u && want_accepts(w, &now))
            continue;
        if (cstr_eq(w->key_name, "exists"))
            r = u ? fail(ret, -ENOTSUP, TEXT("no account is deleted", "不会删除账户"))
                  : account_create(h, name, want_arg(w, "comment"), &ret->why);
        else if (!u)
            r = fail(ret, -ENOENT,
                     text_make(h->arena, "there is no account %s", "没有账户 %s", name));
        else if (cstr_eq(w->key_name, "groups"))
            r = plan_groups(h, w, u, ret);
        else if (cstr_eq(w->key_name, "usable-password"))
            r = plan_password(h, u, ret);
        else
            r = plan_keys(h, w, u, ret);
    }
    return r;
}
