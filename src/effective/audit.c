#include "effective/audit.h"

#include <errno.h>
#include <libaudit.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/name_set.h"
#include "effective/unit.h"

static const char rules_dir[] = "/etc/audit/rules.d", rules_file[] = "/etc/audit/audit.rules";

/* ---- the order of `ls -1v`, by which augenrules takes the files ---- */

static int letter_order(char c)
{
    bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c >= '0' && c <= '9')
        return 0;
    return c == '~' ? -2 : alpha ? c : (unsigned char)c + 256;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int compare_version(const char *a, size_t an, const char *b, size_t bn)
{
    size_t i = 0, j = 0;
    while (i < an || j < bn) {
        while ((i < an && !is_digit(a[i])) || (j < bn && !is_digit(b[j]))) {
            int x = i < an ? letter_order(a[i]) : -1, y = j < bn ? letter_order(b[j]) : -1;
            if (x != y)
                return x - y;
            i++;
            j++;
        }
        while (i < an && a[i] == '0')
            i++;
        while (j < bn && b[j] == '0')
            j++;
        int first = 0;
        for (; i < an && j < bn && is_digit(a[i]) && is_digit(b[j]); i++, j++)
            if (!first)
                first = a[i] - b[j];
        if (i < an && is_digit(a[i]))
            return 1;
        if (j < bn && is_digit(b[j]))
            return -1;
        if (first)
            return first;
    }
    return 0;
}

static int by_version(const void *x, const void *y)
{
    const char *a = *(const char *const *)x, *b = *(const char *const *)y;
    size_t an = strlen(a) - strlen(".rules"), bn = strlen(b) - strlen(".rules");
    int c = compare_version(a, an, b, bn);
    return c ? c : strcmp(a, b);
}

/* ---- augenrules ---- */

struct merged_line {
    struct str text;
    struct where where;
};

struct merged {
    struct {
        struct merged_line *v;
        size_t n, cap;
    } lines;
    bool from_dir;
    bool any_file;
    bool blanks; /* may stand around the options that augenrules moves */
    int error;
    const char *error_path;
};

/* The files run into each other: a file without a last newline continues in the next one. */
static void append_file(struct host *h, struct merged *m, const char *path, bool *open)
{
    struct str rest, line;
    int r = root_read(h->root, path, &rest);
    if (r < 0) {
        if (!m->error) {
            m->error = r;
            m->error_path = path;
        }
        return;
    }
    m->any_file = true;
    bool ends = rest.n && rest.p[rest.n - 1] == '\n';
    bool empty = rest.n == 0;
    for (unsigned n = 1; str_next_line(&rest, &line); n++) {
        if (*open && n == 1) {
            struct merged_line *last = &m->lines.v[m->lines.n - 1];
            last->text =
                str_of(arena_printf(h->arena, "%.*s%.*s", STR_ARG(last->text), STR_ARG(line)));
            continue;
        }
        struct merged_line one = {line, {path, n}};
        vec_push(h->arena, &m->lines, one);
    }
    *open = empty ? *open : !ends;
}

/* augenrules writes `\s` where blanks may stand, which awk of other makers (mawk of Debian) does
 * not know: there a line counts only where it has none. */
static bool control_line(const struct merged *m, struct str line, const char *option, bool alone)
{
    struct str s = m->blanks ? str_trim(line) : line;
    if (!str_starts(s, option))
        return false;
    return !alone || s.n == strlen(option);
}

static void add_last(struct host *h, const struct merged *from, const char *option, bool alone,
                     struct merged *to)
{
    for (size_t i = from->lines.n; i-- > 0;)
        if (control_line(from, from->lines.v[i].text, option, alone)) {
            vec_push(h->arena, &to->lines, from->lines.v[i]);
            return;
        }
}

static bool is_hoisted(const struct merged *m, struct str line)
{
    return line.n == 0 || str_starts(str_trim(line), "#") || control_line(m, line, "-D", true) ||
           control_line(m, line, "-b", false) || control_line(m, line, "-f", false) ||
           control_line(m, line, "-e", false);
}

static bool awk_is_gnu(struct host *h)
{
    const char *path;
    return root_resolve(h->root, "/usr/bin/awk", &path) < 0 || cstr_ends(path, "/gawk") ||
           cstr_ends(path, "/awk");
}

