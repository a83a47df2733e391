/* The answers file: read to its end, all mistakes at once, with what was found and what to do. */
#include "engine/setup.h"

#include <errno.h>

#include "base/width.h"
#include "effective/password_hash.h"
#include "engine/policy_load.h"

struct reading {
    struct loader l; /* fields and problems as policies have them */
    struct host *h;
    const char *path;
    struct setup_answers *ret;
};

enum {
    A_SETUP,
    A_ADMINISTRATOR,
    A_AUDITOR,
    A_OFFICER,
    A_ROOT,
    A_ALLOW,
    A_OWN,
    A_CONSOLE,
    A_SU,
    A_ROOT_SSH,
    A_NOPASSWD,
    A_OTHERS,
    A_HARDENING,
    A_PACKAGES,
    A_LOG,
    A_TIME,
    A_ALERT,
    A_FIELDS
};

static const struct field fields[A_FIELDS] = {
    [A_SETUP] = {"setup", YAML_TEXT, true},
    [A_ADMINISTRATOR] = {"administrator", YAML_MAP, true},
    [A_AUDITOR] = {"auditor", YAML_MAP, true},
    [A_OFFICER] = {"security_officer", YAML_MAP, true},
    [A_ROOT] = {"root", YAML_MAP},
    [A_ALLOW] = {"allow_from", YAML_LIST, true},
    [A_OWN] = {"without_own_address", YAML_TEXT},
    [A_CONSOLE] = {"console_only", YAML_TEXT},
    [A_SU] = {"su_group", YAML_TEXT},
    [A_ROOT_SSH] = {"root_ssh_login", YAML_TEXT},
    [A_NOPASSWD] = {"sudo_without_password", YAML_TEXT},
    [A_OTHERS] = {"other_sudo", YAML_TEXT},
    [A_HARDENING] = {"hardening", YAML_TEXT},
    [A_PACKAGES] = {"packages", YAML_TEXT},
    [A_LOG] = {"log_server", YAML_TEXT},
    [A_TIME] = {"time_servers", YAML_LIST},
    [A_ALERT] = {"alert_address", YAML_TEXT},
};

enum { P_NAME, P_HASH, P_FD, P_KEYS, P_FIELDS };

static const struct field person_fields[P_FIELDS] = {
    [P_NAME] = {"name", YAML_TEXT},
    [P_HASH] = {"password_hash", YAML_TEXT},
    [P_FD] = {"password_fd", YAML_TEXT},
    [P_KEYS] = {"keys", YAML_LIST},
};

static void say(struct reading *r, const struct yaml_value *at, struct text why)
{
    problems_add_text(r->l.problems, r->path, at->line, at->column, why);
}

/* "yes" or `otherwise`: false where the field is not given. */
static bool chosen(struct reading *r, const struct yaml_value *v, const char *yes, const char *no)
{
    if (!v)
        return false;
    if (cstr_eq(v->text, yes))
        return true;
    if (!cstr_eq(v->text, no))
        problem_at(&r->l, r->path, v, "%s: \"%s\": expected %s or %s", "%s：“%s”：应为 %s 或 %s",
                   v->key->text, safe_text(r->h->arena, v->text), no, yes);
    return false;
}

static void read_secret(struct reading *r, const struct yaml_value *const f[P_FIELDS],
                        struct setup_person *ret)
{
    struct text why = {0};
    int64_t fd;
    ret->password_fd = -1;
    if (f[P_HASH] && !password_hash_is_strong(r->h, f[P_HASH]->text, &why))
        say(r, f[P_HASH],
            text_concat(r->h->arena, TEXT("password_hash: ", "password_hash："), why));
    else if (f[P_HASH])
        ret->hash = f[P_HASH]->text;
    if (f[P_FD] && (str_to_int64(str_of(f[P_FD]->text), 10, &fd) < 0 || fd < 0 || fd > 1023))
        say(r, f[P_FD],
            TEXT("password_fd: expected the number of an open file, as in 3",
                 "password_fd：应为已打开文件的编号，如 3"));
    else if (f[P_FD] && f[P_HASH])
        say(r, f[P_FD],
            TEXT("password_hash and password_fd: give one of them",
                 "password_hash 与 password_fd：只能给出其一"));
    else if (f[P_FD])
        ret->password_fd = (int)fd;
}

static void read_keys(struct reading *r, const struct yaml_value *list, struct setup_person *ret)
{
    for (size_t i = 0; list && i < list->items.n; i++) {
        const struct yaml_value *v = &list->items.v[i];
        struct text why = {0};
        const char *key = NULL;
        if (v->kind != YAML_TEXT || !setup_key_is_good(r->h->arena, v->text, &key, &why))
            say(r, v,
                why.en ? text_concat(r->h->arena, TEXT("keys: ", "keys："), why)
                       : TEXT("keys: expected a public key a line", "keys：应为每行一个公钥"));
        else
            strings_add(r->h->arena, &ret->keys, key);
    }
}

