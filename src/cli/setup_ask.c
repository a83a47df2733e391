/* The guided session: what is missing and why, one question after the other. Nothing is written
 * before the last one is answered. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "cli/setup_session.h"
#include "effective/password_hash.h"

enum { PASSWORD_SIZE = 600 };

#define say_text(s, b) setup_say(s, (b).data ? (b).data : "", (b).data ? (b).data : "")

/* What an earlier setup decided: the account of a role, the sources. */
static const char *recorded_name(const struct setup_session *s, enum setup_role role)
{
    const char *id = arena_printf(s->i->arena, "setup-%s", setup_roles[role].id);
    vec_each (item, &s->policy->items)
        vec_each (rule, &item->rules)
            if (cstr_eq(rule->id, id) && rule->wants.n)
                return want_arg(&rule->wants.v[0], "select");
    return NULL;
}

/* Keys that were given then stay asked for; they are not typed again. */
static void recorded_keys(struct setup_session *s, enum setup_role role)
{
    const char *id = arena_printf(s->i->arena, "setup-%s", setup_roles[role].id);
    struct setup_person *p = &s->answers.people[role];
    vec_each (item, &s->policy->items)
        vec_each (rule, &item->rules)
            vec_each (w, &rule->wants) {
                const char *name = want_arg(w, "select");
                if (!cstr_eq(rule->id, id) || !cstr_eq(w->key_name, "authorized-keys") ||
                    !cstr_eq(name, p->name))
                    continue;
                for (size_t k = 0; k < w->expected.list.n; k++)
                    strings_add(s->i->arena, &p->keys, w->expected.list.v[k]);
            }
}

static const char *recorded_sources(const struct setup_session *s)
{
    vec_each (item, &s->policy->items)
        vec_each (rule, &item->rules)
            vec_each (p, &rule->params)
                if (cstr_eq(rule->id, "ssh-source-limited") && cstr_eq(p->name, "sources") &&
                    p->value.list.n)
                    return strings_join(s->i->arena, &p->value.list, " ", 0);
    return NULL;
}

/* Twice, without echo, until it is good; empty where that is allowed: ret stays NULL. */
static int ask_password(struct setup_session *s, const char *account, bool may_be_empty,
                        const char **ret)
{
    char first[PASSWORD_SIZE] = "", again[PASSWORD_SIZE] = "";
    struct arena *a = s->i->arena;
    int r = 0;
    for (bool done = false; !done && r == 0;) {
        struct text why = {0};
        r = setup_ask_secret(
            s,
            may_be_empty
                ? text_make(a, "  Password for %s (not shown; Enter alone: only an ssh key)",
                            "  %s 的口令（不回显；直接回车则只用 ssh 公钥）", account)
                : text_make(a, "  Password for %s (not shown)", "  %s 的口令（不回显）", account),
            first, sizeof first);
        if (r == 0 && !*first && may_be_empty)
            break;
        if (r == 0 && !setup_password_is_good(s, account, first, &why)) {
            setup_say_why(s, why);
            continue;
        }
        if (r == 0)
            r = setup_ask_secret(s, TEXT("  The same again", "  请再输入一次"), again,
                                 sizeof again);
        if (r == 0 && strcmp(first, again) != 0)
            setup_say_why(s, TEXT("the two differ", "两次输入不一致"));
        else if (r == 0)
            done = true;
    }
    if (r == 0 && *first && password_hash_make(s->host, first, ret) < 0)
        r = -EOPNOTSUPP;
    explicit_bzero(first, sizeof first);
    explicit_bzero(again, sizeof again);
    return r;
}

static int ask_key(struct setup_session *s, bool required, struct setup_person *p)
{
    for (;;) {
        struct text why = {0};
        const char *line, *key;
        int r = setup_ask(
            s,
            required ? TEXT("  Paste the ssh public key (one line)", "  粘贴 ssh 公钥（一行）")
                     : TEXT("  ssh public key to log in with, one line (Enter: none)",
                            "  用于登录的 ssh 公钥，一行（回车跳过）"),
            NULL, &line);
        if (r < 0 || (!*line && !required))
            return r;
        if (setup_key_is_good(s->i->arena, line, &key, &why)) {
            strings_add(s->i->arena, &p->keys, key);
            return 0;
        }
        setup_say_why(s, why);
    }
}

