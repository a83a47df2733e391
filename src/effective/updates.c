#include "effective/updates.h"

#include <errno.h>
#include <time.h>

#include "base/cleanup.h"
#include "root/live.h"
#include "root/run.h"

enum { LIST_LIMIT = 256 << 20, TOOL_TIMEOUT_MS = 60 * 1000, SHOWN = 200 };

static const char lists_directory[] = "/var/lib/apt/lists";

/* One stanza of a Packages file. */
static void compare_stanza(struct host *h, struct updates *u, struct str name, struct str version)
{
    const struct package *installed;
    if (!name.n || !version.n)
        return;
    if (host_package(h, str_dup(h->arena, name), &installed) < 0)
        return;
    const char *offered = str_dup(h->arena, version);
    if (package_version_compare(FAMILY_DEBIAN, installed->version, offered) >= 0)
        return;
    const char *text =
        arena_printf(h->arena, "%s %s -> %s", installed->name, installed->version, offered);
    if (u->pending.n < SHOWN && strings_find(&u->pending, text) < 0)
        strings_add(h->arena, &u->pending, text);
}

static void read_packages(struct host *h, struct updates *u, struct str rest)
{
    struct str line, name = {0}, version = {0};
    while (str_next_line(&rest, &line)) {
        if (!line.n) {
            compare_stanza(h, u, name, version);
            name = version = (struct str){0};
        } else if (str_starts(line, "Package: ")) {
            name = str_trim(str_slice(line, strlen("Package: "), line.n));
        } else if (str_starts(line, "Version: ")) {
            version = str_trim(str_slice(line, strlen("Version: "), line.n));
        }
    }
    compare_stanza(h, u, name, version);
}

static bool is_security_list(const char *name)
{
    return strstr(name, "-security") || strstr(name, "_security");
}

static void read_apt(struct host *h, struct updates *u)
{
    struct strings names;
    bool compressed = false;
    size_t read = 0;
    int64_t of_list = 0; /* where only the list itself is left */
    u->path = lists_directory;
    int r = root_list(h->root, lists_directory, &names);
    for (size_t i = 0; r == 0 && i < names.n; i++) {
        const char *path = arena_printf(h->arena, "%s/%s", lists_directory, names.v[i]);
        struct file_info info;
        _cleanup_buf_ struct buf bytes = {0};
        bool list = strstr(names.v[i], "_Packages") != NULL;
        if (cstr_ends(names.v[i], "Release") && root_stat(h->root, path, &info) == 0 &&
            info.mtime.tv_sec > u->fetched)
            u->fetched = info.mtime.tv_sec;
        if (!list || !is_security_list(names.v[i]))
            continue;
        if (!cstr_ends(names.v[i], "_Packages")) {
            compressed = true;
            continue;
        }
        r = root_load(h->root, path, LIST_LIMIT, &bytes);
        if (r == 0)
            read_packages(h, u, (struct str){bytes.data, bytes.len});
        if (root_stat(h->root, path, &info) == 0 && info.mtime.tv_sec > of_list)
            of_list = info.mtime.tv_sec;
        read++;
        u->path = path;
    }
    if (!u->fetched)
        u->fetched = of_list;
    if (r < 0 && r != -ENOENT)
        u->reason = root_error_text(h->root, lists_directory, r);
    else if (!read && compressed)
        u->reason = TEXT(
            "the fetched package lists are compressed; run apt-get update with "
            "Acquire::GzipIndexes=false",
            "已获取的软件包列表为压缩格式；请以 Acquire::GzipIndexes=false 运行 apt-get update");
    else if (!read)
        u->reason = TEXT("no list of a security suite was fetched; run apt-get update",
                         "未获取安全更新列表；请运行 apt-get update");
}

/* "FEDORA-2024-1 Important/Sec. openssl-1:3.0.7-2.el9.x86_64" */
static void read_updateinfo(struct host *h, struct updates *u, struct str rest)
{
    struct str line;
    while (str_next_line(&rest, &line)) {
        struct str id, severity, package;
        if (!str_next_word(&line, &id) || !str_next_word(&line, &severity) ||
            !str_next_word(&line, &package) || !str_ends(severity, "/Sec."))
            continue;
        if (u->pending.n < SHOWN)
            strings_add(h->arena, &u->pending,
                        arena_printf(h->arena, "%.*s (%.*s)", STR_ARG(package), STR_ARG(id)));
    }
}

