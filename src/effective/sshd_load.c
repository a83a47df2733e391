/*
 * The files of a configuration, flattened: Include expanded in place, every line checked the way
 * sshd checks it at start (servconf.c: parse_server_config_depth with no connection).
 */
#include "effective/sshd_parts.h"

#include <errno.h>

#define SSHD_DIRECTORY "/etc/ssh"
#define SSHD_CONFIG "/etc/ssh/sshd_config"

enum { INCLUDE_DEPTH = 16, STEPS_MAX = 1 << 18, FILES_MAX = 4096 };

struct loading {
    struct host *host;
    struct sshd *conf;
    struct err *why;
    bool ports_fixed; /* -p on the command line */
    unsigned files;
    bool seen[SSHD_OPTIONS_MAX]; /* set in the first pass */
    struct strings subsystems;
};

/* Where the first pass stands: is a line active, and may a Match of this file ever hold. */
struct scope {
    bool active, never, command_line, matched;
    unsigned depth;
};

static int load_file(struct loading *l, const char *path, struct scope *scope);

static int refuse(struct loading *l, const struct where *at, int code, const char *en,
                  const char *zh, const char *what)
{
    if (l->why)
        l->why->message = (struct text){arena_printf(l->host->arena, "%s %s", en, what),
                                        arena_printf(l->host->arena, "%s %s", zh, what)};
    return err_at(l->why, code, at->path, at->line, 0);
}

static void push(struct loading *l, struct sshd_step step)
{
    vec_push(l->host->arena, &l->conf->steps, step);
}

static int include_one(struct loading *l, const char *path, struct scope *scope,
                       const struct where *at)
{
    if (++l->files > FILES_MAX || scope->depth >= INCLUDE_DEPTH)
        return refuse(l, at, -EINVAL, "too many recursive includes at", "Include 嵌套过深：", path);
    push(l, (struct sshd_step){.kind = SSHD_STEP_ENTER, .where = *at});
    struct scope inner = {.active = scope->active,
                          .never = scope->never || !scope->active,
                          .depth = scope->depth + 1,
                          .matched = scope->matched};
    int r = load_file(l, path, &inner);
    push(l, (struct sshd_step){.kind = SSHD_STEP_LEAVE, .where = *at});
    return r;
}

/* 8.2 and 8.3 lose Match lines of included files (bz3122); who carries the fix is not known. */
static int include_with_match(struct loading *l, const struct where *at)
{
    return refuse(
        l, at, -ENOTSUP,
        "8.2 and 8.3 read Match together with Include wrongly, unless fixed by the distribution:",
        "8.2 与 8.3 对 Match 与 Include 并用的处理有误，发行版是否已修复未知：", "Include");
}

static int include(struct loading *l, struct sshd_parsing *p, struct scope *scope,
                   const struct where *at)
{
    const enum sshd_answerable known = l->conf->program->include;
    if (known == SSHD_NO)
        return refuse(l, at, -EINVAL, "bad configuration option (this release has no):",
                      "无效的配置项（此版本不支持）：", "Include");
    if (known == SSHD_UNKNOWN)
        return refuse(l, at, -ENOTSUP, "it is not known whether this release accepts",
                      "无法确定此版本是否支持", "Include");
    if (!scope->active && l->conf->program->include_in_match_right == SSHD_UNKNOWN)
        return include_with_match(l, at);
    if (!p->args.n)
        return refuse(l, at, -EINVAL, "missing file name behind", "缺少文件名：", "Include");
    for (const char *arg; (arg = sshd_next(p));) {
        if (!*arg)
            return refuse(l, at, -EINVAL, "empty argument of", "空参数：", "Include");
        const char *pattern = *arg == '/' || *arg == '~'
                                  ? arg
                                  : arena_printf(l->host->arena, SSHD_DIRECTORY "/%s", arg);
        struct strings files = {0};
        int r = root_glob(l->host->root, pattern, &files);
        if (r < 0 && r != -ENOENT && r != -ENOTDIR) {
            if (l->why)
                l->why->message = root_error_text(l->host->root, pattern, r);
            return err_at(l->why, r, at->path, at->line, 0);
        }
        for (size_t i = 0; i < files.n; i++)
            if ((r = include_one(l, files.v[i], scope, at)) < 0)
                return r;
    }
    return 0;
}

