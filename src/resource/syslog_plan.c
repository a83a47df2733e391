/* Plans of resource `syslog`: a persistent journal, the log servers that a person named, and
 * rsyslog's file mode and time stamps. */
#include "resource/syslog_plan.h"

#include <errno.h>

#include "base/cleanup.h"
#include "format/rsyslog.h"
#include "resource/parents.h"

#define JOURNAL_FILE "/etc/systemd/journald.conf.d/zz-dengbao.conf"
#define RSYSLOG_FILE "/etc/rsyslog.conf"
#define FORWARD_FILE "/etc/rsyslog.d/90-dengbao-forward.conf"

static int refuse(struct changes *ret, struct text why)
{
    ret->why = why;
    return -ENOTSUP;
}

static int plan_journal(struct host *h, const struct want *w, struct changes *ret)
{
    static const char text[] = "# Written by dengbao: the journal survives a reboot.\n"
                               "[Journal]\nStorage=persistent\n";
    const struct attributes fresh = {.set = true, .mode = 0644};
    struct err e = {.arena = h->arena};
    struct value yes = value_yes_no(true);
    struct where where = {0};
    bool persistent = false;
    if (!want_accepts(w, &yes))
        return refuse(ret, TEXT("a journal is never made volatile", "不会将 journal 改为易失"));
    int r = journald_persistent(h, &persistent, &where, &e);
    if (r == 0 && persistent)
        return 0;
    if (r == 0)
        r = stage_parents(h->root, JOURNAL_FILE);
    if (r == 0)
        r = stage_write(h->root, JOURNAL_FILE, str_of(text), &fresh);
    if (r == 0)
        r = journald_persistent(h, &persistent, &where, &e);
    ret->why = e.message;
    if (r == 0 && !persistent) {
        ret->why = text_make(h->arena, "%s decides after %s", "%s 在 %s 之后生效", where.path,
                             JOURNAL_FILE);
        return -EEXIST;
    }
    if (r == 0 && root_is_live(h->root))
        changes_add(ret, STEP_UNIT_STATE, "systemd-journald.service", "restart");
    return r;
}

/* One statement with the first `from` (behind `after`) replaced; the bytes around it stay. */
static bool replace(struct buf *out, struct str raw, const char *after, const char *from,
                    const char *to)
{
    size_t n = strlen(from), at = 0;
    for (; *after && at + strlen(after) <= raw.n; at++)
        if (strncasecmp(raw.p + at, after, strlen(after)) == 0)
            break;
    for (; n && at + n <= raw.n; at++)
        if (memcmp(raw.p + at, from, n) == 0) {
            buf_append(out, raw.p, at);
            buf_puts(out, to);
            buf_append(out, raw.p + at + n, raw.n - at - n);
            return true;
        }
    buf_append(out, raw.p, raw.n);
    return false;
}

/* Rewrites the statement at a place; -ENOENT: it does not read as was expected. */
static int edit(struct host *h, struct where where, const char *after, const char *from,
                const char *to)
{
    _cleanup_buf_ struct buf out = {0};
    struct str bytes;
    struct rsyslog_doc d;
    bool done = false;
    int r = root_read(h->root, where.path, &bytes);
    if (r < 0)
        return r;
    rsyslog_parse(h->arena, bytes, &d);
    for (size_t i = 0; i < d.statements.n; i++) {
        const struct rsyslog_statement *s = &d.statements.v[i];
        if (s->line == where.line && !done)
            done = replace(&out, s->raw, after, from, to);
        else
            buf_append(&out, s->raw.p, s->raw.n);
    }
    if (!done)
        return -ENOENT;
    return stage_write(h->root, where.path,
                       (struct str){arena_strndup(h->arena, out.data, out.len), out.len}, NULL);
}

static int plan_stamps(struct host *h, const struct want *w, struct changes *ret)
{
    const struct rsyslog_config *c = rsyslog_config(h);
    struct value good = value_word("rfc3339");
    if (!want_accepts(w, &good))
        return refuse(ret, TEXT("time stamps are never made poorer", "不会降低时间戳的精度"));
    if (c->rfc3339)
        return 0;
    return edit(h, c->template_where, "", c->file_template, "RSYSLOG_FileFormat");
}

