/* Reading /etc/sudoers and all it includes, as the installed sudo would. */
#include "effective/sudo_match.h"

#include <errno.h>

#include "effective/packages.h"
#include "root/live.h"

enum { MAX_DEPTH = 128, MAX_FILES = 4096 };

struct load {
    struct sudo_conf *conf;
    struct arena *arena;
    unsigned depth;
    int error; /* a file could not be read by us */
    struct text why;
};

struct loaded {
    struct sudo_conf *conf;
    int error;
    struct text why;
};

static void problem(struct load *l, const char *path, unsigned line, struct text text)
{
    vec_push(l->arena, &l->conf->problems,
             (struct sudo_problem){.where = {path, line}, .text = text});
}

static void refuse(struct load *l, const char *path, unsigned line, struct text text)
{
    problem(l, path, line, text);
    if (l->conf->refuses)
        return;
    l->conf->refuses = true;
    l->conf->refusal = text;
    l->conf->refused_at = (struct where){path, line};
}

static void unknown(struct load *l, int error, struct text why)
{
    if (l->error)
        return;
    l->error = error;
    l->why = why;
}

/* A mistake in a file: before 1.9.3 sudo then does nothing at all, later it goes on. */
static void mistake(struct load *l, const char *path, unsigned line, struct text text)
{
    if (!l->conf->version_known)
        unknown(l, -ENODATA,
                text_make(l->arena,
                          "%s:%u: %s; what sudo does then depends on its version, "
                          "which is not known",
                          "%s:%u：%s；此时 sudo 的行为取决于其版本，而版本未知", path, line,
                          text.en));
    else if (l->conf->syntax.recovery)
        problem(l, path, line, text);
    else
        refuse(l, path, line, text);
}

/* sudo(8) trusts a file only if root owns it and no other group or user can write it. */
static bool secure(struct load *l, const char *path, mode_t type, struct text *why)
{
    struct file_info info;
    int r = root_stat(l->conf->host->root, path, &info);
    if (r < 0)
        *why = root_error_text(l->conf->host->root, path, r);
    else if ((info.mode & S_IFMT) != type)
        *why = text_make(l->arena, "%s is not of the right type", "%s 的文件类型不对", path);
    else if (info.uid != 0)
        *why = text_make(l->arena, "%s is owned by uid %u, should be 0",
                         "%s 的属主是 uid %u，应为 0", path, info.uid);
    else if (info.mode & S_IWOTH)
        *why = text_make(l->arena, "%s is world writable", "%s 可被任何人写", path);
    else if ((info.mode & S_IWGRP) && info.gid != 0)
        *why = text_make(l->arena, "%s is owned by gid %u, should be 0",
                         "%s 的属组是 gid %u，应为 0", path, info.gid);
    else
        return true;
    return false;
}

static void load_file(struct load *l, const char *path, struct str bytes);

/* A path as sudo expands it: relative to the including file, %h is the short host name. */
static const char *expand(struct load *l, const char *from, const char *path)
{
    struct buf out __attribute__((cleanup(buf_done))) = {0};
    const char *slash = strrchr(from, '/');
    if (path[0] != '/' && slash)
        buf_append(&out, from, (size_t)(slash - from) + 1);
    for (const char *p = path; *p; p++) {
        if (p[0] == '%' && p[1] == 'h') {
            if (!l->conf->short_name)
                return NULL;
            buf_puts(&out, l->conf->short_name);
            p++;
        } else {
            buf_putc(&out, *p);
        }
    }
    return arena_strdup(l->arena, out.data ? out.data : "");
}

static bool may_descend(struct load *l, const char *path, unsigned line)
{
    if (l->conf->files.n >= MAX_FILES) {
        unknown(l, -E2BIG,
                text_make(l->arena, "%s:%u: more than %d included files",
                          "%s:%u：包含的文件超过 %d 个", path, line, MAX_FILES));
        return false;
    }
    if (l->depth <= MAX_DEPTH)
        return true;
    mistake(l, path, line, TEXT("too many levels of includes", "包含层数过多"));
    return false;
}

static void include_file(struct load *l, const char *from, unsigned line, const char *path)
{
    struct str bytes;
    struct text why;
    if (!may_descend(l, from, line))
        return;
    int r = root_read(l->conf->host->root, path, &bytes);
    if (r == -EACCES || r == -EPERM || r == -EIO || r == -EFBIG)
        unknown(l, r, root_error_text(l->conf->host->root, path, r));
    else if (!secure(l, path, S_IFREG, &why))
        mistake(l, from, line, why);
    else if (r < 0)
        mistake(l, from, line, root_error_text(l->conf->host->root, path, r));
    else
        load_file(l, path, bytes);
}