/* Only the tool can read its cache; --cacheonly keeps it off the network. */
static void read_dnf(struct host *h, struct updates *u)
{
    static const char *const dnf[] = {"/usr/bin/dnf", "-q",       "-C", "updateinfo",
                                      "list",         "security", NULL};
    static const char *const yum[] = {"/usr/bin/yum", "-q",       "-C", "updateinfo",
                                      "list",         "security", NULL};
    struct run_result result;
    u->path = dnf[0];
    int r = root_run(h->root, dnf, TOOL_TIMEOUT_MS, &result);
    if (r == -ENOENT) {
        u->path = yum[0];
        r = root_run(h->root, yum, TOOL_TIMEOUT_MS, &result);
    }
    if (r < 0 || result.status != 0) {
        u->reason = r == -EOPNOTSUPP
                        ? errno_text(r)
                        : text_make(h->arena, "%s could not list security updates from its cache",
                                    "%s 无法从缓存列出安全更新", u->path);
        return;
    }
    u->fetched = (int64_t)h->now;
    read_updateinfo(h, u, result.out);
}

static void *make_updates(struct root *root, void *context)
{
    struct host *h = context;
    struct updates *u = arena_make(h->arena, struct updates);
    (void)root;
    if (h->release->family == FAMILY_DEBIAN)
        read_apt(h, u);
    else if (h->release->family == FAMILY_RPM)
        read_dnf(h, u);
    else
        u->reason = TEXT("the package system is not known", "无法识别软件包系统");
    if (host_packages(h)->error && !u->reason.en)
        u->reason = host_packages(h)->reason;
    return u;
}

const struct updates *host_updates(struct host *h)
{
    static const char key;
    return root_memo(h->root, &key, make_updates, h);
}

/* "2026-11-23 20:05:11 status installed …": the last such line; the log is in local time, which is
 * a day's difference at most. */
static int64_t last_dpkg_log(struct str bytes)
{
    struct str line;
    int64_t days = 0, newest = 0;
    while (str_next_line(&bytes, &line)) {
        if (line.n < 20 || !memmem(line.p, line.n, " installed ", strlen(" installed ")))
            continue;
        struct str date = str_slice(line, 0, 10);
        struct tm tm = {0};
        int64_t year, month, day;
        if (str_to_int64(str_slice(date, 0, 4), 10, &year) < 0 ||
            str_to_int64(str_slice(date, 5, 7), 10, &month) < 0 ||
            str_to_int64(str_slice(date, 8, 10), 10, &day) < 0 || month < 1 || month > 12)
            continue;
        tm.tm_year = (int)year - 1900;
        tm.tm_mon = (int)month - 1;
        tm.tm_mday = (int)day;
        days = (int64_t)timegm(&tm);
        newest = days > newest ? days : newest;
    }
    return newest;
}

int64_t updates_last_change(struct host *h, const char **ret_path)
{
    const struct packages *p = host_packages(h);
    int64_t newest = 0;
    vec_each (one, &p->list)
        newest = one->installed_at > newest ? one->installed_at : newest;
    if (newest) {
        *ret_path = p->list.v[0].where.path;
        return newest;
    }
    _cleanup_buf_ struct buf bytes = {0};
    *ret_path = "/var/log/dpkg.log";
    if (root_load(h->root, *ret_path, LIST_LIMIT, &bytes) == 0)
        newest = last_dpkg_log((struct str){bytes.data, bytes.len});
    struct file_info info;
    if (!newest && root_stat(h->root, "/var/lib/dpkg/status", &info) == 0) {
        *ret_path = "/var/lib/dpkg/status";
        newest = info.mtime.tv_sec;
    }
    return newest;
}

const char *updates_newest_kernel(struct host *h)
{
    struct strings names;
    const char *newest = NULL;
    if (root_list(h->root, "/lib/modules", &names) < 0)
        return NULL;
    for (size_t i = 0; i < names.n; i++) {
        const char *image = arena_printf(h->arena, "/boot/vmlinuz-%s", names.v[i]);
        const char *inside = arena_printf(h->arena, "/lib/modules/%s/vmlinuz", names.v[i]);
        if (!root_exists(h->root, image) && !root_exists(h->root, inside))
            continue;
        if (!newest || package_version_compare(h->release->family, names.v[i], newest) > 0)
            newest = names.v[i];
    }
    return newest;
}
