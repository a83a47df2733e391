/*
 * A new account as useradd -m makes it (shadow 4.6 to 4.16, src/useradd.c): ids from login.defs,
 * a group of its own where USERGROUPS_ENAB says so, ageing from login.defs, subordinate ids where
 * the release has the files, a home from /etc/skel. Two differences, both to the safe side: the
 * home never lets others in (at most 0750), and a shell of /bin/sh becomes bash where there is one,
 * as Debian's adduser does it. No backup files "passwd-" are written: the journal has what was.
 */
#include "resource/account.h"

#include <errno.h>
#include <inttypes.h>

#include "effective/logindefs.h"
#include "format/colon.h"

enum { SUB_COUNT = 65536, SKEL_DEPTH = 8, SKEL_FILES = 2000, NAME_LENGTH = 32 };

struct birth {
    struct host *h;
    struct arena *a;
    const struct logindefs *defs;
    const struct keyvalue *useradd; /* /etc/default/useradd; NULL: none */
    const char *name, *comment, *home, *shell;
    int64_t uid, gid;
    bool own_group;
    unsigned copied;
    struct text why;
};

static int fail(struct birth *b, int code, struct text why)
{
    b->why = why;
    return code;
}

/* The names shadow takes on every release (lib/chkname.c), and sudoers without escapes. */
bool account_name_is_good(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > NAME_LENGTH || !strchr("abcdefghijklmnopqrstuvwxyz_", name[0]))
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

static const char *defs_text(const struct birth *b, const char *name)
{
    const struct keyvalue_line *l = b->defs->doc ? keyvalue_get(b->defs->doc, name) : NULL;
    return l && l->value.n ? str_dup(b->a, l->value) : NULL;
}

static const char *useradd_text(const struct birth *b, const char *name)
{
    const struct keyvalue_line *l = b->useradd ? keyvalue_get(b->useradd, name) : NULL;
    return l && l->value.n ? str_dup(b->a, l->value) : NULL;
}

/* ---- ids ---- */

static bool uid_taken(const struct accounts *all, int64_t id)
{
    return accounts_find_uid(all, id) != NULL;
}

static bool gid_taken(const struct accounts *all, int64_t id)
{
    return accounts_find_gid(all, id) != NULL;
}

/* One above the highest in use; when that is beyond the range, the lowest that is free
 * (find_new_uid.c, find_new_gid.c). -1: none. */
static int64_t next_id(const struct accounts *all, int64_t min, int64_t max, bool groups)
{
    int64_t highest = min - 1;
    for (size_t i = 0; i < (groups ? all->groups.n : all->users.n); i++) {
        int64_t id = groups ? all->groups.v[i].gid : all->users.v[i].uid;
        if (id >= min && id <= max && id > highest)
            highest = id;
    }
    if (highest < max)
        return highest + 1;
    for (int64_t id = min; id <= max; id++)
        if (!(groups ? gid_taken(all, id) : uid_taken(all, id)))
            return id;
    return -1;
}

/* ---- files of lines ---- */

/* Before the first NIS entry, as shadow's commonio does it; a file that is not there stays away. */
static int add_line(struct birth *b, const char *path, const char *line, bool required)
{
    _cleanup_buf_ struct buf out = {0};
    struct str bytes;
    struct colon doc;
    int r = root_read(b->h->root, path, &bytes);
    if (r == -ENOENT && !required)
        return 0;
    if (r < 0)
        return fail(b, r, root_error_text(b->h->root, path, r));
    colon_parse(b->a, bytes, &doc);
    size_t at = 0;
    while (at < doc.n && !str_starts(doc.v[at].text, "+") && !str_starts(doc.v[at].text, "-"))
        at++;
    r = colon_insert(&doc, at, str_of(line));
    if (r < 0)
        return fail(b, r, text_make(b->a, "cannot add a line to %s", "无法在 %s 中增加行", path));
    colon_print(&doc, &out);
    return stage_write(b->h->root, path,
                       (struct str){arena_strndup(b->a, out.data, out.len), out.len}, NULL);
}

static int64_t defs_days(const struct birth *b, const char *name)
{
    return logindefs_number_or(b->defs, name, -1);
}

