/*
 * Changes to sshd_config: the wanted value must hold for every connection once sshd reads the
 * result.  Lines of Match blocks that say otherwise are commented out; the value itself goes into a
 * drop-in that sorts first where the main file includes the directory before anything else,
 * otherwise into the main file before the first Match.  The staged result is judged by the same
 * code as a check; what does not hold then is refused with the reason.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "effective/unit.h"
#include "format/sshd.h"
#include "resource/sshd_keys.h"

#define DROP_IN_DIRECTORY "/etc/ssh/sshd_config.d"
#define DROP_IN DROP_IN_DIRECTORY "/00-dengbao.conf"
#define MARK "disabled by dengbao"

struct edit {
    struct host *host;
    struct changes *changes;
    const char *keyword;
    const char *value; /* NULL: take the keyword out */
};

static int refuse(struct edit *e, int code, struct text why)
{
    e->changes->why = why;
    return code;
}

static int load(struct edit *e, const struct sshd **ret)
{
    struct err why = {.arena = e->host->arena};
    int r = sshd_load(e->host, ret, &why);
    return r < 0 ? refuse(e, r, sshd_load_text(e->host->arena, r, &why)) : 0;
}

static int read_doc(struct edit *e, const char *path, struct sshd_doc **ret)
{
    struct str bytes;
    int r = root_read(e->host->root, path, &bytes);
    if (r < 0)
        return refuse(e, r, root_error_text(e->host->root, path, r));
    *ret = sshd_doc_parse(e->host->arena, bytes);
    return 0;
}

static int write_doc(struct edit *e, const char *path, const struct sshd_doc *doc)
{
    _cleanup_buf_ struct buf out = {0};
    sshd_doc_print(doc, &out);
    struct str bytes = {arena_strndup(e->host->arena, out.data ? out.data : "", out.len), out.len};
    int r = stage_write(e->host->root, path, bytes, NULL);
    return r < 0 ? refuse(e, r, root_error_text(e->host->root, path, r)) : 0;
}

static size_t index_of_line(const struct sshd_doc *doc, unsigned number)
{
    size_t i = 0;
    while (i < doc->lines.n && doc->lines.v[i].number != number)
        i++;
    return i;
}