static int match_line(struct loading *l, struct sshd_parsing *p, struct scope *scope,
                      const struct where *at, const char *text)
{
    struct sshd_step step = {.kind = SSHD_STEP_MATCH, .where = *at};
    if (scope->depth && l->conf->program->include_in_match_right == SSHD_UNKNOWN)
        return include_with_match(l, at);
    int r = sshd_match_parse(p, &step.criteria);
    if (r < 0)
        return err_at(l->why, r, at->path, at->line, 0);
    step.text = text ? text + strspn(text, " \t=") : "";
    push(l, step);
    scope->matched = true;
    scope->active = !scope->never && step.criteria.v[0].by == SSHD_BY_ALL;
    return 0;
}

/* Checks that look at what was read before. */
static int check_against_earlier(struct loading *l, const struct sshd_option *o, int option,
                                 const struct strings *values, const struct where *at)
{
    if (o->kind == SSHD_METHODS && l->seen[option] && cstr_eq(values->v[0], "any"))
        return refuse(l, at, -EINVAL, "\"any\" must appear alone in", "any 必须单独出现：",
                      o->name);
    if (o->kind == SSHD_SUBSYSTEM) {
        const char *name = arena_strndup(l->host->arena, values->v[0], strcspn(values->v[0], " "));
        if (strings_find(&l->subsystems, name) >= 0)
            return refuse(l, at, -EINVAL, "subsystem defined twice:", "重复定义的子系统：", name);
        strings_add(l->host->arena, &l->subsystems, name);
    }
    return 0;
}

static int set_option(struct loading *l, struct sshd_parsing *p, const struct sshd_option *o,
                      int option, const struct scope *scope, const struct where *at)
{
    struct sshd_step step = {.kind = SSHD_STEP_SET,
                             .option = option,
                             .where = *at,
                             .command_line = scope->command_line,
                             .in_match = scope->matched};
    int r = sshd_values(p, o, &step.values);
    if (r < 0)
        return err_at(l->why, r, at->path, at->line, 0);
    if (step.values.n && (scope->active || o->kind == SSHD_METHODS)) {
        r = check_against_earlier(l, o, option, &step.values, at);
        if (r < 0)
            return r;
    }
    if (scope->active && step.values.n)
        l->seen[option] = true;
    if (o->kind == SSHD_PORT && l->ports_fixed)
        return 0;
    if (step.values.n)
        push(l, step);
    return l->conf->steps.n > STEPS_MAX
               ? refuse(l, at, -E2BIG, "configuration too large at", "配置过大：", at->path)
               : 0;
}

static int unknown_keyword(struct loading *l, const char *keyword, const struct where *at)
{
    const enum lineage lineage = l->host->release->lineage;
    if (lineage == LINEAGE_OTHER || lineage == LINEAGE_OPENEULER || lineage == LINEAGE_UNKNOWN)
        return refuse(l, at, -ENOTSUP, "keyword that this release may or may not know:",
                      "无法确定此版本是否支持的关键字：", keyword);
    return refuse(l, at, -EINVAL, "bad configuration option:", "无效的配置项：", keyword);
}

static int process_line(struct loading *l, const struct sshd_line *line, struct scope *scope,
                        const struct where *at)
{
    const struct sshd_program *program = l->conf->program;
    struct sshd_parsing p = {.arena = l->host->arena,
                             .host = l->host,
                             .program = program,
                             .how = program->version >= 807 ? SSHD_ARGUMENTS_SPLIT
                                                            : SSHD_ARGUMENTS_DELIM,
                             .keyword = line->keyword,
                             .rest = line->rest,
                             .why = l->why};
    const struct sshd_option *row;
    int option = sshd_option_find(program, l->host->release->lineage, line->keyword, &row);
    if (program->version >= 807 && (!line->rest || !*line->rest))
        return refuse(l, at, -EINVAL, "no argument after keyword", "关键字缺少参数：",
                      line->keyword);
    if (option < 0)
        return unknown_keyword(l, line->keyword, at);
    if (sshd_arguments(p.arena, line->rest, p.how, &p.args) < 0)
        return refuse(l, at, -EINVAL, "invalid quotes in", "引号不匹配：", line->keyword);
    if (!scope->active && !row->in_match)
        return refuse(l, at, -EINVAL,
                      "not allowed within a Match block:", "不允许出现在 Match 块中：",
                      line->keyword);
    const struct sshd_option *o = &sshd_options[option];
    if (o->kind == SSHD_MATCH)
        return match_line(l, &p, scope, at, line->rest);
    if (o->kind == SSHD_INCLUDE)
        return include(l, &p, scope, at);
    return set_option(l, &p, o, option, scope, at);
}

