/*
 * What one walk over the local file systems finds (root/walk.h). All keys share the walk.
 */
#include "resource/resource.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "effective/package_files.h"
#include "root/accounts.h"
#include "root/walk.h"

static const struct key keys[] = {
    {"unowned",
     VALUE_LIST,
     NULL,
     "find(1) -nouser -nogroup",
     {"files whose owner or group has no name in passwd or group", "属主或属组无对应名称的文件"}},
    {"world-writable",
     VALUE_LIST,
     NULL,
     "find(1) -perm -0002",
     {"files that all can write; directories so without the sticky bit",
      "任何人可写的文件，以及任何人可写且无粘滞位的目录"}},
    {"set-id",
     VALUE_LIST,
     NULL,
     "find(1) -perm /6000",
     {"programs with setuid or setgid", "带 setuid 或 setgid 的程序"}},
    {"set-id-unpackaged",
     VALUE_LIST,
     NULL,
     "dpkg -S, rpm -qf",
     {"set-id programs that belong to no installed package", "不属于任何软件包的 set-id 程序"}},
    {"trust-files",
     VALUE_LIST,
     NULL,
     "rhosts(5), netrc(5)",
     {".rhosts, .shosts, .netrc, hosts.equiv, shosts.equiv",
      ".rhosts、.shosts、.netrc、hosts.equiv、shosts.equiv"}},
    {0},
};

struct outcome {
    int error;
    const struct walk *walk;
};

static void *make_walk(struct root *root, void *context)
{
    struct host *h = context;
    struct outcome *o = arena_make(h->arena, struct outcome);
    struct walk_options options = {.progress = h->options->progress,
                                   .context = h->options->progress_context};
    o->error = root_walk(root, &options, &o->walk);
    return o;
}

static const struct outcome *the_walk(struct host *h)
{
    static const char key;
    struct root *root = h->root; /* a plan changes no tree: the walk of the disk serves */
    while (root_staged_base(root))
        root = root_staged_base(root);
    return root_memo(root, &key, make_walk, h);
}

static unsigned kind_of(const char *key)
{
    return cstr_eq(key, "unowned")          ? WALK_UNOWNED
           : cstr_eq(key, "world-writable") ? WALK_WORLD_WRITABLE
           : cstr_eq(key, "trust-files")    ? WALK_TRUST_FILE
                                            : WALK_SET_ID;
}

/* Keeps of the set-id programs those no package owns; false: that cannot be told, fact added. */
static bool drop_packaged(struct host *h, struct strings *paths, struct facts *ret)
{
    _cleanup_free_ bool *owned = mem_alloc(paths->n + 1);
    int r = package_files_owned(h, paths, owned);
    if (r < 0) {
        (void)facts_unknown(ret, NULL,
                            TEXT("the package database does not tell which files it owns",
                                 "无法从软件包数据库得知文件归属"));
        return false;
    }
    struct strings rest = {0};
    for (size_t i = 0; i < paths->n; i++)
        if (!owned[i])
            strings_add(h->arena, &rest, paths->v[i]);
    *paths = rest;
    return true;
}

static struct text remark(struct host *h, const struct walk *walk)
{
    struct strings skipped = {0};
    vec_each (s, &walk->skipped) {
        strings_add(h->arena, &skipped,
                    arena_printf(h->arena, "%s (%s)", s->path, text_in(s->reason, LANG_EN)));
    }
    const char *names = strings_join(h->arena, &skipped, ", ", 6);
    return text_make(h->arena, "%llu files and %llu directories looked at%s%s",
                     "检查了 %llu 个文件、%llu 个目录%s%s", (unsigned long long)walk->others,
                     (unsigned long long)walk->directories, skipped.n ? "; left out: " : "",
                     skipped.n ? names : "");
}

/* Accounts that live in a directory service have no name in the root's own files. */
static bool names_come_from_elsewhere(struct host *h)
{
    struct str rest, line;
    if (root_accounts(h->root)->has_nis_entries)
        return true;
    if (root_read(h->root, "/etc/nsswitch.conf", &rest) < 0)
        return false;
    while (str_next_line(&rest, &line)) {
        struct str s = str_trim(line), word;
        if (!str_starts(s, "passwd:") && !str_starts(s, "group:"))
            continue;
        (void)str_next_word(&s, &word);
        while (str_next_word(&s, &word) && word.p[0] != '#')
            if (!str_is(word, "files") && !str_is(word, "systemd") && !str_is(word, "compat") &&
                word.p[0] != '[')
                return true;
    }
    return false;
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    if (h->options->no_walk) {
        (void)facts_unknown(ret, NULL,
                            TEXT("walk skipped (--no-walk)", "已跳过文件遍历（--no-walk）"));
        return;
    }
    const struct outcome *o = the_walk(h);
    if (o->error < 0) {
        (void)facts_unknown(ret, NULL, errno_text(o->error));
        return;
    }
    unsigned kind = kind_of(w->key_name);
    struct strings found = {0};
    vec_each (hit, &o->walk->hits)
        if (hit->kinds & kind)
            strings_add(h->arena, &found, hit->path);
    if (cstr_eq(w->key_name, "set-id-unpackaged") && !drop_packaged(h, &found, ret))
        return;
    if (kind == WALK_UNOWNED && found.n && names_come_from_elsewhere(h)) {
        (void)facts_unknown(ret, NULL,
                            text_make(h->arena,
                                      "%zu files have owners that are not in passwd or group, but "
                                      "nsswitch.conf names other sources of accounts",
                                      "有 %zu 个文件的属主不在 passwd 或 group 中，但 "
                                      "nsswitch.conf 配置了其他账户来源",
                                      found.n));
        return;
    }
    if (!found.n && o->walk->unreadable) {
        (void)facts_unknown(
            ret, NULL,
            root_error_text(h->root, o->walk->unreadable_path, o->walk->unreadable_error));
        return;
    }
    struct fact *f = facts_configured(ret, NULL, value_list(found));
    f->reason = remark(h, o->walk);
    for (size_t i = 0; i < found.n && i < 20; i++)
        fact_add_where(ret, f, found.v[i], 0);
}

const struct resource resource_tree = {
    .name = "tree",
    .summary = {"files all over the local file systems", "本地文件系统中的文件"},
    .keys = keys,
    .observe = observe,
};