static const char *days_text(struct arena *a, int64_t days)
{
    return days < 0 ? "" : arena_printf(a, "%" PRId64, days);
}

static int add_passwd_lines(struct birth *b)
{
    int64_t inactive = -1;
    const char *text = useradd_text(b, "INACTIVE");
    if (text && str_to_int64(str_of(text), 10, &inactive) < 0)
        inactive = -1;
    const char *expire = useradd_text(b, "EXPIRE");
    int64_t expires = -1;
    if (expire && str_to_int64(str_of(expire), 10, &expires) < 0)
        expires = -1;
    int r = add_line(b, "/etc/passwd",
                     arena_printf(b->a, "%s:x:%" PRId64 ":%" PRId64 ":%s:%s:%s", b->name, b->uid,
                                  b->gid, b->comment, b->home, b->shell),
                     true);
    if (r == 0)
        r = add_line(b, "/etc/shadow",
                     arena_printf(b->a, "%s:!:%" PRId64 ":%s:%s:%s:%s:%s:", b->name,
                                  (int64_t)b->h->now / 86400,
                                  days_text(b->a, defs_days(b, "PASS_MIN_DAYS")),
                                  days_text(b->a, defs_days(b, "PASS_MAX_DAYS")),
                                  days_text(b->a, defs_days(b, "PASS_WARN_AGE")),
                                  days_text(b->a, inactive), days_text(b->a, expires)),
                     true);
    if (r == 0 && b->own_group)
        r = add_line(b, "/etc/group", arena_printf(b->a, "%s:x:%" PRId64 ":", b->name, b->gid),
                     true);
    if (r == 0 && b->own_group)
        r = add_line(b, "/etc/gshadow", arena_printf(b->a, "%s:!::", b->name), false);
    return r;
}

/* The lowest gap of `count` ids (find_free_range in lib/subordinateio.c). */
static int64_t free_range(struct str bytes, int64_t min, int64_t max, int64_t count)
{
    int64_t low = min;
    for (bool moved = true; moved;) {
        struct str rest = bytes, line;
        moved = false;
        while (str_next_line(&rest, &line)) {
            struct str first, n;
            int64_t from, length;
            if (!colon_get(line, 1, &first) || !colon_get(line, 2, &n) ||
                str_to_int64(first, 10, &from) < 0 || str_to_int64(n, 10, &length) < 0 ||
                length <= 0 || from < 0 || from > UINT32_MAX || length > UINT32_MAX)
                continue;
            if (from < low + count && low < from + length) {
                low = from + length;
                moved = true;
            }
        }
    }
    return low + count - 1 <= max ? low : -1;
}

static int add_subordinate(struct birth *b, const char *path, const char *what)
{
    struct str bytes;
    int64_t count =
        logindefs_number_or(b->defs, arena_printf(b->a, "SUB_%s_COUNT", what), SUB_COUNT);
    int64_t min = logindefs_number_or(b->defs, arena_printf(b->a, "SUB_%s_MIN", what), 100000);
    int64_t max = logindefs_number_or(b->defs, arena_printf(b->a, "SUB_%s_MAX", what), 600100000);
    if (count <= 0 || min < 0 || root_read(b->h->root, path, &bytes) < 0)
        return 0;
    int64_t from = free_range(bytes, min, max, count);
    if (from < 0)
        return fail(
            b, -ENOSPC,
            text_make(b->a, "no subordinate ids are left in %s", "%s 中已无可用的从属 ID", path));
    return add_line(b, path, arena_printf(b->a, "%s:%" PRId64 ":%" PRId64, b->name, from, count),
                    false);
}

/* ---- the home ---- */

static mode_t home_mode(const struct birth *b)
{
    int64_t mask = logindefs_number_or(b->defs, "UMASK", 022);
    int64_t mode = logindefs_number_or(b->defs, "HOME_MODE", 0777 & ~mask);
    return (mode_t)mode & 0750;
}