/* The line to add is read before every rule and include; omfile that is loaded by module() takes
 * its mode from there only. */
static int insert_mode(struct host *h, const char *mode)
{
    _cleanup_buf_ struct buf out = {0};
    struct str bytes;
    struct rsyslog_doc d;
    bool done = false;
    int r = root_read(h->root, RSYSLOG_FILE, &bytes);
    if (r < 0)
        return r;
    rsyslog_parse(h->arena, bytes, &d);
    for (size_t i = 0; i < d.statements.n; i++) {
        const struct rsyslog_statement *s = &d.statements.v[i];
        if (s->kind == RSYSLOG_OBJECT && cstr_eq(s->name, "module") &&
            cstr_eq(rsyslog_param(s, "load"), "builtin:omfile"))
            return edit(h, (struct where){RSYSLOG_FILE, s->line}, "builtin:omfile", "\"",
                        arena_printf(h->arena, "\" fileCreateMode=\"%s\"", mode));
    }
    for (size_t i = 0; i < d.statements.n; i++) {
        const struct rsyslog_statement *s = &d.statements.v[i];
        if (s->kind != RSYSLOG_OTHER && !done) {
            buf_printf(&out, "$FileCreateMode %s\n", mode);
            done = true;
        }
        buf_append(&out, s->raw.p, s->raw.n);
    }
    if (!done)
        buf_printf(&out, "$FileCreateMode %s\n", mode);
    return stage_write(h->root, RSYSLOG_FILE,
                       (struct str){arena_strndup(h->arena, out.data, out.len), out.len}, NULL);
}

static int plan_mode(struct host *h, const struct want *w, struct changes *ret)
{
    const struct rsyslog_config *c = rsyslog_config(h);
    struct value now = value_mode(c->create_mode), target = want_target(h->arena, w, &now);
    if (want_accepts(w, &now)) /* the umask alone may do, but is not ours to count on */
        return 0;
    if (target.kind != VALUE_MODE)
        return refuse(ret, TEXT("a mode can be set, not unset", "权限只能设置，不能取消"));
    const char *mode = arena_printf(h->arena, "%04o", (unsigned)target.number & 0777);
    if (!c->mode_where.path)
        return insert_mode(h, mode);
    struct str bytes;
    struct rsyslog_doc d;
    int r = root_read(h->root, c->mode_where.path, &bytes);
    if (r < 0)
        return r;
    rsyslog_parse(h->arena, bytes, &d);
    for (size_t i = 0; i < d.statements.n; i++) {
        const struct rsyslog_statement *s = &d.statements.v[i];
        if (s->line != c->mode_where.line)
            continue;
        struct str rest = str_of(s->value), word = {0};
        (void)str_next_word(&rest, &word);
        const char *old = s->kind == RSYSLOG_DIRECTIVE ? str_dup(h->arena, word)
                                                       : rsyslog_param(s, "filecreatemode");
        return edit(h, c->mode_where, "filecreatemode", old ? old : "", mode);
    }
    return -ENOENT;
}

static bool forwards_to(struct host *h, const char *target, bool elsewhere)
{
    const struct rsyslog_config *c = rsyslog_config(h);
    vec_each (rule, &c->rules)
        if (rule->forward && cstr_eq(rule->forward, target) &&
            !(elsewhere && cstr_eq(rule->where.path, FORWARD_FILE)))
            return true;
    return false;
}

/* A queue on disk needs a directory to be in, which distributions set and rsyslog does not. */
static bool has_work_directory(struct host *h)
{
    struct str bytes;
    return root_read(h->root, RSYSLOG_FILE, &bytes) == 0 &&
           strcasestr(str_dup(h->arena, bytes), "workdirectory");
}

