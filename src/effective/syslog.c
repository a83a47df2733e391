#include "effective/syslog.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/conf_files.h"
#include "format/rsyslog.h"
#include "format/unit.h"

enum { INCLUDE_DEPTH = 16, INCLUDE_FILES = 2000 };

struct reader {
    struct host *host;
    struct rsyslog_config *config;
    const char *last_selector;
    unsigned files;
};

static void read_file(struct reader *r, const char *path, unsigned depth);

static void include(struct reader *r, const char *pattern, unsigned depth)
{
    struct strings files = {0};
    if (!pattern || depth >= INCLUDE_DEPTH)
        return;
    if (root_glob(r->host->root, pattern, &files) < 0)
        return;
    for (size_t i = 0; i < files.n; i++)
        read_file(r, files.v[i], depth + 1);
}

static void add_rule(struct reader *r, struct syslog_rule rule)
{
    vec_push(r->host->arena, &r->config->rules, rule);
}

/* Which dates a template writes: the names rsyslog brings, or what a template's text asks for. */
static void choose_template(struct reader *r, const char *name, struct where where)
{
    struct rsyslog_config *c = r->config;
    static const char *const old[] = {"RSYSLOG_TraditionalFileFormat",
                                      "RSYSLOG_TraditionalForwardFormat",
                                      "RSYSLOG_SysklogdFileFormat"};
    c->file_template = name;
    c->template_where = where;
    c->rfc3339 = true;
    for (size_t i = 0; i < ARRAY_SIZE(old); i++)
        c->rfc3339 = c->rfc3339 && !cstr_eq_nocase(name, old[i]);
}

static void take_directive(struct reader *r, const struct rsyslog_statement *s, const char *path,
                           unsigned depth)
{
    struct rsyslog_config *c = r->config;
    struct where where = {path, s->line};
    int64_t n = 0;
    struct str rest = str_of(s->value), first = {0};
    (void)str_next_word(&rest, &first); /* a comment may follow (cfsysline() of rsyslog) */
    bool octal = str_to_int64(first, 8, &n) == 0 && n >= 0 && n <= 07777;
    if (cstr_eq(s->name, "includeconfig"))
        include(r, s->value, depth);
    else if (cstr_eq(s->name, "actionfiledefaulttemplate"))
        choose_template(r, str_dup(r->host->arena, first), where);
    else if (cstr_eq(s->name, "filecreatemode") && octal) {
        c->create_mode = (unsigned)n;
        c->mode_where = where;
    } else if (cstr_eq(s->name, "umask") && octal) {
        c->umask = (unsigned)n;
        c->has_umask = true;
    } else if (cstr_eq(s->name, "modload") &&
               (cstr_starts(s->value, "imuxsock") || cstr_starts(s->value, "imjournal"))) {
        c->reads_local = true;
    }
}

static const char *forward_name(struct arena *a, const char *scheme, struct str host,
                                const char *port)
{
    bool bare = host.n && host.p[0] != '[' && str_index(host, ':') >= 0; /* an IPv6 address */
    return arena_printf(a, "%s://%s%.*s%s:%s", scheme, bare ? "[" : "", STR_ARG(host),
                        bare ? "]" : "", port ? port : "514");
}

static void take_action_object(struct reader *r, const struct rsyslog_statement *s,
                               const char *path)
{
    const char *type = rsyslog_param(s, "type"), *protocol = rsyslog_param(s, "protocol");
    const char *target = rsyslog_param(s, "target"), *driver = rsyslog_param(s, "streamdriver");
    const char *mode = rsyslog_param(s, "streamdrivermode");
    struct syslog_rule rule = {.selector = s->selector, .where = {path, s->line}};
    bool tls = cstr_eq(mode, "1") && !cstr_eq_nocase(driver, "ptcp");
    if (cstr_eq_nocase(type, "omfile") || cstr_eq_nocase(type, "builtin:omfile"))
        rule.file = rsyslog_param(s, "file");
    else if (cstr_eq_nocase(type, "omfwd") && target)
        rule.forward = forward_name(r->host->arena,
                                    tls                               ? "tls"
                                    : cstr_eq_nocase(protocol, "tcp") ? "tcp"
                                                                      : "udp",
                                    str_of(target), rsyslog_param(s, "port"));
    else if (cstr_eq_nocase(type, "omrelp") && target)
        rule.forward =
            forward_name(r->host->arena, "relp", str_of(target), rsyslog_param(s, "port"));
    if (rule.file && s->conditional)
        return; /* a file for some records only */
    if (rule.file || rule.forward)
        add_rule(r, rule);
}