static bool name_is_free(struct setup_session *s, enum setup_role role, const char *name)
{
    for (int k = 0; k < (int)role; k++)
        if (cstr_eq(s->answers.people[k].name, name))
            return false;
    return true;
}

static int ask_name(struct setup_session *s, enum setup_role role)
{
    const char *proposed = recorded_name(s, role);
    struct text prompt = TEXT("  Account name", "  账户名");
    for (;;) {
        struct text why = {0};
        const char *name;
        int r = setup_ask(s, prompt, proposed ? proposed : setup_roles[role].default_name, &name);
        if (r < 0)
            return r;
        if (!name_is_free(s, role, name))
            setup_say_why(s, TEXT("each role has an account of its own", "每个角色须有自己的账户"));
        else if (!setup_name_is_good(s->host, name, &why))
            setup_say_why(s, why);
        else {
            s->answers.people[role].name = name;
            return 0;
        }
    }
}

static int ask_person(struct setup_session *s, enum setup_role role)
{
    const struct setup_role_row *row = &setup_roles[role];
    struct setup_person *p = &s->answers.people[role];
    struct arena *a = s->i->arena;
    setup_say_title(s,
                    arena_printf(a, "%d of 3  %s: %s", (int)role + 1, row->title.en, row->duty.en),
                    arena_printf(a, "%d/3  %s：%s", (int)role + 1, row->title.zh, row->duty.zh));
    int r = ask_name(s, role);
    if (r < 0)
        return r;
    struct setup_state is = setup_state_of(s->host, p->name);
    if (is.usable_password || (is.has_keys && role != SETUP_OFFICER)) {
        recorded_keys(s, role);
        setup_say(s, "  The account is there and can log in; its password and keys stay.\n",
                  "  账户已存在且可登录，口令与密钥保持不变。\n");
        return 0;
    }
    if (is.exists)
        setup_say(s, "  The account is there, but no password opens it today.\n",
                  "  账户已存在，但目前没有可用的口令。\n");
    r = ask_password(s, p->name, role != SETUP_OFFICER, &p->hash);
    return r < 0 ? r : ask_key(s, !p->hash && !is.has_keys, p);
}

static int ask_root(struct setup_session *s)
{
    setup_say_title(s, "Root's password", "root 口令");
    if (setup_state_of(s->host, "root").usable_password) {
        setup_say(s, "  It is set and stays; su asks for it.\n",
                  "  已设置，保持不变；su 时需要。\n");
        return 0;
    }
    setup_say(s,
              "  The system administrator becomes root by su, which asks for root's password;\n"
              "  root has none that works today.\n",
              "  系统管理员用 su 成为 root 时需要 root 口令，而 root 目前没有可用的口令。\n");
    return ask_password(s, "root", false, &s->answers.root.hash);
}

/* Words of one line into sources; false with the reason at the first that is none. */
static bool take_sources(struct setup_session *s, const char *line, struct strings *ret,
                         struct text *why)
{
    struct str rest = str_of(line), word;
    while (str_next_word(&rest, &word)) {
        while (word.n && word.p[word.n - 1] == ',')
            word.n--;
        const char *source = str_dup(s->i->arena, word);
        if (word.n && !setup_source_is_good(s->i->arena, source, why))
            return false;
        if (word.n)
            strings_add(s->i->arena, ret, source);
    }
    return true;
}

/* Leaving out the own address takes more than a yes: it has to be typed. */
static int may_leave_out(struct setup_session *s, bool *ret)
{
    const char *typed;
    setup_say_why(s, text_make(s->i->arena,
                               "%s, from which you are connected, would not get in any more",
                               "您当前连接的地址 %s 将无法再登录", s->own));
    int r = setup_ask(s,
                      TEXT("  To leave it out all the same, type that address; Enter: change the "
                           "answer",
                           "  如确实不包含，请键入该地址；直接回车则重新回答"),
                      NULL, &typed);
    *ret = r == 0 && cstr_eq(typed, s->own);
    return r;
}