/* A password in plain text is what people try first: it is said what to do instead. */
static bool plain_password(struct reading *r, const struct yaml_value *map)
{
    const struct yaml_value *v = map ? yaml_member(map, "password") : NULL;
    if (!v)
        return false;
    say(r, v->key,
        TEXT("password: a password in plain text is not taken from a file; give password_hash "
             "(mkpasswd -m sha-512, openssl passwd -6) or password_fd",
             "password：不从文件读取明文口令；请用 password_hash（mkpasswd -m sha-512 或 openssl "
             "passwd -6 生成）或 password_fd"));
    return true;
}

static void read_person(struct reading *r, const struct yaml_value *map, enum setup_role role)
{
    const struct yaml_value *f[P_FIELDS];
    struct setup_person *p = &r->ret->people[role];
    struct text why = {0};
    p->password_fd = -1;
    p->name = setup_roles[role].default_name;
    if (!map || plain_password(r, map) ||
        !fields_take(&r->l, r->path, map, person_fields, P_FIELDS, f))
        return;
    if (f[P_NAME])
        p->name = f[P_NAME]->text;
    if (!setup_name_is_good(r->h, p->name, &why))
        say(r, f[P_NAME] ? f[P_NAME] : map, why);
    read_secret(r, f, p);
    read_keys(r, f[P_KEYS], p);
}

static void read_root(struct reading *r, const struct yaml_value *map)
{
    static const struct field table[] = {{"password_hash", YAML_TEXT, false},
                                         {"password_fd", YAML_TEXT, false}};
    const struct yaml_value *f[2], *all[P_FIELDS] = {0};
    r->ret->root = (struct setup_person){.name = "root", .password_fd = -1};
    if (!map || plain_password(r, map) || !fields_take(&r->l, r->path, map, table, 2, f))
        return;
    all[P_HASH] = f[0];
    all[P_FD] = f[1];
    read_secret(r, all, &r->ret->root);
}

static void read_sources(struct reading *r, const struct yaml_value *list)
{
    struct arena *a = r->h->arena;
    for (size_t i = 0; list && i < list->items.n; i++) {
        const struct yaml_value *v = &list->items.v[i];
        struct text why = TEXT("expected an address or a network", "应为地址或网段");
        if (v->kind == YAML_TEXT && cstr_eq(v->text, "anywhere") && list->items.n == 1)
            return;
        if (v->kind != YAML_TEXT || !setup_source_is_good(a, v->text, &why))
            say(r, v, text_concat(a, TEXT("allow_from: ", "allow_from："), why));
        else
            strings_add(a, &r->ret->sources, v->text);
    }
    if (list && !list->items.n)
        say(r, list,
            TEXT("allow_from: the list is empty; name the addresses from which this host is "
                 "managed, or say [anywhere]",
                 "allow_from：列表为空；请写明管理终端的地址，或写 [anywhere]"));
}

/* "keep", like a field that is not there, leaves what the system has. */
static bool is_given(const struct yaml_value *v)
{
    return v && !cstr_eq(v->text, "keep");
}

static void read_choices(struct reading *r, const struct yaml_value *const f[A_FIELDS])
{
    struct arena *a = r->h->arena;
    struct setup_answers *o = r->ret;
    struct text why = {0};
    if (is_given(f[A_LOG]) && !setup_log_server_is_good(a, f[A_LOG]->text, &o->log_server, &why))
        say(r, f[A_LOG], text_concat(a, TEXT("log_server: ", "log_server："), why));
    for (size_t i = 0; f[A_TIME] && i < f[A_TIME]->items.n; i++) {
        const struct yaml_value *v = &f[A_TIME]->items.v[i];
        why = TEXT("expected a name or an address", "应为名称或地址");
        if (v->kind != YAML_TEXT || !setup_time_server_is_good(a, v->text, &why))
            say(r, v, text_concat(a, TEXT("time_servers: ", "time_servers："), why));
        else
            strings_add(a, &o->time_servers, v->text);
    }
    if (is_given(f[A_ALERT]) && !setup_mail_is_good(a, f[A_ALERT]->text, &why))
        say(r, f[A_ALERT], text_concat(a, TEXT("alert_address: ", "alert_address："), why));
    else if (is_given(f[A_ALERT]))
        o->alert_address = f[A_ALERT]->text;
    o->packages = chosen(r, f[A_PACKAGES], "yes", "no");
}

