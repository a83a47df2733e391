#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/width.h"
#include "cli/commands.h"
#include "cli/plan_text.h"
#include "cli/setup_session.h"
#include "engine/apply.h"
#include "root/live_session.h"
#include "root/own.h"

#define both(s, en, zh) ((s)->i->lang == LANG_ZH ? (zh) : (en))

static bool has_hash(const struct setup_answers *o)
{
    for (int k = 0; k < SETUP_ROLES; k++)
        if (o->people[k].hash)
            return true;
    return o->root.hash != NULL;
}

/* A hash is worth guessing at: a file with one is for its owner alone. */
static int read_answers(struct setup_session *s)
{
    const char *path = s->i->options[OPTION_ANSWERS];
    struct err e = {.arena = s->i->arena};
    struct problems problems = {.arena = s->i->arena};
    struct str bytes;
    if (own_read(s->i->arena, path, &bytes, &e) < 0)
        return complain(s->i, EXIT_ERROR, e.message);
    int r = setup_answers_read(s->host, path, bytes, s->own, &s->answers, &problems);
    if (own_is_exposed(path) && (r < 0 || has_hash(&s->answers)))
        problems_add(
            &problems, path, 0, 0,
            "others can read it, and it holds or may hold password hashes; run: chmod 600 %s",
            "其他用户可读取该文件，其中含有或可能含有口令散列；请执行：chmod 600 %s", path);
    if (!problems.n)
        return 0;
    for (size_t k = 0; k < problems.n; k++) {
        const struct problem *p = &problems.v[k];
        const char *at =
            p->line ? arena_printf(s->i->arena, "%s:%u:%u", p->path, p->line, p->column) : p->path;
        (void)complain(s->i, 0,
                       (struct text){arena_printf(s->i->arena, "%s: %s", at, p->message.en),
                                     arena_printf(s->i->arena, "%s：%s", at, p->message.zh)});
    }
    return complain(s->i, EXIT_ERROR,
                    text_make(s->i->arena, "%zu answers are wrong or missing; nothing was changed",
                              "%zu 处答案有误或缺失；未做任何更改", problems.n));
}

/* The policy with the answers in it, and the host that plans with them. */
static int take_answers(struct setup_session *s)
{
    s->file_count = setup_policy(s->host, &s->answers, s->files);
    int r = session_policy_with(s->i, s->files, s->file_count, &s->policy);
    if (r)
        return r;
    s->asked = (struct host_options){.password = setup_password,
                                     .password_context = &s->answers,
                                     .site_files = s->files,
                                     .site_file_count = s->file_count};
    s->host = session_host(s->i, s->root, s->policy, &s->asked);
    return 0;
}

static void plan_options(struct setup_session *s, struct plan_options *ret)
{
    struct selection none = {0};
    plan_options_of(s->i, s->root, s->policy, &none, ret);
    ret->allow[CLASS_IMAGE] = !s->answers.skip_hardening;
    setup_rules(s->i->arena, s->policy, &s->answers, &ret->named);
    if (s->answers.su_group) /* the site's own row names the group */
        strings_add(s->i->arena, &ret->excluded, "su-restricted");
    ret->needs_operator = true;
    ret->administrator = s->answers.people[SETUP_ADMINISTRATOR].name;
    bool own_in = s->own && setup_sources_cover(&s->answers.sources, s->own);
    if (!own_in)
        ret->from = setup_source_example(s->i->arena, &s->answers.sources);
    ret->paths = s->answers.console_only ? ACCESS_BY_CONSOLE : ACCESS_BY_SSH;
}

/* yes, no, or diff: every change as plan shows it. */
static int ask_last(struct setup_session *s, const struct plan *plan)
{
    for (;;) {
        const char *answer = "no";
        int r = setup_ask(s,
                          TEXT("Apply these changes? yes, no, or diff to see them",
                               "执行这些更改吗？yes 执行，no 放弃，diff 查看全部差异"),
                          "no", &answer);
        _cleanup_buf_ struct buf out = {0};
        if (r == 0 && cstr_eq(answer, "yes"))
            return 0;
        if (r < 0 || !cstr_eq(answer, "diff"))
            return complain(s->i, EXIT_NOT_COMPLIANT, TEXT("nothing was changed", "未做任何更改"));
        plan_text(s->i, plan, &out);
        r = put_output(s->i, &out);
        if (r)
            return r;
    }
}

/* A plan that may install packages tells which ones it needs; only then somebody is asked. */
static int choose_packages(struct setup_session *s, struct plan_options *options, struct plan **ret)
{
    bool asks = !s->i->options[OPTION_ANSWERS] && isatty(STDIN_FILENO) && root_is_live(s->root);
    bool yes = s->answers.packages || s->i->options[OPTION_PACKAGES];
    options->packages = yes ? PACKAGES_YES : asks ? PACKAGES_LIST : PACKAGES_NO;
    int r = plan_make(s->host, s->policy, NULL, options, ret);
    if (r == 0 && options->packages == PACKAGES_LIST) {
        r = setup_ask_packages(s, *ret, &yes);
        if (r == -ENODATA)
            return complain(s->i, EXIT_NOT_COMPLIANT, TEXT("nothing was changed", "未做任何更改"));
        s->answers.packages = yes;
        options->packages = yes ? PACKAGES_YES : PACKAGES_NO;
        if (r == 0)
            r = plan_make(s->host, s->policy, NULL, options, ret);
    }
    return r < 0 ? complain(s->i, EXIT_ERROR, errno_text(r)) : 0;
}