static int load_file(struct loading *l, const char *path, struct scope *scope)
{
    struct str bytes;
    int r = root_read(l->host->root, path, &bytes);
    if (r < 0) {
        if (l->why)
            l->why->message = root_error_text(l->host->root, path, r);
        return err_at(l->why, r, path, 0, 0);
    }
    struct sshd_doc *doc = sshd_doc_parse(l->host->arena, bytes);
    for (size_t i = 0; i < doc->lines.n; i++) {
        const struct sshd_line *line = &doc->lines.v[i];
        const struct where at = {path, line->number};
        if (line->keyword && (r = process_line(l, line, scope, &at)) < 0)
            return r;
    }
    return 0;
}

static int load_command_line(struct loading *l, const char **ret_file)
{
    struct sshd_command command;
    int r = sshd_command(l->host, &command, l->why);
    if (r < 0)
        return r;
    for (size_t i = 0; i < command.options.n; i++) {
        const struct sshd_command_option *o = &command.options.v[i];
        struct sshd_doc *doc = sshd_doc_parse(l->host->arena, str_of(o->text));
        struct scope scope = {.active = true, .command_line = true};
        if (!doc->lines.n || !doc->lines.v[0].keyword)
            continue;
        if (cstr_eq_nocase(doc->lines.v[0].keyword, "match") ||
            cstr_eq_nocase(doc->lines.v[0].keyword, "include"))
            return refuse(l, &o->where, -EINVAL,
                          "not a command-line option:", "不能用作命令行选项：",
                          doc->lines.v[0].keyword);
        r = process_line(l, &doc->lines.v[0], &scope, &o->where);
        if (r < 0)
            return r;
    }
    l->ports_fixed = command.ports;
    *ret_file = command.config_file ? command.config_file : SSHD_CONFIG;
    return 0;
}

static const char *global_value(const struct sshd *conf, const char *keyword)
{
    return sshd_value(conf, keyword, NULL, "none");
}

static bool method_enabled(const struct sshd *conf, struct str method)
{
    static const char *const switches[][2] = {
        {"publickey", "PubkeyAuthentication"},    {"password", "PasswordAuthentication"},
        {"hostbased", "HostbasedAuthentication"}, {"gssapi-with-mic", "GSSAPIAuthentication"},
        {"gssapi-keyex", "GSSAPIAuthentication"},
    };
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (str_is(method, switches[i][0]))
            return cstr_eq(global_value(conf, switches[i][1]), "yes");
    return !str_is(method, "keyboard-interactive") || sshd_kbdint_enabled(conf, NULL);
}

/* getaddrinfo() of a numeric address fails for the other family. */
static int check_addresses(struct loading *l)
{
    const char *family = global_value(l->conf, "AddressFamily");
    int option =
        sshd_option_find(l->conf->program, l->host->release->lineage, "ListenAddress", NULL);
    const struct sshd_setting *s = &l->conf->global.v[option];
    for (size_t i = 0; i < s->values.n; i++) {
        const char *v = s->values.v[i];
        bool six = *v == '[', four = !six && !v[strspn(v, "0123456789.:")];
        if ((six && cstr_eq(family, "inet")) || (four && cstr_eq(family, "inet6")))
            return refuse(l, &s->where, -EINVAL,
                          "address of the other AddressFamily:", "地址与 AddressFamily 不符：", v);
    }
    return 0;
}