static void take_object(struct reader *r, const struct rsyslog_statement *s, const char *path,
                        unsigned depth)
{
    struct rsyslog_config *c = r->config;
    const char *load = rsyslog_param(s, "load"), *mode = rsyslog_param(s, "filecreatemode");
    int64_t n = 0;
    if (cstr_eq(s->name, "include")) {
        include(r, rsyslog_param(s, "file"), depth);
    } else if (cstr_eq(s->name, "action")) {
        take_action_object(r, s, path);
    } else if (cstr_eq(s->name, "global") && rsyslog_param(s, "umask")) {
        if (str_to_int64(str_of(rsyslog_param(s, "umask")), 8, &n) == 0) {
            c->umask = (unsigned)n & 0777;
            c->has_umask = true;
        }
    } else if (cstr_eq(s->name, "module") && load) {
        if (cstr_eq(load, "imuxsock") || cstr_eq(load, "imjournal"))
            c->reads_local = true;
        if (!cstr_eq(load, "builtin:omfile"))
            return;
        if (rsyslog_param(s, "template"))
            choose_template(r, rsyslog_param(s, "template"), (struct where){path, s->line});
        if (mode && str_to_int64(str_of(mode), 8, &n) == 0) {
            c->create_mode = (unsigned)n & 07777;
            c->mode_where = (struct where){path, s->line};
        }
    }
}

/* "@@(o)[::1]:514;template" -> tcp://[::1]:514 */
static const char *legacy_forward(struct arena *a, const char *action)
{
    const char *scheme = action[1] == '@' ? "tcp" : "udp";
    const char *p = action + (action[1] == '@' ? 2 : 1);
    if (*p == '(')
        p = strchr(p, ')') ? strchr(p, ')') + 1 : p;
    size_t n = strcspn(p, "; \t");
    struct str host = {p, n};
    size_t port = n;
    for (size_t i = 0; i < n && (p[0] != '[' || i > strcspn(p, "]")); i++)
        if (p[i] == ':')
            port = i;
    if (p[0] == '[') {
        size_t close = strcspn(p, "]");
        port = close + 1 < n && p[close + 1] == ':' ? close + 1 : n;
    }
    host.n = port;
    return forward_name(a, scheme, host,
                        port < n ? arena_strndup(a, p + port + 1, n - port - 1) : NULL);
}

static void take_rule(struct reader *r, const struct rsyslog_statement *s, const char *path)
{
    struct arena *a = r->host->arena;
    struct syslog_rule rule = {.selector = s->selector, .where = {path, s->line}};
    const char *action = s->value;
    if (cstr_eq(s->selector, "&"))
        rule.selector = r->last_selector;
    else
        r->last_selector = s->selector;
    if (!rule.selector || rule.selector[0] == ':' || s->conditional)
        rule.selector = NULL; /* property filters and blocks take some records only */
    bool partial = !rule.selector;
    if (cstr_eq(action, "stop") || cstr_eq(action, "~"))
        rule.stop = true;
    else if (action[0] == '/' || (action[0] == '-' && action[1] == '/'))
        rule.file = arena_strndup(a, action + (action[0] == '-'),
                                  strcspn(action, ";") - (action[0] == '-'));
    else if (action[0] == '@')
        rule.forward = legacy_forward(a, action);
    if (rule.forward || (!partial && (rule.file || rule.stop)))
        add_rule(r, rule);
}

static void read_file(struct reader *r, const char *path, unsigned depth)
{
    struct str bytes;
    struct rsyslog_doc d;
    struct rsyslog_config *c = r->config;
    if (++r->files > INCLUDE_FILES)
        return;
    int e = root_read(r->host->root, path, &bytes);
    if (e < 0) {
        if (!c->error && (depth == 0 || e != -ENOENT)) {
            c->error = e;
            c->error_path = path;
        }
        return;
    }
    rsyslog_parse(r->host->arena, bytes, &d);
    for (size_t i = 0; i < d.statements.n; i++) {
        const struct rsyslog_statement *s = &d.statements.v[i];
        if (s->kind == RSYSLOG_DIRECTIVE)
            take_directive(r, s, path, depth);
        else if (s->kind == RSYSLOG_OBJECT)
            take_object(r, s, path, depth);
        else if (s->kind == RSYSLOG_RULE)
            take_rule(r, s, path);
    }
}