static int copy_entry(struct birth *b, const char *from, const char *to)
{
    struct file_info info;
    struct str bytes;
    const char *target;
    int r = root_lstat(b->h->root, from, &info);
    if (r < 0)
        return r;
    if (++b->copied > SKEL_FILES)
        return -EFBIG;
    struct attributes own = {
        .set = true, .mode = info.mode & 07777, .uid = (uid_t)b->uid, .gid = (gid_t)b->gid};
    if (S_ISDIR(info.mode))
        return stage_mkdir(b->h->root, to, &own);
    if (S_ISLNK(info.mode)) {
        r = root_readlink(b->h->root, from, &target);
        return r < 0 ? r : stage_symlink(b->h->root, to, target);
    }
    if (!S_ISREG(info.mode)) /* useradd copies devices too; nobody has one in skel */
        return 0;
    own.mode &= 0777;
    r = root_read(b->h->root, from, &bytes);
    return r < 0 ? r : stage_write(b->h->root, to, bytes, &own);
}

static int copy_tree(struct birth *b, const char *from, const char *to, int depth)
{
    struct strings names;
    struct file_info info;
    int r = root_list(b->h->root, from, &names);
    if (r == -ENOENT && depth == 0) /* no skel: an empty home */
        return 0;
    for (size_t i = 0; r == 0 && i < names.n; i++) {
        const char *source = arena_printf(b->a, "%s/%s", from, names.v[i]);
        const char *target = arena_printf(b->a, "%s/%s", to, names.v[i]);
        r = copy_entry(b, source, target);
        if (r == 0 && depth < SKEL_DEPTH && root_lstat(b->h->root, source, &info) == 0 &&
            S_ISDIR(info.mode))
            r = copy_tree(b, source, target, depth + 1);
    }
    return r;
}

/* Home directories of others are never taken over: the name must be free, or belong to the uid. */
static int make_home(struct birth *b)
{
    struct file_info info;
    const char *skel = useradd_text(b, "SKEL");
    const struct attributes own = {
        .set = true, .mode = home_mode(b), .uid = (uid_t)b->uid, .gid = (gid_t)b->gid};
    if (root_lstat(b->h->root, b->home, &info) == 0)
        return fail(b, -EEXIST,
                    text_make(b->a, "%s exists already, though there is no account %s",
                              "%s 已存在，但没有账户 %s", b->home, b->name));
    int r = stage_mkdir(b->h->root, b->home, &own);
    if (r == 0)
        r = copy_tree(b, skel ? skel : "/etc/skel", b->home, 0);
    return r < 0 ? fail(b, r, root_error_text(b->h->root, b->home, r)) : 0;
}

static int make_mailbox(struct birth *b)
{
    const char *wish = useradd_text(b, "CREATE_MAIL_SPOOL");
    const struct group *mail = accounts_find_group(root_accounts(b->h->root), "mail");
    const char *directory = defs_text(b, "MAIL_DIR");
    if (!directory)
        directory = "/var/spool/mail";
    if (!wish || !cstr_eq_nocase(wish, "yes") || directory[0] != '/' ||
        !root_exists(b->h->root, directory))
        return 0;
    const struct attributes own = {.set = true,
                                   .mode = mail ? 0660 : 0600,
                                   .uid = (uid_t)b->uid,
                                   .gid = mail ? (gid_t)mail->gid : (gid_t)b->gid};
    const char *path = arena_printf(b->a, "%s/%s", directory, b->name);
    if (root_exists(b->h->root, path))
        return 0;
    return stage_write(b->h->root, path, (struct str){"", 0}, &own);
}

/* ---- together ---- */

