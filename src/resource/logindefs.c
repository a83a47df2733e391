/* /etc/login.defs: what useradd, passwd and newusers give to accounts made from now on. */
#include "resource/resource.h"

#include <errno.h>
#include <inttypes.h>

#include "effective/logindefs.h"

#define MAN "login.defs(5)"

/* Built-in defaults are those of the getdef_*() calls in shadow 4.1 to 4.17. */
static const struct key keys[] = {
    {.name = "PASS_MAX_DAYS",
     .kind = VALUE_NUMBER,
     .builtin = "-1",
     .source = MAN,
     .doc = {"days a new account's password may be used; -1 is never",
             "新账户口令最长使用天数；-1 表示永不过期"}},
    {.name = "PASS_MIN_DAYS",
     .kind = VALUE_NUMBER,
     .builtin = "-1",
     .source = MAN,
     .doc = {"days between two changes of a new account's password",
             "新账户两次修改口令的最短间隔天数"}},
    {.name = "PASS_WARN_AGE",
     .kind = VALUE_NUMBER,
     .builtin = "-1",
     .source = MAN,
     .doc = {"days of warning before a password expires", "口令过期前的提醒天数"}},
    {.name = "PASS_MIN_LEN",
     .kind = VALUE_NUMBER,
     .source = MAN,
     .doc = {"shortest password; without effect where PAM changes passwords",
             "口令最短长度；由 PAM 修改口令时不起作用"}},
    {.name = "UMASK",
     .kind = VALUE_MODE,
     .builtin = "022",
     .source = MAN,
     .doc = {"umask for new home directories and for pam_umask",
             "新建主目录以及 pam_umask 使用的 umask"}},
    {.name = "HOME_MODE",
     .kind = VALUE_MODE,
     .source = MAN,
     .doc = {"mode of new home directories; unset: from UMASK",
             "新建主目录的权限；未设置时取自 UMASK"}},
    {.name = "UID_MIN",
     .kind = VALUE_NUMBER,
     .builtin = "1000",
     .source = MAN,
     .doc = {"first uid of ordinary users", "普通用户的起始 UID"}},
    {.name = "UID_MAX",
     .kind = VALUE_NUMBER,
     .builtin = "60000",
     .source = MAN,
     .doc = {"last uid of ordinary users", "普通用户的最大 UID"}},
    {.name = "ENCRYPT_METHOD",
     .kind = VALUE_TEXT,
     .source = MAN,
     .doc = {"hash of passwords that shadow sets itself; PAM has its own",
             "shadow 自身设置口令时的散列算法；PAM 另有设置"}},
    {0},
};

static enum value_kind wanted_kind(const struct want *w)
{
    if (w->key && w->key->kind != VALUE_TEXT)
        return w->key->kind;
    if (w->op == WANT_MIN || w->op == WANT_MAX)
        return VALUE_NUMBER;
    if (w->op == WANT_AT_MOST)
        return VALUE_MODE;
    return w->expected.kind == VALUE_NUMBER || w->expected.kind == VALUE_MODE ? w->expected.kind
                                                                              : VALUE_TEXT;
}

static struct value number_value(enum value_kind kind, const char *name, int64_t n)
{
    if (kind == VALUE_MODE)
        return n < 0 ? VALUE_UNSET : value_mode((unsigned)n);
    /* -1 goes into the shadow file as an empty field, less as it is: no maximum. */
    if (n < 0 && cstr_eq(name, "PASS_MAX_DAYS"))
        return value_number(NUMBER_NEVER);
    return value_number(n);
}

static struct value builtin_value(enum value_kind kind, const struct key *key, const char *name)
{
    int64_t n;
    if (!key || !key->builtin || !logindefs_parse_number(str_of(key->builtin), &n))
        return VALUE_UNSET;
    return number_value(kind, name, n);
}