/* Comments out the lines of the list that are in Match blocks, or all of them. */
static int disable_uses(struct edit *e, const struct sshd_uses *uses, bool global_too)
{
    for (size_t i = 0; i < uses->n; i++) {
        const struct sshd_use *use = &uses->v[i];
        if (use->command_line || (!use->in_match && !global_too))
            continue;
        struct sshd_doc *doc;
        int r = read_doc(e, use->where.path, &doc);
        if (r < 0)
            return r;
        size_t at = index_of_line(doc, use->where.line); /* editing keeps the numbers */
        if (at == doc->lines.n || !doc->lines.v[at].keyword)
            continue;
        sshd_doc_disable(doc, at, MARK);
        r = write_doc(e, use->where.path, doc);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Is the first thing the main file does to include the drop-in directory? */
static bool drop_in_comes_first(struct edit *e, const struct sshd *conf)
{
    struct sshd_doc *doc;
    if (sshd_conf_program(conf)->include != SSHD_YES || read_doc(e, sshd_main_file(conf), &doc) < 0)
        return false;
    for (size_t i = 0; i < doc->lines.n; i++) {
        const struct sshd_line *line = &doc->lines.v[i];
        struct strings args = {0};
        if (!line->keyword)
            continue;
        if (!cstr_eq_nocase(line->keyword, "include")) {
            if (cstr_eq_nocase(line->keyword, e->keyword) || cstr_eq_nocase(line->keyword, "match"))
                return false;
            continue;
        }
        if (sshd_arguments(e->host->arena, line->rest, SSHD_ARGUMENTS_SPLIT, &args) < 0 || !args.n)
            return false;
        const char *pattern = args.v[0];
        if (*pattern != '/')
            pattern = arena_printf(e->host->arena, "/etc/ssh/%s", pattern);
        return cstr_starts(pattern, DROP_IN_DIRECTORY "/") && sshd_name_matches(DROP_IN, pattern);
    }
    return false;
}

/* glob(7) order: a file before ours decides before ours. */
static bool drop_in_sorts_first(struct edit *e)
{
    struct strings names = {0};
    if (root_list(e->host->root, DROP_IN_DIRECTORY, &names) < 0)
        return true;
    for (size_t i = 0; i < names.n; i++)
        if (strcmp(names.v[i], "00-dengbao.conf") < 0 && cstr_ends(names.v[i], ".conf"))
            return false;
    return true;
}

static const char *wanted_line(struct edit *e)
{
    return arena_printf(e->host->arena, "%s %s", e->keyword, e->value);
}

static size_t find_global(const struct sshd_doc *doc, const char *keyword)
{
    size_t end = sshd_doc_first_match(doc), i = 0;
    while (i < end && !cstr_eq_nocase(doc->lines.v[i].keyword, keyword))
        i++;
    return i < end ? i : doc->lines.n;
}

static int set_in_drop_in(struct edit *e)
{
    struct host *h = e->host;
    struct str bytes = {0};
    bool rpm = h->release->family == FAMILY_RPM;
    struct file_info info;
    if (root_stat(h->root, DROP_IN_DIRECTORY, &info) < 0) {
        struct attributes of = {.set = true, .mode = rpm ? 0700 : 0755};
        int r = stage_mkdir(h->root, DROP_IN_DIRECTORY, &of);
        if (r < 0)
            return refuse(e, r, root_error_text(h->root, DROP_IN_DIRECTORY, r));
    }
    int r = root_read(h->root, DROP_IN, &bytes);
    if (r < 0 && r != -ENOENT)
        return refuse(e, r, root_error_text(h->root, DROP_IN, r));
    struct sshd_doc *doc = sshd_doc_parse(h->arena, bytes);
    if (!doc->lines.n)
        sshd_doc_insert(doc, 0,
                        "# Written by dengbao. sshd takes the first value it reads: this file "
                        "sorts first.");
    size_t at = find_global(doc, e->keyword);
    if (at < doc->lines.n)
        sshd_doc_replace(doc, at, wanted_line(e));
    else
        sshd_doc_insert(doc, sshd_doc_first_match(doc), wanted_line(e));
    _cleanup_buf_ struct buf out = {0};
    sshd_doc_print(doc, &out);
    const struct attributes of = {.set = true, .mode = 0600};
    struct str text = {arena_strndup(h->arena, out.data, out.len), out.len};
    r = stage_write(h->root, DROP_IN, text, bytes.n ? NULL : &of);
    return r < 0 ? refuse(e, r, root_error_text(h->root, DROP_IN, r)) : 0;
}

/* In place where the main file already decides, else before whatever may set it first. */
static int set_in_main(struct edit *e, const struct sshd *conf)
{
    struct sshd_doc *doc;
    int r = read_doc(e, sshd_main_file(conf), &doc);
    if (r < 0)
        return r;
    size_t own = find_global(doc, e->keyword), include = find_global(doc, "include");
    if (own < doc->lines.n && (own < include || include == doc->lines.n))
        sshd_doc_replace(doc, own, wanted_line(e));
    else
        sshd_doc_insert(doc, include < doc->lines.n ? include : sshd_doc_first_match(doc),
                        wanted_line(e));
    return write_doc(e, sshd_main_file(conf), doc);
}

/* Every connection gets a value that the want accepts? */
static bool holds(struct edit *e, const struct sshd *conf, const struct want *w)
{
    struct facts facts = {.arena = e->host->arena};
    (void)conf;
    resource_sshd.observe(e->host, w, &facts);
    for (size_t i = 0; i < facts.n; i++)
        if (facts.v[i].state != FACT_KNOWN || !want_accepts(w, &facts.v[i].configured))
            return false;
    return facts.n > 0;
}

static bool use_is_fine(struct host *h, const struct sshd_use *use, const struct want *w,
                        const char *keyword)
{
    if (!cstr_eq(w->key_name, keyword))
        return false; /* a derived key: the line alone does not tell */
    struct sshd_answer answer = {.values = use->values};
    struct value v = sshd_key_value(h->arena, w->key, &answer);
    return w->key->kind != VALUE_LIST && want_accepts(w, &v);
}

/* Sets one keyword (or takes it out) for every connection. */
static int set_keyword(struct edit *e, const struct want *w)
{
    const struct sshd *conf;
    struct sshd_uses uses, remove = {0};
    int r = load(e, &conf);
    if (r < 0)
        return r;
    if (sshd_uses(conf, e->keyword, &uses) < 0)
        return refuse(e, -ENOTSUP,
                      text_make(e->host->arena, "%s has no keyword %s", "%s 没有关键字 %s",
                                sshd_conf_program(conf)->name, e->keyword));
    for (size_t i = 0; i < uses.n; i++) {
        if (uses.v[i].command_line)
            return refuse(e, -ENOTSUP,
                          text_make(e->host->arena,
                                    "%s is set on the command line of sshd, by %s:%u",
                                    "%s 由 sshd 的命令行设置（%s:%u）", e->keyword,
                                    uses.v[i].where.path, uses.v[i].where.line));
        if (!use_is_fine(e->host, &uses.v[i], w, e->keyword))
            vec_push(e->host->arena, &remove, uses.v[i]);
    }
    bool all = !e->value || !sshd_first_wins(conf, e->keyword);
    r = disable_uses(e, all ? &uses : &remove, all);
    if (r < 0 || !e->value)
        return r;
    if (drop_in_comes_first(e, conf) && drop_in_sorts_first(e))
        return set_in_drop_in(e);
    return set_in_main(e, conf);
}

static const char *text_of(struct host *h, const struct want *w, const struct value *v)
{
    if (v->kind == VALUE_LIST) {
        bool names = cstr_eq(w->key_name, "Ciphers") || cstr_eq(w->key_name, "MACs") ||
                     cstr_ends(w->key_name, "Algorithms") || cstr_ends(w->key_name, "KeyTypes");
        return strings_join(h->arena, &v->list, names ? "," : " ", 0);
    }
    if (v->kind == VALUE_NUMBER && v->number == NUMBER_NEVER)
        return cstr_eq(w->key_name, "LoginGraceTime") || cstr_eq(w->key_name, "ClientAliveInterval")
                   ? "0"
                   : "none";
    const char *text = value_show(h->arena, v);
    bool quote = v->kind == VALUE_TEXT && text && strpbrk(text, " #\t") && !strchr(text, '"') &&
                 (cstr_eq(w->key_name, "Banner") || cstr_ends(w->key_name, "File"));
    return quote ? arena_printf(h->arena, "\"%s\"", text) : text;
}

/* The first value that is not accepted, or the first one. */
static struct value current_value(struct host *h, const struct want *w)
{
    struct facts facts = {.arena = h->arena};
    resource_sshd.observe(h, w, &facts);
    for (size_t i = 0; i < facts.n; i++)
        if (facts.v[i].state == FACT_KNOWN && !want_accepts(w, &facts.v[i].configured))
            return facts.v[i].configured;
    return facts.n && facts.v[0].state == FACT_KNOWN ? facts.v[0].configured : VALUE_UNSET;
}

static int set_one(struct edit *e, const struct want *w, const char *keyword, const char *value)
{
    e->keyword = keyword;
    e->value = value;
    return set_keyword(e, w);
}

/* Interval times count is what counts: two probes, so that one lost packet does no harm. */
static int plan_idle(struct edit *e, const struct want *w, int64_t seconds)
{
    if (seconds <= 0 || seconds == NUMBER_NEVER)
        return refuse(e, -EINVAL, TEXT("not a time limit", "不是有效的时限"));
    int64_t count = seconds >= 60 ? 2 : 1;
    int r = set_one(e, w, "ClientAliveInterval",
                    arena_printf(e->host->arena, "%lld", (long long)(seconds / count)));
    return r < 0 ? r
                 : set_one(e, w, "ClientAliveCountMax",
                           arena_printf(e->host->arena, "%lld", (long long)count));
}

/* What is offered now, without the weak ones. */
static int plan_weak(struct edit *e, const struct want *w, const char *keyword)
{
    const struct sshd *conf;
    struct facts facts = {.arena = e->host->arena};
    int r = load(e, &conf);
    if (r < 0)
        return r;
    struct sshd_answer answer;
    resource_sshd.observe(e->host, w, &facts);
    if (!facts.n || facts.v[0].state != FACT_KNOWN || sshd_query(conf, keyword, NULL, &answer) < 0)
        return refuse(e, -ENODATA,
                      text_make(e->host->arena, "the list of %s in use is not known",
                                "正在使用的 %s 列表未知", keyword));
    struct strings left = {0};
    struct str rest = str_of(answer.values.n ? answer.values.v[0] : ""), one;
    while (str_next_field(&rest, ',', &one)) {
        const char *name = str_dup(e->host->arena, one);
        if (strings_find(&facts.v[0].configured.list, name) < 0)
            strings_add(e->host->arena, &left, name);
    }
    if (!left.n)
        return refuse(e, -ENOTSUP,
                      text_make(e->host->arena, "all %s in use are weak: name new ones",
                                "正在使用的 %s 均为弱算法，请指定新的列表", keyword));
    return set_one(e, w, keyword, strings_join(e->host->arena, &left, ",", 0));
}

static int plan_derived(struct edit *e, const struct want *w, const struct value *target)
{
    const char *key = w->key_name;
    if (cstr_eq(key, "idle-disconnect"))
        return plan_idle(e, w, target->kind == VALUE_NUMBER ? target->number : 0);
    if (cstr_eq(key, "root-login"))
        return set_one(e, w, "PermitRootLogin", target->text);
    if (cstr_eq(key, "weak-ciphers"))
        return plan_weak(e, w, "Ciphers");
    if (cstr_eq(key, "weak-macs"))
        return plan_weak(e, w, "MACs");
    if (cstr_eq(key, "weak-kex"))
        return plan_weak(e, w, "KexAlgorithms");
    if (cstr_eq(key, "password-authentication-effective") && cstr_eq_nocase(target->text, "no")) {
        int r = set_one(e, w, "PasswordAuthentication", "no");
        const struct sshd_program *p = sshd_program(e->host);
        return r < 0 ? r
                     : set_one(e, w,
                               p->version >= 807 ? "KbdInteractiveAuthentication"
                                                 : "ChallengeResponseAuthentication",
                               "no");
    }
    return refuse(
        e, -ENOTSUP,
        text_make(e->host->arena, "%s is not changed by dengbao", "%s 不由 dengbao 修改", key));
}

static bool is_derived(const char *key)
{
    return *key >= 'a' && *key <= 'z';
}

int sshd_plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct edit e = {.host = h, .changes = ret};
    const struct sshd *conf;
    int r = load(&e, &conf);
    if (r < 0)
        return r;
    if (holds(&e, conf, w))
        return 0;
    if (cstr_eq(w->key_name, "Port") || cstr_eq(w->key_name, "ListenAddress") ||
        cstr_eq(w->key_name, "HostKey"))
        return refuse(&e, -ENOTSUP,
                      TEXT("where sshd listens and with which keys is left to the administrator",
                           "sshd 的监听位置与主机密钥由管理员决定"));
    struct value current = current_value(h, w);
    struct value target = want_target(h->arena, w, &current);
    if (is_derived(w->key_name))
        r = plan_derived(&e, w, &target);
    else
        r = set_one(&e, w, w->key_name, target.kind == VALUE_NULL ? NULL : text_of(h, w, &target));
    if (r < 0)
        return r;
    r = load(&e, &conf);
    if (r < 0)
        return r;
    if (!holds(&e, conf, w))
        return refuse(&e, -EBUSY,
                      text_make(h->arena, "something else still decides %s", "%s 仍由其他配置决定",
                                w->key_name));
    struct unit_view view;
    bool debian_name =
        h->release->family == FAMILY_DEBIAN || host_unit(h, "ssh.service", &view, NULL) == 0;
    changes_add(ret, STEP_UNIT_STATE, debian_name ? "ssh.service" : "sshd.service", "reload");
    return 0;
}