static int choose_ids(struct birth *b)
{
    const struct accounts *all = root_accounts(b->h->root);
    const char *usergroups = defs_text(b, "USERGROUPS_ENAB"), *group = useradd_text(b, "GROUP");
    int64_t min = logindefs_number_or(b->defs, "UID_MIN", 1000);
    int64_t max = logindefs_number_or(b->defs, "UID_MAX", 60000), gid;
    b->uid = next_id(all, min, max, false);
    if (b->uid < 0)
        return fail(b, -ENOSPC,
                    TEXT("no uid is left between UID_MIN and UID_MAX",
                         "UID_MIN 与 UID_MAX 之间已无可用 UID"));
    b->own_group = true;
    if (usergroups && !cstr_eq_nocase(usergroups, "yes") && group &&
        str_to_int64(str_of(group), 10, &gid) == 0 && gid > 0 && gid_taken(all, gid)) {
        b->gid = gid;
        b->own_group = false;
        return 0;
    }
    if (accounts_find_group(all, b->name))
        return fail(b, -EEXIST,
                    text_make(b->a, "there is a group %s already; choose another name",
                              "已存在名为 %s 的组，请换一个名称", b->name));
    min = logindefs_number_or(b->defs, "GID_MIN", 1000);
    max = logindefs_number_or(b->defs, "GID_MAX", 60000);
    b->gid = b->uid >= min && b->uid <= max && !gid_taken(all, b->uid)
                 ? b->uid
                 : next_id(all, min, max, true);
    return b->gid < 0 ? fail(b, -ENOSPC,
                             TEXT("no gid is left between GID_MIN and GID_MAX",
                                  "GID_MIN 与 GID_MAX 之间已无可用 GID"))
                      : 0;
}

static const char *choose_shell(const struct birth *b)
{
    static const char *const bash[] = {"/bin/bash", "/usr/bin/bash"};
    const char *shell = useradd_text(b, "SHELL");
    bool plain = !shell || cstr_eq(shell, "/bin/sh") || !root_exists(b->h->root, shell);
    for (size_t i = 0; plain && i < 2; i++)
        if (root_exists(b->h->root, bash[i]))
            return bash[i];
    return shell && root_exists(b->h->root, shell) ? shell : "/bin/sh";
}

int account_create(struct host *h, const char *name, const char *comment, struct text *ret_why)
{
    struct birth b = {.h = h, .a = h->arena, .name = name, .comment = comment ? comment : ""};
    struct str bytes;
    b.defs = host_logindefs(h);
    if (root_read(h->root, "/etc/default/useradd", &bytes) == 0)
        b.useradd = keyvalue_parse(h->arena, &keyvalue_shell, bytes);
    if (!account_name_is_good(name) || strpbrk(b.comment, ":\n\r,=")) {
        *ret_why =
            text_make(h->arena, "\"%s\" is no name of an account", "“%s”不是合法的账户名", name);
        return -EINVAL;
    }
    const char *base = useradd_text(&b, "HOME");
    b.home = arena_printf(h->arena, "%s/%s", base && base[0] == '/' ? base : "/home", name);
    b.shell = choose_shell(&b);
    int r = choose_ids(&b);
    if (r == 0)
        r = add_passwd_lines(&b);
    if (r == 0)
        r = add_subordinate(&b, "/etc/subuid", "UID");
    if (r == 0)
        r = add_subordinate(&b, "/etc/subgid", "GID");
    if (r == 0)
        r = make_home(&b);
    if (r == 0)
        r = make_mailbox(&b);
    if (r < 0)
        *ret_why = b.why.en ? b.why : errno_text(r);
    return r;
}

/* A system group, as groupadd -r makes it: from SYS_GID_MAX downwards. */
int account_create_group(struct host *h, const char *name, struct text *ret_why)
{
    struct birth b = {.h = h, .a = h->arena, .name = name, .defs = host_logindefs(h)};
    const struct accounts *all = root_accounts(h->root);
    int64_t max = logindefs_number_or(b.defs, "GID_MIN", 1000) - 1;
    max = logindefs_number_or(b.defs, "SYS_GID_MAX", max);
    int64_t min = logindefs_number_or(b.defs, "SYS_GID_MIN", 101), gid = max;
    while (gid >= min && (gid_taken(all, gid) || uid_taken(all, gid)))
        gid--;
    int r = gid < min ? -ENOSPC : account_name_is_good(name) ? 0 : -EINVAL;
    if (r == 0)
        r = add_line(&b, "/etc/group", arena_printf(b.a, "%s:x:%" PRId64 ":", name, gid), true);
    if (r == 0)
        r = add_line(&b, "/etc/gshadow", arena_printf(b.a, "%s:!::", name), false);
    if (r < 0)
        *ret_why = b.why.en ? b.why : errno_text(r);
    return r;
}