static int ask_sources(struct setup_session *s)
{
    const char *recorded = recorded_sources(s), *line;
    struct arena *a = s->i->arena;
    setup_say_title(s, "From where this host is managed over ssh", "允许经 ssh 管理本机的来源地址");
    if (s->own) {
        _cleanup_buf_ struct buf b = {0};
        buf_printf(&b, s->i->lang == LANG_ZH ? "  您当前从 %s 连接。\n" : "  You come from %s.\n",
                   s->own);
        say_text(s, b);
    }
    for (;;) {
        struct strings sources = {0};
        struct text why = {0};
        bool leave = true;
        int r = setup_ask(s,
                          TEXT("  Addresses and networks, blanks between (or: anywhere)",
                               "  地址和网段，以空格分隔（或填 anywhere 表示不限制）"),
                          recorded ? recorded : s->own, &line);
        if (r < 0)
            return r;
        if (cstr_eq(line, "anywhere")) {
            setup_say_why(s, TEXT("then item 18 does not hold", "此时第 18 项不符合"));
            return 0;
        }
        if (!take_sources(s, line, &sources, &why) || !sources.n) {
            setup_say_why(s, why.en ? why : TEXT("name at least one", "请至少填写一个"));
            continue;
        }
        if (s->own && !setup_sources_cover(&sources, s->own)) {
            r = may_leave_out(s, &leave);
            s->answers.without_own_address = leave;
        }
        if (r < 0)
            return r;
        if (leave) {
            s->answers.sources = sources;
            return 0;
        }
        recorded = arena_printf(a, "%s %s", s->own, strings_join(a, &sources, " ", 0));
    }
}

static int ask_su_group(struct setup_session *s)
{
    setup_say_title(s, "su", "su");
    for (;;) {
        struct text why = {0};
        int r = setup_ask(s, TEXT("  Group whose members may use su", "  允许使用 su 的组"),
                          setup_su_group(s->host), &s->answers.su_group);
        if (r < 0 || setup_group_is_good(s->host, s->answers.su_group, &why))
            return r;
        setup_say_why(s, why);
    }
}

static int ask_rest(struct setup_session *s)
{
    bool yes = true;
    setup_say_title(s, "Root's login and the other rules", "root 登录与其他规则");
    int r = setup_ask_yes(s, TEXT("  Refuse root over ssh", "  禁止 root 经 ssh 登录"), true, &yes);
    s->answers.keep_root_ssh = !yes;
    if (r == 0 && !s->own) {
        r = setup_ask_yes(s,
                          TEXT("  Is this host managed at its console only, never over ssh",
                               "  本机是否只在控制台管理，从不经 ssh"),
                          false, &yes);
        s->answers.console_only = yes;
    }
    if (r == 0)
        r = setup_ask_sudo(s);
    if (r == 0)
        r = setup_ask_yes(
            s,
            TEXT("  Also make the rules hold that need no answer", "  是否同时落实无需回答的规则"),
            true, &yes);
    s->answers.skip_hardening = !yes;
    return r;
}

int setup_guided(struct setup_session *s)
{
    int r = 0;
    s->answers = (struct setup_answers){.root = {.name = "root", .password_fd = -1}};
    for (int k = 0; k < SETUP_ROLES; k++)
        s->answers.people[k].password_fd = -1;
    setup_say(
        s,
        "dengbao setup: what only a person can answer. Nothing is changed before the last "
        "question;\nCtrl-C leaves everything as it is. Enter takes what stands in brackets.\n",
        "dengbao setup：以下事项须由人决定。回答完最后一个问题之前不会更改任何内容；\n"
        "按 Ctrl-C 退出则一切保持原状。直接回车采用方括号中的值。\n");
    for (int k = 0; r == 0 && k < SETUP_ROLES; k++)
        r = ask_person(s, (enum setup_role)k);
    if (r == 0)
        r = ask_root(s);
    if (r == 0)
        r = ask_sources(s);
    if (r == 0)
        r = ask_su_group(s);
    if (r == 0)
        r = setup_ask_site(s);
    if (r == 0)
        r = ask_rest(s);
    if (r == 0)
        return 0;
    setup_say(s, "\n", "\n");
    return r == -ENODATA
               ? complain(s->i, EXIT_NOT_COMPLIANT, TEXT("nothing was changed", "未做任何更改"))
               : complain(s->i, EXIT_ERROR, errno_text(r));
}