/* Names with a dot or a final "~" are skipped; a file that is not trusted is passed over. */
static void include_directory(struct load *l, const char *from, unsigned line, const char *dir)
{
    struct root *root = l->conf->host->root;
    struct strings names = {0};
    struct text why;
    struct file_info info;
    int r = root_stat(root, dir, &info);
    if (r == -ENOENT)
        return;
    if (r == 0 && !secure(l, dir, S_IFDIR, &why)) {
        problem(l, from, line, why);
        return;
    }
    if (r == 0)
        r = root_list(root, dir, &names);
    if (r < 0) {
        unknown(l, r, root_error_text(root, dir, r));
        return;
    }
    if (!may_descend(l, from, line))
        return;
    for (size_t i = 0; i < names.n; i++) {
        const char *path = arena_printf(l->arena, "%s/%s", dir, names.v[i]);
        struct str bytes;
        if (strchr(names.v[i], '.') || cstr_ends(names.v[i], "~") ||
            root_stat(root, path, &info) < 0 || !S_ISREG(info.mode))
            continue;
        r = root_read(root, path, &bytes);
        if (!secure(l, path, S_IFREG, &why))
            problem(l, path, 0, why);
        else if (r < 0)
            unknown(l, r, root_error_text(root, path, r));
        else if (may_descend(l, from, line))
            load_file(l, path, bytes);
    }
}

static int by_alias(const void *a, const void *b)
{
    const struct sudoers_alias *one = ((const struct sudo_alias *)a)->alias;
    const struct sudoers_alias *two = ((const struct sudo_alias *)b)->alias;
    return one->kind != two->kind ? (int)one->kind - (int)two->kind : strcmp(one->name, two->name);
}

static void include(struct load *l, const char *path, const struct sudoers_entry *e)
{
    const char *target = expand(l, path, e->path);
    if (!target) {
        unknown(l, -ENODATA,
                text_make(l->arena, "%s:%u: %%h needs the host name, not known here",
                          "%s:%u：%%h 需要主机名，此处未知", path, e->line));
        return;
    }
    l->depth++;
    if (e->kind == SUDOERS_INCLUDE)
        include_file(l, path, e->line, target);
    else
        include_directory(l, path, e->line, target);
    l->depth--;
}

static void load_file(struct load *l, const char *path, struct str bytes)
{
    const struct sudoers *doc = sudoers_parse(l->arena, bytes, l->conf->syntax);
    strings_add(l->arena, &l->conf->files, path);
    for (size_t i = 0; i < doc->entries.n; i++) {
        const struct sudoers_entry *e = &doc->entries.v[i];
        switch (e->kind) {
        case SUDOERS_INCLUDE:
        case SUDOERS_INCLUDEDIR:
            include(l, path, e);
            break;
        case SUDOERS_ALIASES:
            for (size_t k = 0; k < e->aliases.n; k++)
                vec_push(l->arena, &l->conf->aliases, (struct sudo_alias){&e->aliases.v[k], path});
            break;
        case SUDOERS_ERROR:
            mistake(l, path, e->line, text_make(l->arena, "%s", "语法错误（%s）", e->error));
            break;
        case SUDOERS_SPEC:
        case SUDOERS_DEFAULTS:
            vec_push(l->arena, &l->conf->entries, (struct sudo_entry){e, path});
            break;
        }
    }
}

/* The first definition of a name stands; the second is an error of its line. */
static void settle_aliases(struct load *l)
{
    struct sudo_conf *conf = l->conf;
    size_t kept = 0;
    struct sudo_alias *copy = arena_new_array(l->arena, struct sudo_alias, conf->aliases.n + 1);
    /* A stable order for equal names: merge sort keeps the order of reading. */
    for (size_t width = 1; width < conf->aliases.n; width *= 2) {
        struct sudo_alias *v = conf->aliases.v;
        for (size_t from = 0; from < conf->aliases.n; from += 2 * width) {
            size_t mid = from + width < conf->aliases.n ? from + width : conf->aliases.n;
            size_t to = mid + width < conf->aliases.n ? mid + width : conf->aliases.n;
            for (size_t a = from, b = mid, out = from; out < to; out++)
                copy[out] = a < mid && (b >= to || by_alias(&v[a], &v[b]) <= 0) ? v[a++] : v[b++];
        }
        memcpy(v, copy, conf->aliases.n * sizeof *v);
    }
    for (size_t i = 0; i < conf->aliases.n; i++) {
        struct sudo_alias *v = conf->aliases.v;
        if (kept && by_alias(&v[kept - 1], &v[i]) == 0)
            mistake(l, v[i].path, v[i].alias->line,
                    text_make(l->arena, "alias \"%s\" already defined", "别名 \"%s\" 重复定义",
                              v[i].alias->name));
        else
            v[kept++] = v[i];
    }
    conf->aliases.n = kept;
    conf->host_memo = arena_new_array(l->arena, int32_t, kept + 1);
    for (size_t i = 0; i < kept; i++)
        conf->host_memo[i] = MEMO_EMPTY;
}