static void merge_dir(struct host *h, const struct strings *names, struct merged *ret)
{
    struct merged all = {.blanks = awk_is_gnu(h)};
    struct strings rules = {0};
    bool open = false;
    for (size_t i = 0; i < names->n; i++) /* ls shows no hidden ones; the shell splits at blanks */
        if (names->v[i][0] != '.' && cstr_ends(names->v[i], ".rules") &&
            !strpbrk(names->v[i], " \t\n"))
            strings_add(h->arena, &rules, names->v[i]);
    if (rules.n > 1)
        qsort(rules.v, rules.n, sizeof *rules.v, by_version);
    for (size_t i = 0; i < rules.n; i++)
        append_file(h, &all, arena_printf(h->arena, "%s/%s", rules_dir, rules.v[i]), &open);
    *ret = (struct merged){.from_dir = true,
                           .any_file = all.any_file,
                           .error = all.error,
                           .error_path = all.error_path};
    add_last(h, &all, "-D", true, ret);
    add_last(h, &all, "-b", false, ret);
    add_last(h, &all, "-f", false, ret);
    for (size_t i = 0; i < all.lines.n; i++)
        if (!is_hoisted(&all, all.lines.v[i].text))
            vec_push(h->arena, &ret->lines, all.lines.v[i]);
    add_last(h, &all, "-e", false, ret);
}

/* A unit that calls auditctl itself instead of augenrules leaves rules.d unread. */
static bool loads_directly(struct host *h)
{
    static const char *const where[][2] = {{"audit-rules.service", "Service.ExecStart"},
                                           {"auditd.service", "Service.ExecStartPost"}};
    bool merges = false, direct = false;
    for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
        const char *value = NULL;
        struct where at;
        if (unit_setting(h, where[i][0], where[i][1], &value, &at, NULL) < 0 || !value)
            continue;
        merges = merges || strstr(value, "augenrules");
        direct = direct || strstr(value, "auditctl");
    }
    return direct && !merges;
}

static void merge(struct host *h, struct merged *ret)
{
    struct strings names = {0};
    bool open = false;
    int r = root_list(h->root, rules_dir, &names);
    *ret = (struct merged){0};
    if (r == 0 && !loads_directly(h)) {
        merge_dir(h, &names, ret);
        return;
    }
    if (r < 0 && r != -ENOENT && r != -ENOTDIR) {
        ret->error = r;
        ret->error_path = rules_dir;
        return;
    }
    if (root_exists(h->root, rules_file))
        append_file(h, ret, rules_file, &open);
}

int audit_merged(struct host *h, struct buf *out)
{
    struct merged m;
    merge(h, &m);
    for (size_t i = 0; i < m.lines.n; i++)
        buf_printf(out, "%.*s\n", STR_ARG(m.lines.v[i].text));
    return m.error;
}

/* ---- auditctl -R ---- */

struct loader {
    struct host *host;
    struct audit_set *set;
    struct name_set texts; /* of every rule ever added */
    struct {
        const struct loaded_rule **v; /* by number in texts; NULL: deleted */
        size_t n, cap;
    } by_text;
    VEC(struct loaded_rule *) front, back;
    bool keep_going, immutable;
};

static bool stop(struct loader *l, const struct where *at, struct text why)
{
    if (l->keep_going)
        return true;
    l->set->stopped = true;
    l->set->stopped_at = *at;
    l->set->stopped_why = why;
    return false;
}

static void forget(struct loader *l, const char *key)
{
    for (size_t i = 0; i < l->by_text.n; i++)
        if (l->by_text.v[i] && (!key || strings_find(&l->by_text.v[i]->rule->keys, key) >= 0))
            l->by_text.v[i] = NULL;
}

static bool under_runtime(const char *path)
{
    static const char *const roots[] = {"/run", "/var/run", "/proc", "/sys", "/dev", "/tmp"};
    for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
        if (cstr_starts(path, roots[i]))
            return true;
    return false;
}

/* The kernel resolves the directory of a watched path when the rule is added. */
static bool path_can_be_watched(struct host *h, const char *path, bool whole)
{
    if (!path || path[0] != '/' || under_runtime(path))
        return true;
    const char *slash = strrchr(path, '/');
    const char *must = whole ? path : arena_strndup(h->arena, path, (size_t)(slash - path));
    struct file_info info;
    int e = *must ? root_stat(h->root, must, &info) : 0;
    return e == 0 || (e != -ENOENT && e != -ENOTDIR);
}

static bool paths_can_be_watched(struct host *h, const struct auditrule *r)
{
    bool can = path_can_be_watched(h, r->watch, false);
    for (size_t i = 0; can && i < r->fields.n; i++) {
        const struct auditrule_field *f = &r->fields.v[i];
        bool whole = cstr_eq(f->name, "dir");
        if (whole || cstr_eq(f->name, "path"))
            can = path_can_be_watched(h, f->value, whole);
    }
    return can;
}

