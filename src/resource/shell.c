/*
 * shell: the umask and TMOUT that the shells of each account really get.
 */
#include "resource/parents.h"
#include "resource/resource.h"
#include "resource/shell_umask.h"

#include <errno.h>

#include "base/buf.h"
#include "effective/shell.h"

static const char drop_in[] = "/etc/profile.d/zz-dengbao.sh";

static const char *const arg_names[] = {"select", "session", NULL};

/* A human's account, or root, that gets a shell; `select: all` takes system accounts as well. */
static bool selected(const struct want *w, const struct account *a)
{
    const char *select = want_arg(w, "select");
    bool human = a->uid >= 1000 && a->uid < 60000;
    if (!account_has_login_shell(a))
        return false;
    if (cstr_eq(select, "root"))
        return a->uid == 0;
    if (cstr_eq(select, "human"))
        return human;
    return human || a->uid == 0 || cstr_eq(select, "all");
}

/* An unknown session name selects none, and so is reported. */
static bool session_selected(const struct want *w, enum session_kind k)
{
    const char *session = want_arg(w, "session");
    return !session || cstr_eq(session, "all") || cstr_eq(session, session_kind_name(k));
}

enum what { WHAT_UMASK, WHAT_TMOUT, WHAT_READONLY, WHAT_EXPORTED, WHAT_IDLE };

static enum what what_of(const struct want *w)
{
    static const char *const names[] = {"umask", "tmout", "tmout-readonly", "tmout-exported",
                                        "idle-timeout"};
    for (unsigned i = 0; i < 5; i++)
        if (cstr_eq(w->key_name, names[i]))
            return (enum what)i;
    return WHAT_UMASK;
}

/* TMOUT ends interactive shells only; the others cannot idle at a prompt. */
static bool counts(enum what what, enum session_kind k)
{
    return what == WHAT_UMASK || k == SESSION_LOGIN || k == SESSION_NONLOGIN;
}

static struct value value_of(const struct shell_session *s, enum what what)
{
    switch (what) {
    case WHAT_UMASK:
        return value_mode(s->umask);
    case WHAT_TMOUT:
        return value_number(shell_tmout_seconds(s->tmout));
    case WHAT_IDLE:
        return value_number(s->honours_tmout ? shell_tmout_seconds(s->tmout) : NUMBER_NEVER);
    case WHAT_READONLY:
        return value_yes_no(s->tmout_readonly);
    case WHAT_EXPORTED:
        return value_yes_no(s->tmout_exported);
    }
    return VALUE_UNSET;
}

static bool known(const struct shell_session *s, enum what what)
{
    if (what == WHAT_EXPORTED)
        return s->exported_known;
    if (what == WHAT_READONLY)
        return s->readonly_known;
    return what == WHAT_UMASK ? s->umask_known : s->tmout_known;
}