/* "tcp://[2001:db8::1]:514"; false: a kind that needs more than an address. */
static bool put_forward(struct host *h, const char *target, size_t number, struct buf *b)
{
    bool tcp = cstr_starts(target, "tcp://");
    if (!tcp && !cstr_starts(target, "udp://"))
        return false;
    const char *host = target + strlen("tcp://"), *colon = strrchr(host, ':');
    if (!colon || colon == host || strpbrk(host, "\"\\\n"))
        return false;
    struct str name = {host, (size_t)(colon - host)};
    if (name.p[0] == '[' && name.n > 2)
        name = str_slice(name, 1, name.n - 1);
    buf_printf(b, "action(type=\"omfwd\" target=\"%.*s\" port=\"%s\" protocol=\"%s\"",
               STR_ARG(name), colon + 1, tcp ? "tcp" : "udp");
    if (tcp)
        buf_puts(b, " action.resumeRetryCount=\"-1\" queue.type=\"LinkedList\"");
    if (tcp && has_work_directory(h))
        buf_printf(b,
                   " queue.filename=\"dengbao-forward-%zu\" queue.maxDiskSpace=\"256m\" "
                   "queue.saveOnShutdown=\"on\"",
                   number);
    buf_puts(b, ")\n");
    return true;
}

/* All servers that are wanted stand in one file of ours; those that other files name stay. */
static int plan_forward(struct host *h, const struct want *w, struct changes *ret)
{
    const struct rsyslog_config *c = rsyslog_config(h);
    const struct strings *list = &w->expected.list;
    const struct attributes fresh = {.set = true, .mode = 0644};
    _cleanup_buf_ struct buf b = {0};
    if (w->op != WANT_INCLUDES)
        return refuse(
            ret, TEXT("a target is added, none is taken away", "只添加转发目标，不删除已有的目标"));
    if (c->error == -ENOENT) {
        changes_add(ret, STEP_PACKAGE, "rsyslog", "install");
        return refuse(ret, TEXT("rsyslog is not installed", "未安装 rsyslog"));
    }
    if (c->error) {
        ret->why = root_error_text(h->root, c->error_path, c->error);
        return c->error;
    }
    buf_puts(&b,
             "# Written by dengbao: every record goes to the log server of this site as well.\n");
    for (size_t i = 0; i < list->n; i++)
        if (!forwards_to(h, list->v[i], true) && !put_forward(h, list->v[i], i, &b))
            return refuse(ret, text_make(h->arena,
                                         "%s: only tcp://HOST:PORT and udp://HOST:PORT can be set; "
                                         "tls needs certificates",
                                         "%s：只能设置 tcp://主机:端口 和 udp://主机:端口；"
                                         "tls 需要证书，请手工配置",
                                         list->v[i]));
    int r = stage_parents(h->root, FORWARD_FILE);
    if (r == 0)
        r = stage_write(h->root, FORWARD_FILE,
                        (struct str){arena_strndup(h->arena, b.data, b.len), b.len}, &fresh);
    for (size_t i = 0; r == 0 && i < list->n; i++)
        if (!forwards_to(h, list->v[i], false))
            return refuse(ret, text_make(h->arena, "%s does not include %s", "%s 未包含 %s",
                                         RSYSLOG_FILE, FORWARD_FILE));
    if (r == 0 && root_is_live(h->root))
        changes_add(ret, STEP_UNIT_STATE, "rsyslog.service", "restart");
    return r;
}

int syslog_plan(struct host *h, const struct want *w, struct changes *ret)
{
    if (cstr_eq(w->key_name, "journal-persistent"))
        return plan_journal(h, w, ret);
    if (cstr_eq(w->key_name, "forward-targets"))
        return plan_forward(h, w, ret);
    bool stamps = cstr_eq(w->key_name, "timestamp-format");
    if (!stamps && !cstr_eq(w->key_name, "file-create-mode"))
        return refuse(ret, TEXT("which daemon and which targets is for a person to say",
                                "使用何种守护进程及转发目标须由人决定"));
    const struct rsyslog_config *c = rsyslog_config(h);
    if (c->error) {
        ret->why = root_error_text(h->root, c->error_path, c->error);
        return c->error;
    }
    int r = stamps ? plan_stamps(h, w, ret) : plan_mode(h, w, ret);
    c = rsyslog_config(h);
    if (r == -ENOENT || (r == 0 && stamps && !c->rfc3339))
        return refuse(ret, TEXT("the statement of rsyslog that decides is not one to edit safely",
                                "起决定作用的 rsyslog 语句无法安全编辑"));
    if (r == 0 && root_is_live(h->root)) /* rsyslog reads its configuration when it starts */
        changes_add(ret, STEP_UNIT_STATE, "rsyslog.service", "restart");
    return r;
}