struct memo_context {
    struct host *host;
};

static void *make_config(struct root *root, void *context)
{
    struct rsyslog_config *c = arena_make(root_arena(root), struct rsyslog_config);
    struct reader r = {.host = ((struct memo_context *)context)->host, .config = c};
    c->create_mode = 0644;
    c->rfc3339 = true;
    read_file(&r, "/etc/rsyslog.conf", 0);
    return c;
}

const struct rsyslog_config *rsyslog_config(struct host *h)
{
    static const char memo_key;
    struct memo_context context = {h};
    return root_memo(h->root, &memo_key, make_config, &context);
}

void rsyslog_files(struct host *h, const char *facility, unsigned priority, struct strings *ret,
                   struct where *ret_first)
{
    const struct rsyslog_config *c = rsyslog_config(h);
    for (size_t i = 0; i < c->rules.n; i++) {
        const struct syslog_rule *rule = &c->rules.v[i];
        if (rule->selector && !rsyslog_selects(rule->selector, facility, priority))
            continue;
        if (rule->stop)
            return;
        if (!rule->file || strings_find(ret, rule->file) >= 0)
            continue;
        if (ret->n == 0)
            *ret_first = rule->where;
        strings_add(h->arena, ret, rule->file);
    }
}

/* ---- journald ---- */

static int journald_file(struct host *h, const char *path, const char *key, const char **value,
                         struct where *where, struct err *e)
{
    struct str bytes;
    struct unit_doc d;
    int r = root_read(h->root, path, &bytes);
    if (r < 0)
        return file_failed(h->root, e, path, r);
    unit_doc_parse(h->arena, bytes, &d);
    const struct unit_entry *last = unit_doc_last(&d, "Journal", key);
    if (last) {
        *value = *last->value ? last->value : NULL;
        *where = (struct where){path, last->line};
    }
    return 0;
}

int journald_setting(struct host *h, const char *key, const char **ret, struct where *ret_where,
                     struct err *e)
{
    static const char *const mains[] = {"/etc/systemd/journald.conf", "/run/systemd/journald.conf",
                                        "/usr/local/lib/systemd/journald.conf",
                                        "/usr/lib/systemd/journald.conf"};
    static const char *const dirs[] = {
        "/etc/systemd/journald.conf.d",           "/run/systemd/journald.conf.d",
        "/usr/local/lib/systemd/journald.conf.d", "/usr/lib/systemd/journald.conf.d",
        "/lib/systemd/journald.conf.d",           NULL};
    const char *value = NULL;
    struct where where = {0};
    struct strings files = {0};
    for (size_t i = 0; i < ARRAY_SIZE(mains); i++) {
        int r = journald_file(h, mains[i], key, &value, &where, e);
        if (r == 0)
            break;
        if (r != -ENOENT)
            return r;
    }
    int r = conf_files(h->root, dirs, ".conf", &files);
    for (size_t i = 0; r == 0 && i < files.n; i++)
        r = journald_file(h, files.v[i], key, &value, &where, e);
    if (r < 0)
        return r;
    *ret = value;
    *ret_where = where;
    return 0;
}

int journald_persistent(struct host *h, bool *ret, struct where *ret_where, struct err *e)
{
    const char *storage = NULL;
    struct file_info info;
    int r = journald_setting(h, "Storage", &storage, ret_where, e);
    if (r < 0)
        return r;
    bool directory = root_stat(h->root, "/var/log/journal", &info) == 0 && S_ISDIR(info.mode);
    /* A value that journald does not know is ignored with a warning: auto. */
    if (cstr_eq(storage, "persistent"))
        *ret = true;
    else if (cstr_eq(storage, "volatile") || cstr_eq(storage, "none"))
        *ret = false;
    else
        *ret = directory;
    if (!ret_where->path)
        *ret_where = (struct where){"/var/log/journal", 0};
    return 0;
}