static bool plain_number(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

static struct text remark(struct host *h, const struct shell_session *s, enum what what)
{
    if (what != WHAT_UMASK && s->tmout && !plain_number(s->tmout))
        return text_make(h->arena, "TMOUT is \"%s\", not a plain number",
                         "TMOUT 为 \"%s\"，不是纯数字", s->tmout);
    if (what != WHAT_UMASK && !s->honours_tmout)
        return text_make(h->arena, "%s does not end idle sessions by TMOUT",
                         "%s 不会因 TMOUT 结束空闲会话", s->shell);
    if (s->remark.en)
        return s->remark;
    if (what == WHAT_UMASK && !s->umask_where.path)
        return TEXT("no file sets it: inherited", "没有文件设置它：继承而来");
    return (struct text){0};
}

struct seen {
    struct value value;
    bool known;
    struct shell_session session;
    struct strings kinds_en, kinds_zh;
    struct where where;
};

static const char *subject(struct host *h, const struct account *a, const struct seen *s, bool all)
{
    return all ? a->name
               : arena_printf(h->arena, "%s (%s)", a->name,
                              strings_join(h->arena, &s->kinds_en, ", ", 0));
}

static void report(struct host *h, const struct account *a, const struct seen *seen, size_t n,
                   enum what what, struct facts *ret)
{
    for (size_t i = 0; i < n; i++) {
        const struct seen *s = &seen[i];
        const char *name = subject(h, a, s, n == 1);
        struct fact *f;
        if (s->known) {
            f = facts_configured(ret, name, s->value);
            f->reason = remark(h, &s->session, what);
        } else {
            f = facts_unknown(ret, name,
                              what == WHAT_UMASK ? s->session.umask_why : s->session.tmout_why);
        }
        fact_add_where(ret, f, s->where.path ? s->where.path : "/etc/profile", s->where.line);
    }
}

static void observe_account(struct host *h, const struct want *w, const struct account *a,
                            struct facts *ret)
{
    struct seen seen[SESSION_KINDS] = {0};
    enum what what = what_of(w);
    size_t n = 0;
    for (unsigned k = 0; k < SESSION_KINDS; k++) {
        struct shell_session s;
        size_t i = 0;
        if (!session_selected(w, (enum session_kind)k) || !counts(what, (enum session_kind)k))
            continue;
        shell_session(h, a, (enum session_kind)k, &s);
        struct value v = known(&s, what) ? value_of(&s, what) : VALUE_UNSET;
        while (i < n && !(seen[i].known == known(&s, what) && value_equal(&seen[i].value, &v)))
            i++;
        if (i == n)
            seen[n++] = (struct seen){.value = v,
                                      .known = known(&s, what),
                                      .session = s,
                                      .where = what == WHAT_UMASK ? s.umask_where : s.tmout_where};
        strings_add(h->arena, &seen[i].kinds_en, session_kind_name((enum session_kind)k));
    }
    report(h, a, seen, n, what, ret);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const struct accounts *accounts = root_accounts(h->root);
    size_t before = ret->n;
    if (accounts->passwd_error) {
        (void)facts_unknown(ret, NULL,
                            root_error_text(h->root, "/etc/passwd", accounts->passwd_error));
        return;
    }
    for (size_t i = 0; i < accounts->users.n; i++)
        if (selected(w, &accounts->users.v[i]))
            observe_account(h, w, &accounts->users.v[i], ret);
    if (ret->n == before)
        (void)facts_not_applicable(
            ret, NULL,
            TEXT("no account that is asked about has a shell", "所选账户都没有可用的 shell"));
}

/* ---- plan: a file of our own that profile.d reads last, and a line at the end of the bashrc ----
 */

static int refuse(struct changes *ret, int code, struct text why)
{
    ret->why = why;
    return code;
}

static bool all_accepted(struct host *h, const struct want *w, struct facts *facts)
{
    facts->n = 0;
    observe(h, w, facts);
    for (size_t i = 0; i < facts->n; i++)
        if (facts->v[i].state == FACT_UNKNOWN ||
            (facts->v[i].state == FACT_KNOWN && !want_accepts(w, &facts->v[i].configured)))
            return false;
    return true;
}

/* The values that the file sets now; -1: none. */
struct content {
    int64_t mask, seconds;
    bool readonly;
};

static struct content read_content(struct host *h)
{
    struct content c = {-1, -1, false};
    struct str bytes, line;
    if (root_read(h->root, drop_in, &bytes) < 0)
        return c;
    while (str_next_line(&bytes, &line)) {
        line = str_trim(line);
        if (str_starts(line, "umask "))
            (void)str_to_int64(str_slice(line, 6, line.n), 8, &c.mask);
        else if (str_starts(line, "TMOUT="))
            (void)str_to_int64(str_slice(line, 6, line.n), 10, &c.seconds);
        else if (str_is(line, "readonly TMOUT"))
            c.readonly = true;
    }
    return c;
}

/* A readonly TMOUT from elsewhere must not become an error message at every login. */
static void write_content(struct host *h, const struct content *c)
{
    struct buf b __attribute__((cleanup(buf_done))) = {0};
    struct attributes attributes = {.set = true, .mode = 0644};
    buf_puts(&b, "# Written by dengbao. Read last of /etc/profile.d; also by non-login shells.\n");
    if (c->mask >= 0)
        buf_printf(&b, "umask %03o\n", (unsigned)c->mask & 0777);
    if (c->seconds >= 0) {
        buf_printf(&b, "if ( unset TMOUT ) 2>/dev/null; then\n    TMOUT=%lld\n    export TMOUT\n",
                   (long long)c->seconds);
        if (c->readonly)
            buf_puts(&b, "    readonly TMOUT\n");
        buf_puts(&b, "fi\n");
    }
    if (stage_parents(h->root, drop_in) == 0)
        (void)stage_write(h->root, drop_in,
                          (struct str){arena_strndup(h->arena, b.data, b.len), b.len}, &attributes);
}

/* What a refused plan puts back. */
struct saved {
    const char *path;
    struct str bytes;
    bool there;
};

static const char *const touched[] = {drop_in, "/etc/bash.bashrc", "/etc/bashrc"};

static void save(struct host *h, struct saved *v)
{
    for (size_t i = 0; i < sizeof touched / sizeof *touched; i++) {
        v[i] = (struct saved){.path = touched[i]};
        v[i].there = root_read(h->root, touched[i], &v[i].bytes) == 0;
    }
}

static void restore(struct host *h, const struct saved *v)
{
    for (size_t i = 0; i < sizeof touched / sizeof *touched; i++)
        if (v[i].there)
            (void)stage_write(h->root, v[i].path, v[i].bytes, NULL);
        else if (root_exists(h->root, v[i].path))
            (void)stage_remove(h->root, v[i].path);
}

/* Non-login shells read the system's bashrc: it is made to read the drop-in, in Debian's file
 * first, since that one returns early where nobody is at the terminal, else last. */
static void hook(struct host *h, const char *path, bool first)
{
    struct str bytes;
    struct buf b __attribute__((cleanup(buf_done))) = {0};
    if (root_read(h->root, path, &bytes) < 0 ||
        memmem(bytes.p, bytes.n, drop_in, strlen(drop_in)) != NULL)
        return;
    const char *line = arena_printf(h->arena, "if [ -r %s ]; then . %s; fi\n", drop_in, drop_in);
    if (first)
        buf_puts(&b, line);
    buf_append(&b, bytes.p, bytes.n);
    if (!first && bytes.n && bytes.p[bytes.n - 1] != '\n')
        buf_putc(&b, '\n');
    if (!first)
        buf_puts(&b, line);
    (void)stage_write(h->root, path, (struct str){arena_strndup(h->arena, b.data, b.len), b.len},
                      NULL);
}

/* What keeps our line from having the last word. */
static struct text who_decides(struct host *h, const struct fact *f)
{
    const char *who = f->subject ? f->subject : "root";
    const struct where *at = f->where.n ? f->where.v : NULL;
    if (!at)
        return text_make(h->arena, "for %s, it is not decided by a file",
                         "对于 %s，该值并非由文件决定", who);
    if (!root_exists(h->root, at->path))
        return text_make(h->arena,
                         "%s is not there: nothing that the shells of %s read would read our file",
                         "%s 不存在：%s 的 shell 不会读取我们的文件", at->path, who);
    return text_make(h->arena, "for %s, %s:%u decides, which is left to its owner",
                     "对于 %s，由 %s:%u 决定，应由其属主处理", who, at->path, at->line);
}

static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct facts facts = {.arena = h->arena};
    enum what what = what_of(w);
    struct content content = read_content(h);
    if (all_accepted(h, w, &facts))
        return 0;
    struct value now = what == WHAT_UMASK ? value_mode(INT64_C(0)) : value_number(NUMBER_NEVER);
    /* The strictest that is there stays: bits of every known umask, the shortest time. */
    for (size_t i = 0; i < facts.n; i++)
        if (facts.v[i].state == FACT_KNOWN && what == WHAT_UMASK)
            now.number |= facts.v[i].configured.number;
        else if (facts.v[i].state == FACT_KNOWN && what == WHAT_TMOUT &&
                 facts.v[i].configured.number < now.number)
            now.number = facts.v[i].configured.number;
    struct value target = want_target(h->arena, w, &now);
    if (what == WHAT_UMASK && target.kind == VALUE_MODE)
        content.mask = target.number;
    else if (what == WHAT_TMOUT && target.kind == VALUE_NUMBER && target.number != NUMBER_NEVER)
        content.seconds = target.number;
    else if (what == WHAT_READONLY && content.seconds >= 0)
        content.readonly = cstr_eq(target.text, "yes");
    else if (what != WHAT_EXPORTED || content.seconds < 0)
        return refuse(ret, -ENOTSUP, TEXT("set a TMOUT first", "请先设置 TMOUT"));
    struct saved saved[sizeof touched / sizeof *touched];
    save(h, saved);
    write_content(h, &content);
    hook(h, "/etc/bash.bashrc", true);
    hook(h, "/etc/bashrc", false);
    if (all_accepted(h, w, &facts))
        return 0;
    if (what == WHAT_UMASK && shell_umask_plan(h, w, ret) == 0 && all_accepted(h, w, &facts))
        return 0;
    restore(h, saved);
    for (size_t i = 0; i < facts.n; i++)
        if (facts.v[i].state == FACT_UNKNOWN || !want_accepts(w, &facts.v[i].configured))
            return refuse(ret, -ENOTSUP, who_decides(h, &facts.v[i]));
    return 0;
}