/* main() of sshd.c: the checks on the whole of the first pass. */
static int check_whole(struct loading *l)
{
    const struct sshd *conf = l->conf;
    const struct where at = {SSHD_CONFIG, 0};
    static const char *const commands[] = {"AuthorizedKeysCommand", "AuthorizedPrincipalsCommand"};
    for (size_t i = 0; i < 2; i++) {
        const char *user = arena_printf(l->host->arena, "%sUser", commands[i]);
        int option = sshd_option_find(conf->program, l->host->release->lineage, user, NULL);
        if (!cstr_eq(global_value(conf, commands[i]), "none") && option >= 0 &&
            !conf->global.v[option].set)
            return refuse(l, &at, -EINVAL, "set without its User option:", "缺少对应的 User 选项：",
                          commands[i]);
    }
    for (size_t i = 0; i < sshd_options_count(); i++) {
        struct sshd_answer answer;
        if (conf->global.v[i].set &&
            sshd_query(conf, sshd_options[i].name, NULL, &answer) == -EINVAL)
            return refuse(l, &conf->global.v[i].where, -EINVAL, "nothing is left of the list of",
                          "列表为空：", sshd_options[i].name);
    }
    int r = check_addresses(l);
    if (r < 0)
        return r;
    struct sshd_answer methods;
    if (sshd_query(conf, "AuthenticationMethods", NULL, &methods) < 0 || !methods.values.n ||
        cstr_eq(methods.values.v[0], "any"))
        return 0;
    for (size_t i = 0; i < methods.values.n; i++) {
        struct str rest = str_of(methods.values.v[i]), one;
        bool all = true;
        while (str_next_field(&rest, ',', &one)) {
            int colon = str_index(one, ':');
            all &= method_enabled(conf, colon < 0 ? one : str_slice(one, 0, (size_t)colon));
        }
        if (all)
            return 0;
    }
    return refuse(l, &methods.where, -EINVAL,
                  "cannot be satisfied by enabled methods:", "启用的认证方式无法满足：",
                  "AuthenticationMethods");
}

struct loaded {
    struct sshd *conf;
    int error;
    struct err why;
};

static int load(struct loading *l)
{
    if (!l->conf->program->version) {
        bool there = l->conf->program->installed;
        return err_set(l->why, there ? -ENOTSUP : -ENOENT,
                       there ? "which version of OpenSSH is installed cannot be told"
                             : "no OpenSSH server is installed",
                       there ? "无法确定已安装的 OpenSSH 版本" : "未安装 OpenSSH 服务端");
    }
    const char *file = NULL;
    int r = load_command_line(l, &file);
    if (r < 0)
        return r;
    l->conf->main_file = file;
    struct scope scope = {.active = true};
    r = load_file(l, file, &scope);
    if (r < 0)
        return r;
    r = sshd_run(l->conf, NULL, &l->conf->global);
    return r < 0 ? r : check_whole(l);
}

static void *make(struct root *root, void *context)
{
    struct host *h = context;
    (void)root;
    struct loaded *made = arena_make(h->arena, struct loaded);
    made->why.arena = h->arena;
    made->conf = arena_make(h->arena, struct sshd);
    made->conf->host = h;
    made->conf->program = sshd_program(h);
    struct loading *l = arena_make(h->arena, struct loading);
    *l = (struct loading){.host = h, .conf = made->conf, .why = &made->why};
    made->error = load(l);
    return made;
}

int sshd_load(struct host *h, const struct sshd **ret, struct err *why)
{
    static const char key;
    const struct loaded *made = root_memo(h->root, &key, make, h);
    if (made->error < 0) {
        if (why) {
            struct arena *arena = why->arena;
            *why = made->why;
            why->arena = arena;
        }
        return made->error;
    }
    *ret = made->conf;
    if (made->conf->host->root != h->root) { /* kept by a base: accounts are those of this view */
        struct sshd *own = arena_make(h->arena, struct sshd);
        *own = *made->conf;
        own->host = h;
        *ret = own;
    }
    return 0;
}

const struct sshd_program *sshd_conf_program(const struct sshd *conf)
{
    return conf->program;
}