/* Fields that libaudit takes on the exit list only, and those of the exclude list. */
static bool field_fits_list(const char *list, const char *name)
{
    static const char *const exit_only[] = {"exit", "success",  "path",     "dir",     "perm",
                                            "a0",   "a1",       "a2",       "a3",      "inode",
                                            "ppid", "devmajor", "devminor", "filetype"};
    static const char *const exclude[] = {"msgtype",   "pid",      "uid",       "gid",
                                          "auid",      "loginuid", "subj_user", "subj_role",
                                          "subj_type", "subj_sen", "subj_clr",  "exe"};
    bool found = false;
    if (strcmp(list, "exclude") == 0) {
        for (size_t i = 0; i < ARRAY_SIZE(exclude); i++)
            found = found || strcmp(exclude[i], name) == 0;
        return found;
    }
    for (size_t i = 0; i < ARRAY_SIZE(exit_only); i++)
        found = found || strcmp(exit_only[i], name) == 0;
    return !found || strcmp(list, "exit") == 0;
}

static struct text refused(struct loader *l, const struct auditrule *r)
{
    struct arena *a = l->host->arena;
    for (size_t i = 0; i < r->syscalls.n; i++) {
        const char *s = r->syscalls.v[i];
        if (strcmp(s, "all") != 0 && s[strspn(s, "0123456789")] &&
            audit_name_to_syscall(s, MACH_86_64) < 0 && audit_name_to_syscall(s, MACH_X86) < 0 &&
            audit_name_to_syscall(s, MACH_AARCH64) < 0 && strcmp(r->list, "io_uring") != 0)
            return text_make(a, "auditctl knows no syscall %s", "auditctl 不认识系统调用 %s", s);
    }
    for (size_t i = 0; i < r->fields.n; i++)
        if (audit_name_to_field(r->fields.v[i].name) < 0)
            return text_make(a, "auditctl knows no field %s", "auditctl 不认识字段 %s",
                             r->fields.v[i].name);
    for (size_t i = 0; i < r->fields.n; i++)
        if (!field_fits_list(r->list, r->fields.v[i].name))
            return text_make(a, "the field %s does not belong on the list %s",
                             "字段 %s 不能用于列表 %s", r->fields.v[i].name, r->list);
    if (r->kind == AUDITRULE_ADD && !paths_can_be_watched(l->host, r))
        return text_make(a, "the directory of the watched path does not exist",
                         "被监视路径所在的目录不存在");
    if (l->immutable)
        return TEXT("the rules are locked by an earlier -e 2", "规则已被前面的 -e 2 锁定");
    return (struct text){0};
}

static bool add_rule(struct loader *l, const struct auditrule *r, const struct where *at)
{
    struct arena *a = l->host->arena;
    struct text why = refused(l, r);
    if (why.en)
        return stop(l, at, why);
    bool is_new = false;
    size_t number = name_set_add(&l->texts, audit_rule_text(a, r), &is_new);
    if (is_new)
        vec_push(a, &l->by_text, NULL);
    if (r->kind == AUDITRULE_DELETE) {
        if (!l->by_text.v[number])
            return stop(l, at, TEXT("it deletes a rule that is not there", "要删除的规则不存在"));
        l->by_text.v[number] = NULL;
        return true;
    }
    if (l->by_text.v[number])
        return stop(l, at, TEXT("the kernel has this rule already", "内核中已有相同规则"));
    struct loaded_rule *one = arena_make(a, struct loaded_rule);
    *one = (struct loaded_rule){r, *at};
    l->by_text.v[number] = one;
    if (r->prepend)
        vec_push(a, &l->front, one);
    else
        vec_push(a, &l->back, one);
    return true;
}

static void control(struct loader *l, const struct auditrule *r, const struct where *at)
{
    struct audit_set *s = l->set;
    switch (strlen(r->option) == 1 ? r->option[0] : '\0') {
    case 'D':
        forget(l, r->argument);
        break;
    case 'e':
        s->enabled = r->argument;
        s->enabled_where = *at;
        l->immutable = strcmp(r->argument, "2") == 0;
        break;
    case 'f':
        s->failure = r->argument;
        s->failure_where = *at;
        break;
    case 'b':
        s->backlog = r->argument;
        s->backlog_where = *at;
        break;
    case 'i':
    case 'c':
        l->keep_going = true;
        break;
    default:
        break;
    }
}

static bool load_line(struct loader *l, struct str line, const struct where *at)
{
    struct auditrules *parsed = arena_make(l->host->arena, struct auditrules);
    auditrules_parse(l->host->arena, line, parsed);
    if (parsed->lines.n == 0)
        return true;
    const struct auditrule *r = &parsed->lines.v[0];
    switch (r->kind) {
    case AUDITRULE_NONE:
        return true;
    case AUDITRULE_BAD:
        return stop(l, at, r->problem);
    case AUDITRULE_CONTROL:
        if (l->immutable)
            return stop(
                l, at, TEXT("the rules are locked by an earlier -e 2", "规则已被前面的 -e 2 锁定"));
        control(l, r, at);
        return true;
    case AUDITRULE_ADD:
    case AUDITRULE_DELETE:
        return add_rule(l, r, at);
    }
    return true;
}