/* /usr/bin/sudo without a package (built by hand, or the database is unreadable) counts too. */
static bool installed(struct load *l)
{
    static const char *const names[] = {"sudo", "sudo-ldap"};
    const struct package *package;
    for (size_t i = 0; i < 2; i++) {
        if (host_package(l->conf->host, names[i], &package) < 0)
            continue;
        const char *v = strchr(package->version, ':');
        l->conf->version_known =
            sscanf(v ? v + 1 : package->version, "%u.%u.%u", &l->conf->version[0],
                   &l->conf->version[1], &l->conf->version[2]) >= 2;
        return true;
    }
    return root_exists(l->conf->host->root, "/usr/bin/sudo") ||
           root_exists(l->conf->host->root, "/usr/local/bin/sudo");
}

static void host_name(struct load *l)
{
    struct root *root = l->conf->host->root;
    struct str bytes, line;
    const char *name = NULL;
    if (live_hostname(root, &name) < 0 && root_read(root, "/etc/hostname", &bytes) == 0)
        while (str_next_line(&bytes, &line)) {
            line = str_trim(line);
            if (line.n == 0 || line.p[0] == '#')
                continue;
            name = str_dup(l->arena, line);
            break;
        }
    if (!name || !*name)
        return;
    l->conf->long_name = name;
    l->conf->short_name = arena_strndup(l->arena, name, strcspn(name, "."));
}

static void name_services(struct load *l)
{
    struct root *root = l->conf->host->root;
    struct str bytes, line, word;
    if (root_read(root, "/etc/nsswitch.conf", &bytes) < 0)
        return;
    while (str_next_line(&bytes, &line)) {
        int comment = str_index(line, '#');
        if (comment >= 0)
            line = str_slice(line, 0, (size_t)comment);
        line = str_trim(line);
        bool sudoers = str_starts(line, "sudoers:"), passwd = str_starts(line, "passwd:");
        line = str_slice(line, sudoers ? 8 : 7, line.n);
        while ((sudoers || passwd) && str_next_word(&line, &word)) {
            bool sss = str_is(word, "sss") && root_exists(root, "/etc/sssd/sssd.conf");
            bool other = str_is(word, "ldap") || str_is(word, "winbind") || str_is(word, "nis");
            if (sudoers && (sss || str_is(word, "ldap")))
                l->conf->elsewhere = str_dup(l->arena, word);
            l->conf->remote_users = l->conf->remote_users || (passwd && (sss || other));
        }
    }
}

static void *make(struct root *root, void *context)
{
    struct host *h = context;
    struct arena *a = root_arena(root);
    struct loaded *out = arena_make(a, struct loaded);
    struct load l = {.arena = a, .conf = arena_make(a, struct sudo_conf)};
    struct str bytes;
    struct text why = {0};
    out->conf = l.conf;
    l.conf->host = h;
    if (!installed(&l)) {
        out->error = -ENOENT;
        out->why = TEXT("sudo is not installed", "未安装 sudo");
        return out;
    }
    l.conf->syntax = l.conf->version_known ? sudoers_syntax(l.conf->version[0], l.conf->version[1],
                                                            l.conf->version[2])
                                           : sudoers_syntax(99, 0, 0);
    host_name(&l);
    name_services(&l);
    int r = root_read(root, "/etc/sudoers", &bytes);
    if (r == -EACCES || r == -EPERM || r == -EIO || r == -EFBIG)
        unknown(&l, r, root_error_text(root, "/etc/sudoers", r));
    else if (!secure(&l, "/etc/sudoers", S_IFREG, &why))
        refuse(&l, "/etc/sudoers", 0, why);
    else if (r < 0)
        refuse(&l, "/etc/sudoers", 0, root_error_text(root, "/etc/sudoers", r));
    else
        load_file(&l, "/etc/sudoers", bytes);
    settle_aliases(&l);
    struct sudo_setting users = sudo_default(l.conf, NULL, "case_insensitive_user");
    struct sudo_setting groups = sudo_default(l.conf, NULL, "case_insensitive_group");
    l.conf->fold_users = !users.set || users.on;
    l.conf->fold_groups = !groups.set || groups.on;
    out->error = l.error;
    out->why = l.why;
    return out;
}

int sudo_load(struct host *h, const struct sudo_conf **ret, struct text *why)
{
    static const char key;
    const struct loaded *loaded = root_memo(h->root, &key, make, h);
    if (loaded->error < 0) {
        if (why)
            *why = loaded->why;
        return loaded->error;
    }
    *ret = loaded->conf;
    if (loaded->conf->host->root != h->root) { /* kept by a base: accounts are those of this view */
        struct sudo_conf *own = arena_make(h->arena, struct sudo_conf);
        *own = *loaded->conf;
        own->host = h;
        *ret = own;
    }
    return 0;
}