static int write_answers(struct setup_session *s)
{
    _cleanup_buf_ struct buf out = {0};
    const char *path = s->i->options[OPTION_WRITE_ANSWERS];
    if (!path)
        return 0;
    setup_answers_write(s->i->arena, &s->answers, &out);
    int r = own_write_private(path, (struct str){out.data, out.len});
    return r < 0 ? complain(s->i, EXIT_ERROR,
                            text_make(s->i->arena, "cannot write %s: %s", "无法写入 %s：%s", path,
                                      text_in(errno_text(r), s->i->lang)))
                 : 0;
}

static int agree(struct setup_session *s, struct plan_options *options, bool *ret_empty)
{
    struct plan *plan;
    _cleanup_buf_ struct buf out = {0};
    int r = choose_packages(s, options, &plan);
    if (!r)
        r = write_answers(s);
    if (r)
        return r;
    *ret_empty = plan->steps.n == 0;
    setup_drop_settled(plan);
    setup_plan_text(s, plan, &out);
    if (*ret_empty)
        setup_items_text(s, plan->before, &out);
    r = put_output(s->i, &out);
    if (r || *ret_empty)
        return r;
    if (plan->refusals.n || plan->regressions.n)
        return complain(
            s->i, EXIT_ERROR,
            TEXT("the plan is refused; nothing was changed", "计划被拒绝；未做任何更改"));
    if (s->i->options[OPTION_YES])
        return 0;
    if (!isatty(STDIN_FILENO))
        return complain(
            s->i, EXIT_USAGE,
            TEXT("not at a terminal: say --yes to apply", "不在终端上运行：执行更改请加 --yes"));
    return ask_last(s, plan);
}

static int carry_out(struct setup_session *s)
{
    struct plan_options options;
    struct apply_options how = {.confirm_within = CONFIRM_AUTO};
    struct apply_outcome outcome = {0};
    struct err e = {.arena = s->i->arena};
    bool empty = false;
    int r = confirm_within_of(s->i, &how.confirm_within);
    if (r)
        return r;
    plan_options(s, &options);
    r = agree(s, &options, &empty);
    if (r)
        return r;
    /* From here on it runs to its end: what is begun is finished or put back, not left to a key. */
    sigset_t keys;
    (void)sigemptyset(&keys);
    (void)sigaddset(&keys, SIGINT);
    (void)sigaddset(&keys, SIGQUIT);
    (void)sigaddset(&keys, SIGTSTP);
    (void)sigprocmask(SIG_BLOCK, &keys, NULL);
    r = apply_run(s->host, s->policy, NULL, &options, &how, &outcome, &e);
    _cleanup_buf_ struct buf out = {0};
    if (r < 0 && r != -ENODATA && r != -ECANCELED)
        return apply_failed(s->i, r, &e);
    setup_drop_settled(outcome.plan);
    setup_items_text(s, outcome.after, &out);
    apply_outcome_text(s->i, &outcome, &out);
    r = put_output(s->i, &out);
    return r ? r : apply_exit_code(&outcome);
}

static int status(struct setup_session *s)
{
    bool done = setup_is_done(s->root);
    _cleanup_buf_ struct buf out = {0};
    buf_puts(&out, done ? both(s, "setup has been done\n", "setup 已完成\n")
                        : both(s, "setup has not been done: run dengbao setup\n",
                               "尚未完成 setup：请运行 dengbao setup\n"));
    int r = put_output(s->i, &out);
    return r ? r : done ? EXIT_OK : EXIT_NOT_COMPLIANT;
}

static int answers_of(struct setup_session *s)
{
    if (!s->i->options[OPTION_ANSWERS] && !isatty(STDIN_FILENO))
        return complain(s->i, EXIT_USAGE,
                        TEXT("not at a terminal: give --answers FILE",
                             "不在终端上运行：请给出 --answers 文件"));
    if (!s->i->options[OPTION_ANSWERS])
        return setup_guided(s);
    int r = read_answers(s);
    return r ? r : setup_read_passwords(s);
}

static int setup(struct invocation *i)
{
    struct setup_session s = {.i = i};
    _cleanup_root_ struct root *root = NULL;
    if (i->args.n)
        return complain(i, EXIT_USAGE,
                        text_make(i->arena, "setup takes no arguments: \"%s\"",
                                  "setup 不带参数：“%s”", safe_text(i->arena, i->args.v[0])));
    int r = session_root(i, &root);
    if (r)
        return r;
    s.root = root;
    if (i->options[OPTION_STATUS])
        return status(&s);
    r = session_policy(i, &s.policy);
    if (r)
        return r;
    s.host = session_host(i, root, s.policy, &s.asked);
    (void)live_ssh_client(root, &s.own);
    r = answers_of(&s);
    if (!r)
        r = take_answers(&s);
    return r ? r : carry_out(&s);
}

const struct command command_setup = {
    .name = "setup",
    .arguments = "",
    .summary = {"ask what only a person can answer: administrators, addresses, su, root login",
                "询问须由人决定的事项：三类管理员、来源地址、su、root 登录"},
    .about =
        {"Gives the three administrators (system administrator, auditor, security officer) "
         "accounts and rights of their own, limits from where this host is managed, who may "
         "use su, and root's login; then applies all of it with the rules that need no "
         "answer, in one transaction. What is true already is shown and skipped. Refused "
         "where afterwards nobody could get in and become root. Ctrl-C changes nothing. With "
         "--answers FILE it asks nothing.",
         "为三类管理员（系统管理员、审计员、安全员）建立各自的账户和权限，限制管理来源地址、su "
         "的使用和 root "
         "登录，并与无需回答的规则一起在一个事务中执行。已符合的内容只显示并跳过。"
         "若更改后无人能登录并成为 root，则拒绝执行。Ctrl-C 不改变任何内容。给出 --answers "
         "文件时不询问。"},
    .set = COMMAND_SETUP,
    .run = setup,
};