static void collect(struct loader *l)
{
    struct arena *a = l->host->arena;
    struct name_set *texts = &l->texts;
    for (size_t i = 0; i < l->front.n + l->back.n; i++) {
        const struct loaded_rule *one =
            i < l->front.n ? l->front.v[l->front.n - 1 - i] : l->back.v[i - l->front.n];
        int64_t number = name_set_find(texts, audit_rule_text(a, one->rule));
        if (number >= 0 && l->by_text.v[number] == one)
            vec_push(a, &l->set->rules, *one);
    }
}

struct memo_context {
    struct host *host;
};

static void *load_disk(struct root *root, void *context)
{
    struct host *h = ((struct memo_context *)context)->host;
    struct audit_set *s = arena_make(root_arena(root), struct audit_set);
    struct loader l = {.host = h, .set = s, .texts.arena = h->arena};
    struct merged m;
    merge(h, &m);
    s->error = m.error;
    s->error_path = m.error_path;
    s->any_file = m.any_file;
    for (size_t i = 0; i < m.lines.n; i++)
        if (!load_line(&l, m.lines.v[i].text, &m.lines.v[i].where))
            break;
    collect(&l);
    if (m.from_dir && root_exists(h->root, rules_file) && !m.any_file)
        s->remark = TEXT("rules.d exists, so augenrules replaces audit.rules at the next start",
                         "存在 rules.d，audit.rules 会在下次启动时被 augenrules 覆盖");
    return s;
}

const struct audit_set *audit_on_disk(struct host *h)
{
    static const char memo_key;
    struct memo_context context = {h};
    return root_memo(h->root, &memo_key, load_disk, &context);
}

void audit_from_lines(struct host *h, const char *name, struct str lines, struct audit_set *ret)
{
    *ret = (struct audit_set){.any_file = true};
    struct loader l = {.host = h, .set = ret, .texts.arena = h->arena, .keep_going = true};
    struct str line;
    for (unsigned n = 1; str_next_line(&lines, &line); n++) {
        struct auditrules *parsed = arena_make(h->arena, struct auditrules);
        auditrules_parse(h->arena, line, parsed);
        struct loaded_rule one = {parsed->lines.n ? &parsed->lines.v[0] : NULL, {name, n}};
        if (one.rule && one.rule->kind == AUDITRULE_ADD)
            vec_push(h->arena, &ret->rules, one);
        else if (one.rule && one.rule->kind == AUDITRULE_CONTROL)
            control(&l, one.rule, &one.where);
    }
}

/* ---- one text for rules that are equal for the kernel ---- */

static const char *tidy_value(struct arena *a, const char *name, const char *value)
{
    static const char *const ids[] = {"auid", "loginuid", "uid", "euid"};
    static const char *const unset[] = {"unset", "-1", "4294967295"};
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
        for (size_t k = 0; strcmp(name, ids[i]) == 0 && k < ARRAY_SIZE(unset); k++)
            if (strcmp(value, unset[k]) == 0)
                return "unset";
    if (strcmp(name, "perm") == 0) {
        _cleanup_buf_ struct buf b = {0};
        for (const char *c = "rwxa"; *c; c++)
            if (strchr(value, *c) || strchr(value, *c - 'a' + 'A'))
                buf_putc(&b, *c);
        return arena_strndup(a, b.data ? b.data : "", b.len);
    }
    return value;
}

const char *audit_rule_text(struct arena *a, const struct auditrule *r)
{
    _cleanup_buf_ struct buf b = {0};
    struct strings syscalls = {0};
    buf_printf(&b, "%s,%s", r->never ? "never" : "always", r->list);
    for (size_t i = 0; i < r->syscalls.n; i++)
        if (strings_find(&syscalls, r->syscalls.v[i]) < 0)
            strings_add(a, &syscalls, r->syscalls.v[i]);
    strings_sort(&syscalls);
    bool all = syscalls.n == 0 || strings_find(&syscalls, "all") >= 0;
    buf_printf(&b, " -S %s", all ? "all" : strings_join(a, &syscalls, ",", 0));
    if (r->watch)
        buf_printf(&b, " -w %s", r->watch);
    for (size_t i = 0; i < r->fields.n; i++) {
        const struct auditrule_field *f = &r->fields.v[i];
        const char *name = strcmp(f->name, "loginuid") == 0 ? "auid" : f->name;
        buf_printf(&b, " -F %s%s%s", name, f->op, tidy_value(a, f->name, f->value));
    }
    if (r->watch || r->perm)
        buf_printf(&b, " -F perm=%s", tidy_value(a, "perm", r->perm ? r->perm : "rwxa"));
    for (size_t i = 0; i < r->keys.n; i++)
        buf_printf(&b, " -k %s", r->keys.v[i]);
    return arena_strndup(a, b.data ? b.data : "", b.len);
}
