/* Questions that most sites answer with Enter: what is there already is shown and stays. */
#include <errno.h>

#include "base/width.h"
#include "cli/setup_session.h"

static void say_line(const struct setup_session *s, struct text line)
{
    _cleanup_buf_ struct buf b = {0};
    buf_puts(&b, "  ");
    buf_put_safe(&b, str_of(text_in(line, s->i->lang)));
    buf_putc(&b, '\n');
    setup_say(s, b.data, b.data);
}

void setup_say_why(const struct setup_session *s, struct text why)
{
    struct arena *a = s->i->arena;
    say_line(s, (struct text){arena_printf(a, "! %s", why.en), arena_printf(a, "! %s", why.zh)});
}

void setup_say_title(const struct setup_session *s, const char *en, const char *zh)
{
    _cleanup_buf_ struct buf b = {0};
    setup_title(s, &b, en, zh);
    setup_say(s, b.data, b.data);
}

static int ask_log_server(struct setup_session *s)
{
    struct strings now = setup_log_targets(s->host);
    struct arena *a = s->i->arena;
    if (now.n) {
        const char *list = strings_join(a, &now, ", ", 4);
        say_line(s, text_make(a, "Records are sent to %s; that stays.",
                              "日志已转发至 %s，保持不变。", list));
        return 0;
    }
    for (;;) {
        struct text why = {0};
        const char *line;
        int r = setup_ask(s,
                          TEXT("  Log server that gets a copy of every record (Enter: none)",
                               "  接收全部日志副本的日志服务器（回车表示没有）"),
                          NULL, &line);
        if (r < 0 || !*line || setup_log_server_is_good(a, line, &s->answers.log_server, &why))
            return r;
        setup_say_why(s, why);
    }
}

static int ask_time_servers(struct setup_session *s)
{
    struct strings now = setup_time_sources(s->host);
    struct arena *a = s->i->arena;
    if (now.n) {
        const char *list = strings_join(a, &now, ", ", 4);
        say_line(s, text_make(a, "The time comes from %s.", "目前的时间来源：%s。", list));
    }
    for (;;) {
        struct strings names = {0};
        struct text why = {0};
        struct str rest, word;
        const char *line;
        int r = setup_ask(s,
                          TEXT("  Time servers of this site to add, blanks between (Enter: none)",
                               "  要添加的本单位时间服务器，以空格分隔（回车表示没有）"),
                          NULL, &line);
        if (r < 0)
            return r;
        for (rest = str_of(line); !why.en && str_next_word(&rest, &word);) {
            const char *name = str_dup(a, word);
            if (setup_time_server_is_good(a, name, &why) && strings_find(&now, name) < 0)
                strings_add(a, &names, name);
        }
        if (!why.en) {
            s->answers.time_servers = names;
            return 0;
        }
        setup_say_why(s, why);
    }
}

static int ask_alert(struct setup_session *s)
{
    struct strings now = setup_mail_targets(s->host);
    struct arena *a = s->i->arena;
    if (now.n) {
        const char *list = strings_join(a, &now, ", ", 4);
        say_line(s, text_make(a, "Mail to root goes to %s; that stays.",
                              "发给 root 的邮件送达 %s，保持不变。", list));
        return 0;
    }
    for (;;) {
        struct text why = {0};
        const char *line;
        int r =
            setup_ask(s,
                      TEXT("  Mail address that gets the warnings written to root (Enter: none)",
                           "  接收 root 告警邮件的地址（回车表示没有）"),
                      NULL, &line);
        if (r < 0 || !*line)
            return r;
        if (setup_mail_is_good(a, line, &why)) {
            s->answers.alert_address = line;
            return 0;
        }
        setup_say_why(s, why);
    }
}

int setup_ask_site(struct setup_session *s)
{
    setup_say_title(s, "Log server, time servers, warnings (all optional)",
                    "日志服务器、时间服务器、告警（均可不填）");
    int r = ask_log_server(s);
    if (r == 0)
        r = ask_time_servers(s);
    return r < 0 ? r : ask_alert(s);
}

static void say_names(const struct setup_session *s, const struct strings *names)
{
    for (size_t i = 0; i < names->n; i++) {
        const char *line = arena_printf(s->i->arena, "  %s", names->v[i]);
        say_line(s, (struct text){line, line});
    }
}

/* Users of cloud images, members of the group sudo. Nobody is left without a way to root by it:
 * the plan proves that. */
static int ask_others(struct setup_session *s, const struct strings *others)
{
    bool yes = true;
    say_line(s, TEXT("These have none of the three roles and may do everything by sudo today:",
                     "以下账户不属于三类管理员，但目前可用 sudo 执行一切命令："));
    say_names(s, others);
    say_line(s,
             TEXT("While they may, items 8 and 13 do not hold. Their logins stay as they are; root "
                  "is reached by su.",
                  "只要保留，第 8 项和第 13 项就不符合。其登录不受影响；需要 root 时使用 su。"));
    int r =
        setup_ask_yes(s, TEXT("  Take sudo away from them", "  是否收回其 sudo 权限"), true, &yes);
    s->answers.take_sudo = yes;
    return r;
}

int setup_ask_sudo(struct setup_session *s)
{
    struct strings others = setup_others(s->host, &s->answers, false);
    struct strings all = setup_nopasswd(s->host), rest = {0};
    bool yes = true;
    int r = others.n ? ask_others(s, &others) : 0;
    for (size_t i = 0; i < all.n; i++)
        if (!s->answers.take_sudo || strings_find(&others, all.v[i]) < 0)
            strings_add(s->i->arena, &rest, all.v[i]);
    if (r < 0 || !rest.n)
        return r;
    say_line(s,
             TEXT("sudo asks these for no password today:", "目前以下账户使用 sudo 不需要口令："));
    say_names(s, &rest);
    say_line(s, TEXT("With a password asked for, an account that has none can no longer use sudo; "
                     "its ssh login stays.",
                     "要求口令后，没有口令的账户将不能再使用 sudo，其 ssh 登录不受影响。"));
    r = setup_ask_yes(s, TEXT("  Ask for a password from now on", "  今后是否要求输入口令"), true,
                      &yes);
    s->answers.keep_nopasswd = !yes;
    return r;
}

int setup_ask_packages(const struct setup_session *s, const struct plan *plan, bool *ret)
{
    struct strings names = {0}, rules = {0};
    struct arena *a = s->i->arena;
    *ret = false;
    vec_each (step, &plan->steps) {
        if (step->kind != STEP_PACKAGE)
            continue;
        strings_add(a, &names, arena_printf(a, "%s %s", step->verb, step->target));
        for (size_t i = 0; i < step->rules.n; i++)
            if (strings_find(&rules, step->rules.v[i]) < 0)
                strings_add(a, &rules, step->rules.v[i]);
    }
    if (!names.n)
        return 0;
    setup_say_title(s, "Packages", "软件包");
    say_line(s, text_make(a,
                          "%s: needed by %s. Installed from the package sources of this system; "
                          "undo does not take them back.",
                          "%s：%s 需要。将从本系统配置的软件源安装；撤销时不会收回。",
                          strings_join(a, &names, ", ", 8), strings_join(a, &rules, ", ", 4)));
    return setup_ask_yes(s, TEXT("  Change these packages", "  是否变更这些软件包"), true, ret);
}
