/* Mode, owner, group, type and presence of named files. */
#include "resource/resource.h"

#include <errno.h>
#include <inttypes.h>

#include "root/accounts.h"

static const struct key keys[] = {
    {.name = "mode",
     .kind = VALUE_MODE,
     .source = "chmod(1)",
     .doc = {"permission bits; of what a link leads to", "权限位；符号链接取其指向的文件"}},
    {.name = "owner",
     .kind = VALUE_TEXT,
     .source = "chown(1)",
     .doc = {"name of the owner by the root's passwd, or the number",
             "属主名称（按该系统的 passwd），否则为数字"}},
    {.name = "group",
     .kind = VALUE_TEXT,
     .source = "chown(1)",
     .doc = {"name of the group by the root's group file, or the number",
             "属组名称（按该系统的 group），否则为数字"}},
    {.name = "type",
     .kind = VALUE_WORD,
     .source = "stat(1)",
     .doc = {"regular, directory, symlink, fifo, socket, char or block; links are not followed",
             "regular、directory、symlink、fifo、socket、char 或 block；不跟随符号链接"}},
    {.name = "exists",
     .kind = VALUE_WORD,
     .source = "stat(1)",
     .doc = {"yes or no; a link to nothing does not exist", "yes 或 no；悬空的符号链接视为不存在"}},
    {0},
};

static const char *const args[] = {"path", "required", NULL};

static const char *type_name(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "regular";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "symlink";
    case S_IFIFO:
        return "fifo";
    case S_IFSOCK:
        return "socket";
    case S_IFCHR:
        return "char";
    case S_IFBLK:
        return "block";
    default:
        return "unknown";
    }
}

/* 0 means root to the kernel, whatever the files of a damaged root say. */
static const char *owner_name(struct host *h, uid_t uid)
{
    const struct account *u = uid ? accounts_find_uid(root_accounts(h->root), uid) : NULL;
    return uid == 0 ? "root" : u ? u->name : arena_printf(h->arena, "%u", (unsigned)uid);
}

static const char *group_name(struct host *h, gid_t gid)
{
    const struct accounts *a = root_accounts(h->root);
    for (size_t i = 0; gid && i < a->groups.n; i++)
        if (a->groups.v[i].gid == gid)
            return a->groups.v[i].name;
    return gid == 0 ? "root" : arena_printf(h->arena, "%u", (unsigned)gid);
}

/* Every path that the argument names, once; a pattern that matches nothing stays as it is. */
static int expand(struct host *h, const char *argument, struct strings *ret)
{
    struct str rest = str_of(argument), word;
    struct strings all = {0};
    while (str_next_word(&rest, &word)) {
        const char *path = str_dup(h->arena, word);
        struct strings found = {0};
        if (strpbrk(path, "*?[")) {
            int r = root_glob(h->root, path, &found);
            if (r < 0)
                return r;
        }
        if (found.n == 0)
            strings_add(h->arena, &found, path);
        for (size_t i = 0; i < found.n; i++)
            strings_add(h->arena, &all, found.v[i]);
    }
    strings_sort(&all);
    for (size_t i = 0; i < all.n; i++)
        if (i == 0 || !cstr_eq(all.v[i], all.v[i - 1]))
            strings_add(h->arena, ret, all.v[i]);
    return 0;
}

static void missing(const struct want *w, const char *path, bool dangling, struct facts *ret)
{
    const char *required = want_arg(w, "required");
    struct text why = dangling
                          ? TEXT("the symbolic link leads to nothing", "符号链接指向的文件不存在")
                          : TEXT("no such file", "文件不存在");
    struct fact *f;
    if (cstr_eq(w->key_name, "exists"))
        f = facts_configured(ret, path, value_yes_no(false));
    else if (required && cstr_eq_nocase(required, "yes"))
        f = facts_configured(ret, path, VALUE_UNSET);
    else
        f = facts_not_applicable(ret, path, why);
    f->reason = why;
    fact_add_where(ret, f, path, 0);
}

static struct value value_of(struct host *h, const char *key, const struct file_info *info,
                             const struct file_info *own)
{
    if (cstr_eq(key, "mode"))
        return value_mode(info->mode & 07777);
    if (cstr_eq(key, "owner"))
        return value_text(owner_name(h, info->uid));
    if (cstr_eq(key, "group"))
        return value_text(group_name(h, info->gid));
    if (cstr_eq(key, "type"))
        return value_word(type_name(own->mode));
    return value_yes_no(true);
}

static void observe_path(struct host *h, const struct want *w, const char *path, struct facts *ret)
{
    struct file_info own = {0}, info = {0};
    const char *target = NULL;
    bool type = cstr_eq(w->key_name, "type");
    int r = root_lstat(h->root, path, &own);
    bool link = r == 0 && S_ISLNK(own.mode);
    if (r == 0 && !type)
        r = root_stat(h->root, path, &info);
    if (r == -ENOENT || r == -ENOTDIR) {
        missing(w, path, link, ret);
        return;
    }
    if (r < 0) {
        struct fact *f = facts_unknown(ret, path, root_error_text(h->root, path, r));
        fact_add_where(ret, f, path, 0);
        return;
    }
    struct fact *f =
        facts_configured(ret, path, value_of(h, w->key_name, type ? &own : &info, &own));
    fact_add_where(ret, f, path, 0);
    if (!link || root_resolve(h->root, path, &target) < 0)
        return;
    f->reason = text_make(h->arena, "symbolic link to %s", "指向 %s 的符号链接", target);
    fact_add_where(ret, f, target, 0);
}