static void read_top(struct reading *r, const struct yaml_value *top)
{
    const struct yaml_value *f[A_FIELDS];
    struct setup_answers *o = r->ret;
    struct text why = {0};
    if (!fields_take(&r->l, r->path, top, fields, A_FIELDS, f))
        return;
    if (f[A_SETUP] && !cstr_eq(f[A_SETUP]->text, "1"))
        say(r, f[A_SETUP],
            TEXT("setup: expected 1, the version of this format", "setup：应为 1（格式版本）"));
    read_person(r, f[A_ADMINISTRATOR], SETUP_ADMINISTRATOR);
    read_person(r, f[A_AUDITOR], SETUP_AUDITOR);
    read_person(r, f[A_OFFICER], SETUP_OFFICER);
    read_root(r, f[A_ROOT]);
    read_sources(r, f[A_ALLOW]);
    read_choices(r, f);
    o->without_own_address = chosen(r, f[A_OWN], "yes", "no");
    o->console_only = chosen(r, f[A_CONSOLE], "yes", "no");
    o->keep_root_ssh = chosen(r, f[A_ROOT_SSH], "keep", "no");
    o->keep_nopasswd = chosen(r, f[A_NOPASSWD], "keep", "no");
    o->take_sudo = chosen(r, f[A_OTHERS], "remove", "keep");
    o->skip_hardening = chosen(r, f[A_HARDENING], "no", "yes");
    o->su_group = f[A_SU] ? f[A_SU]->text : setup_su_group(r->h);
    if (cstr_eq(o->su_group, "keep"))
        o->su_group = NULL;
    else if (!setup_group_is_good(r->h, o->su_group, &why))
        say(r, f[A_SU] ? f[A_SU] : top,
            text_concat(r->h->arena, TEXT("su_group: ", "su_group："), why));
}

int setup_answers_read(struct host *h, const char *path, struct str bytes, const char *own,
                       struct setup_answers *ret, struct problems *problems)
{
    struct setup_answers answers = {0};
    const struct yaml_value *top = NULL;
    struct reading r = {
        .l = {.arena = h->arena, .problems = problems}, .h = h, .path = path, .ret = &answers};
    size_t before = problems->n;
    for (int i = 0; i < SETUP_ROLES; i++)
        answers.people[i].password_fd = -1;
    answers.root.password_fd = -1;
    if (yaml_read(h->arena, path, bytes, &top, problems) == 0)
        read_top(&r, top);
    /* What does not fit together is said too, but about what could be read only. */
    size_t alone = problems->n;
    if (top && top->kind == YAML_MAP)
        (void)setup_answers_check(h, &answers, own, problems);
    for (size_t i = alone; i < problems->n; i++) {
        problems->v[i].path = path;
        problems->v[i].line = 1;
        problems->v[i].column = 1;
    }
    if (problems->n > before)
        return -EINVAL;
    *ret = answers;
    return 0;
}

/* ---- writing ---- */

static void put_person(struct buf *b, const struct setup_answers *o, enum setup_role role)
{
    const struct setup_person *p = &o->people[role];
    buf_printf(b, "%s:\n  name: %s\n", setup_roles[role].field, p->name);
    if (p->hash || p->password_fd >= 0)
        buf_puts(b, "  # password_hash: …   (or password_fd: N; 此处填写口令散列)\n");
    for (size_t i = 0; i < p->keys.n; i++)
        buf_printf(b, "%s  - \"%s\"\n", i ? "" : "  keys:\n", p->keys.v[i]);
}

void setup_answers_write(struct arena *a, const struct setup_answers *o, struct buf *b)
{
    buf_puts(b,
             "# dengbao setup --answers FILE   (no secrets in here; 本文件不含口令)\nsetup: 1\n");
    for (int i = 0; i < SETUP_ROLES; i++)
        put_person(b, o, (enum setup_role)i);
    if (o->root.hash || o->root.password_fd >= 0)
        buf_puts(b, "# root: {password_hash: …}\n");
    buf_printf(b, "allow_from: [%s]\n",
               o->sources.n ? strings_join(a, &o->sources, ", ", 0) : "anywhere");
    buf_printf(b, "su_group: %s\n", o->su_group ? o->su_group : "keep");
    buf_printf(b, "root_ssh_login: %s\n", o->keep_root_ssh ? "keep" : "no");
    buf_printf(b, "sudo_without_password: %s\n", o->keep_nopasswd ? "keep" : "no");
    buf_printf(b, "other_sudo: %s\n", o->take_sudo ? "remove" : "keep");
    buf_printf(b, "hardening: %s\n", o->skip_hardening ? "no" : "yes");
    buf_printf(b, "packages: %s\n", o->packages ? "yes" : "no");
    if (o->log_server)
        buf_printf(b, "log_server: '%s'\n", o->log_server);
    for (size_t i = 0; i < o->time_servers.n; i++)
        buf_printf(b, "%s  - '%s'\n", i ? "" : "time_servers:\n", o->time_servers.v[i]);
    if (o->alert_address)
        buf_printf(b, "alert_address: '%s'\n", o->alert_address);
    if (o->without_own_address)
        buf_puts(b, "without_own_address: yes\n");
    if (o->console_only)
        buf_puts(b, "console_only: yes\n");
}