static const struct key keys[] = {
    {"umask",
     VALUE_MODE,
     "0022",
     "bash(1), pam_umask(8)",
     {"file mode creation mask of the account's shells", "账户 shell 的文件创建掩码"},
     NULL},
    {"tmout",
     VALUE_NUMBER,
     "never",
     "bash(1)",
     {"seconds in TMOUT of interactive shells; unset, 0 or no number: never",
      "交互 shell 的 TMOUT 秒数；未设置、0 或非数字即 never"},
     NULL},
    {"idle-timeout",
     VALUE_NUMBER,
     "never",
     "bash(1), dash(1)",
     {"seconds after which the shell itself ends an idle session (dash never does)",
      "shell 自身结束空闲会话的秒数（dash 从不）"},
     NULL},
    {"tmout-readonly",
     VALUE_WORD,
     "no",
     "bash(1)",
     {"users cannot change TMOUT", "用户无法更改 TMOUT"},
     NULL},
    {"tmout-exported",
     VALUE_WORD,
     "no",
     "bash(1)",
     {"shells started from the shell have TMOUT too", "由该 shell 启动的 shell 也有 TMOUT"},
     NULL},
    {0},
};

const struct resource resource_shell = {
    .name = "shell",
    .summary = {"umask and TMOUT of the accounts' shells", "账户 shell 的 umask 与 TMOUT"},
    .keys = keys,
    .args = arg_names,
    .observe = observe,
    .plan = plan,
};