static bool wants_paths(const struct want *w, struct text *ret_why)
{
    const char *argument = want_arg(w, "path");
    struct str rest = str_of(argument), word;
    bool any = false;
    while (str_next_word(&rest, &word)) {
        any = true;
        if (word.p[0] != '/')
            any = false;
        if (!any)
            break;
    }
    if (!any)
        *ret_why = TEXT("the rule gives no absolute path", "规则没有给出绝对路径");
    return any;
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct text why = {0};
    struct strings paths = {0};
    if (!wants_paths(w, &why)) {
        (void)facts_unknown(ret, NULL, why);
        return;
    }
    int r = expand(h, want_arg(w, "path"), &paths);
    if (r < 0) {
        (void)facts_unknown(ret, NULL, root_error_text(h->root, want_arg(w, "path"), r));
        return;
    }
    for (size_t i = 0; i < paths.n; i++)
        observe_path(h, w, paths.v[i], ret);
}

static int refuse(struct host *h, struct changes *ret, int code, const char *path, struct text why)
{
    ret->why.en = arena_printf(h->arena, "%s: %s", path, why.en);
    ret->why.zh = arena_printf(h->arena, "%s：%s", path, why.zh);
    return code;
}

/* Bits go, none come; but for the sticky bit, which takes rights away. */
static int plan_mode(struct host *h, const struct want *w, const char *path,
                     const struct file_info *info, struct attributes *to, struct changes *ret)
{
    struct value now = value_mode(info->mode & 07777);
    struct value target = want_target(h->arena, w, &now);
    if (target.kind != VALUE_MODE)
        return refuse(h, ret, -EOPNOTSUPP, path,
                      TEXT("a mode cannot be taken away", "权限无法被移除"));
    if ((mode_t)target.number & ~info->mode & 07777 & ~(mode_t)S_ISVTX)
        return refuse(h, ret, -EPERM, path,
                      TEXT("the wanted mode would grant more than there is now",
                           "目标权限会比现有权限更宽松"));
    to->mode = (mode_t)target.number;
    return 0;
}

static int plan_owner(struct host *h, const struct want *w, const char *path, struct attributes *to,
                      struct changes *ret)
{
    const struct accounts *a = root_accounts(h->root);
    bool owner = cstr_eq(w->key_name, "owner");
    struct value now = value_text(owner ? owner_name(h, to->uid) : group_name(h, to->gid));
    struct value target = want_target(h->arena, w, &now);
    int64_t id = -1;
    if (target.text && owner) {
        const struct account *u = accounts_find(a, target.text);
        id = u ? u->uid : -1;
    } else if (target.text) {
        const struct group *g = accounts_find_group(a, target.text);
        id = g ? g->gid : -1;
    }
    if (cstr_eq(target.text, "root"))
        id = 0;
    if (id < 0 || id >= UINT32_MAX)
        return refuse(h, ret, -ENOENT, path,
                      TEXT("the wanted owner or group does not exist", "目标属主或属组不存在"));
    if (owner && to->uid == 0 && id != 0)
        return refuse(h, ret, -EPERM, path,
                      TEXT("a file of root is not given to another account",
                           "不会把 root 的文件转交给其他账户"));
    if (owner)
        to->uid = (uid_t)id;
    else
        to->gid = (gid_t)id;
    return 0;
}

static int plan_path(struct host *h, const struct want *w, const char *path, struct changes *ret)
{
    struct file_info info;
    int r = root_stat(h->root, path, &info);
    if (r == -ENOENT || r == -ENOTDIR) {
        const char *required = want_arg(w, "required");
        if (!required || !cstr_eq_nocase(required, "yes"))
            return 0;
        return refuse(h, ret, r, path, TEXT("no such file", "文件不存在"));
    }
    if (r < 0) {
        ret->why = root_error_text(h->root, path, r);
        return r;
    }
    struct value now = value_of(h, w->key_name, &info, &info);
    if (want_accepts(w, &now))
        return 0;
    if (!S_ISREG(info.mode) && !S_ISDIR(info.mode))
        return refuse(h, ret, -EOPNOTSUPP, path,
                      TEXT("neither a regular file nor a directory", "既不是普通文件也不是目录"));
    struct attributes to = {
        .set = true, .mode = info.mode & 07777, .uid = info.uid, .gid = info.gid};
    r = cstr_eq(w->key_name, "mode") ? plan_mode(h, w, path, &info, &to, ret)
                                     : plan_owner(h, w, path, &to, ret);
    if (r == 0)
        r = stage_attributes(h->root, path, &to);
    if (r == -EPERM && !ret->why.en)
        return refuse(h, ret, r, path,
                      TEXT("a link of an account that does not own it leads there",
                           "路径经由并非其属主的账户的链接"));
    return r;
}

static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct strings paths = {0};
    if (!wants_paths(w, &ret->why))
        return -EINVAL;
    if (!cstr_eq(w->key_name, "mode") && !cstr_eq(w->key_name, "owner") &&
        !cstr_eq(w->key_name, "group")) {
        ret->why = TEXT("files are not created, removed or replaced by this rule",
                        "此规则不会创建、删除或替换文件");
        return -EOPNOTSUPP;
    }
    int r = expand(h, want_arg(w, "path"), &paths);
    if (r < 0) {
        ret->why = root_error_text(h->root, want_arg(w, "path"), r);
        return r;
    }
    for (size_t i = 0; i < paths.n && r == 0; i++)
        r = plan_path(h, w, paths.v[i], ret);
    return r;
}

const struct resource resource_file = {
    .name = "file",
    .summary = {"mode, owner, group and type of files", "文件的权限、属主、属组与类型"},
    .keys = keys,
    .args = args,
    .observe = observe,
    .plan = plan,
};