/* pam_umask takes the first line and reads it as octal whether or not it begins with 0. */
static struct text umask_remark(struct host *h, const struct logindefs *l, int64_t shadow)
{
    struct str bytes;
    int64_t pam;
    if (root_read(h->root, l->path, &bytes) < 0)
        return (struct text){0};
    const struct keyvalue *doc = keyvalue_parse(h->arena, &keyvalue_login_defs_pam, bytes);
    const struct keyvalue_line *line = keyvalue_get(doc, "UMASK");
    if (!line || str_to_int64(str_trim(line->value), 8, &pam) < 0 || pam == shadow)
        return (struct text){0};
    return text_make(h->arena, "pam_umask reads %03" PRIo64 " from line %u",
                     "pam_umask 从第 %2$u 行读到的是 %1$03" PRIo64, (uint64_t)pam, line->line);
}

static struct value current(struct host *h, const struct want *w, unsigned *ret_line,
                            struct text *ret_remark)
{
    const struct logindefs *l = host_logindefs(h);
    const struct keyvalue_line *line = l->doc ? keyvalue_get(l->doc, w->key_name) : NULL;
    enum value_kind kind = wanted_kind(w);
    if (!line)
        return builtin_value(kind, w->key, w->key_name);
    *ret_line = line->line;
    if (kind != VALUE_NUMBER && kind != VALUE_MODE)
        return (struct value){.kind = kind, .text = str_dup(h->arena, line->value)};
    int64_t n;
    if (!logindefs_parse_number(line->value, &n)) {
        *ret_remark =
            text_make(h->arena, "\"%s\" is not a number: the shadow tools ignore it",
                      "“%s”不是数字，shadow 工具会忽略它", str_dup(h->arena, line->value));
        return builtin_value(kind, w->key, w->key_name);
    }
    if (cstr_eq(w->key_name, "UMASK"))
        *ret_remark = umask_remark(h, l, n);
    return number_value(kind, w->key_name, n);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const struct logindefs *l = host_logindefs(h);
    struct fact *f;
    unsigned line = 0;
    if (l->error < 0 && l->error != -ENOENT) {
        f = facts_unknown(ret, NULL, root_error_text(h->root, l->path, l->error));
    } else {
        struct text remark = {0};
        f = facts_configured(ret, NULL, current(h, w, &line, &remark));
        f->reason = remark;
    }
    fact_add_where(ret, f, l->path, line);
}

static const char *as_written(struct arena *a, const char *name, const struct value *v)
{
    if (v->kind == VALUE_MODE)
        return arena_printf(a, "%03" PRIo64, (uint64_t)v->number);
    if (v->kind == VALUE_NUMBER && v->number == NUMBER_NEVER)
        return cstr_eq(name, "PASS_MAX_DAYS") ? "99999" : "-1";
    return value_show(a, v);
}

static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    const struct logindefs *l = host_logindefs(h);
    struct str bytes = {"", 0};
    unsigned line = 0;
    struct text remark = {0};
    if (l->error < 0 && l->error != -ENOENT) {
        ret->why = root_error_text(h->root, l->path, l->error);
        return l->error;
    }
    struct value now = current(h, w, &line, &remark);
    if (want_accepts(w, &now))
        return 0;
    if (l->error == 0) {
        int r = root_read(h->root, l->path, &bytes);
        if (r < 0) {
            ret->why = root_error_text(h->root, l->path, r);
            return r;
        }
    }
    struct keyvalue *doc = keyvalue_parse(h->arena, &keyvalue_login_defs, bytes);
    struct value target = want_target(h->arena, w, &now);
    if (target.kind == VALUE_NULL) {
        (void)keyvalue_unset(doc, w->key_name);
    } else if (keyvalue_set(doc, w->key_name, as_written(h->arena, w->key_name, &target)) < 0) {
        ret->why = text_make(h->arena, "%s cannot be written to %s", "无法将 %s 写入 %s",
                             w->key_name, l->path);
        return -EINVAL;
    }
    /* Without the file shadow's own package would bring one: world-readable, root's. */
    const struct attributes fresh = {.set = true, .mode = 0644};
    return stage_write(h->root, l->path, keyvalue_print(h->arena, doc),
                       l->error == -ENOENT ? &fresh : NULL);
}

const struct resource resource_logindefs = {
    .name = "logindefs",
    .summary = {"defaults for accounts made from now on (/etc/login.defs)",
                "新建账户的默认值（/etc/login.defs）"},
    .keys = keys,
    .any_key = true,
    .observe = observe,
    .plan = plan,
};
