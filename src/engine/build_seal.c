#include <errno.h>

#include "base/cleanup.h"
#include "engine/build.h"

enum seal_action {
    SEAL_REMOVE, /* files */
    SEAL_EMPTY,  /* files, keeping owner and mode */
    SEAL_TREE,   /* whatever it is, with all it holds */
    SEAL_LOGS,   /* a directory: rotated files go, the others are emptied, to any depth */
};

struct seal_row {
    enum seal_action action;
    const char *pattern; /* glob(7) */
};

/* What must be made anew on every machine, or tells of the machine the image was made on. */
static const struct seal_row rows[] = {
    /* machine-id(5): empty means that the next boot is a first boot; absent is no such promise. */
    {SEAL_EMPTY, "/etc/machine-id"},
    {SEAL_REMOVE, "/var/lib/dbus/machine-id"},
    {SEAL_REMOVE, "/etc/ssh/ssh_host_*_key"},
    {SEAL_REMOVE, "/etc/ssh/ssh_host_*_key.pub"},
    {SEAL_REMOVE, "/etc/ssh/ssh_host_*_key-cert.pub"},
    {SEAL_REMOVE, "/var/lib/systemd/random-seed"},
    {SEAL_REMOVE, "/var/lib/systemd/credential.secret"},
    {SEAL_REMOVE, "/var/lib/urandom/random-seed"},
    {SEAL_REMOVE, "/boot/loader/random-seed"},
    {SEAL_REMOVE, "/root/.*_history"},
    {SEAL_REMOVE, "/home/*/.*_history"},
    {SEAL_REMOVE, "/root/.lesshst"},
    {SEAL_REMOVE, "/home/*/.lesshst"},
    {SEAL_REMOVE, "/root/.viminfo"},
    {SEAL_REMOVE, "/home/*/.viminfo"},
    {SEAL_REMOVE, "/root/.wget-hsts"},
    {SEAL_REMOVE, "/home/*/.wget-hsts"},
    {SEAL_LOGS, "/var/log"},
    {SEAL_TREE, "/var/log/journal/*"},
    {SEAL_TREE, "/var/lib/cloud/*"},
    {SEAL_REMOVE, "/var/lib/dhcp/*.lease*"},
    {SEAL_REMOVE, "/var/lib/dhclient/*.lease*"},
    {SEAL_REMOVE, "/var/lib/NetworkManager/*.lease"},
    {SEAL_REMOVE, "/var/lib/NetworkManager/secret_key"},
    {SEAL_REMOVE, "/etc/udev/rules.d/70-persistent-net.rules"},
    {SEAL_TREE, "/tmp/*"},
    {SEAL_TREE, "/tmp/.[!.]*"},
    {SEAL_TREE, "/var/tmp/*"},
    {SEAL_TREE, "/var/tmp/.[!.]*"},
};

enum { LOG_DEPTH = 16 };

/* What is gone already, or is a link or a device, is nothing to seal. */
static int done(struct build *b, const char *path, int code, struct err *e)
{
    if (code == -ENOENT || code == -ELOOP || code == -ENOTDIR || code == -ENODEV)
        return 0;
    if (code < 0)
        return err_set(e, code, "cannot seal %s: %s", "无法清理 %s：%s", path, errno_text(code).en);
    strings_add(b->request->arena, &b->sealed, path);
    return 0;
}

static bool is_directory(struct build *b, const char *path, off_t *ret_size)
{
    struct file_info info;
    *ret_size = 0;
    if (root_lstat(b->root, path, &info) < 0)
        return false;
    *ret_size = info.size;
    return S_ISDIR(info.mode);
}

/* messages.1, messages-20250101, syslog.2.gz, wtmp.old */
static bool is_rotated(const char *name)
{
    static const char *const endings[] = {".gz", ".xz", ".zst", ".bz2", ".old"};
    size_t n = strlen(name), digits = 0;
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        if (cstr_ends(name, endings[i]))
            return true;
    while (digits < n && name[n - 1 - digits] >= '0' && name[n - 1 - digits] <= '9')
        digits++;
    return digits && digits < n &&
           (name[n - 1 - digits] == '.' || (digits == 8 && name[n - 1 - digits] == '-'));
}

static int seal_logs(struct build *b, const char *dir, unsigned depth, struct err *e)
{
    struct strings names = {0};
    int code = root_list(b->root, dir, &names);
    if (code < 0)
        return done(b, dir, code, e);
    for (size_t i = 0; i < names.n && code == 0; i++) {
        off_t size;
        const char *path = arena_printf(b->request->arena, "%s/%s", dir, names.v[i]);
        if (is_directory(b, path, &size)) {
            if (depth < LOG_DEPTH && !cstr_eq(path, "/var/log/journal"))
                code = seal_logs(b, path, depth + 1, e);
        } else if (is_rotated(names.v[i])) {
            code = done(b, path, tree_remove_in(b->root, path), e);
        } else if (size) {
            code = done(b, path, tree_empty_in(b->root, path), e);
        }
    }
    return code;
}

static int seal_one(struct build *b, const char *path, enum seal_action action, struct err *e)
{
    off_t size;
    bool directory = is_directory(b, path, &size);
    if (action == SEAL_LOGS)
        return directory ? seal_logs(b, path, 0, e) : 0;
    if (action == SEAL_TREE)
        return done(b, path, tree_remove_in(b->root, path), e);
    if (directory)
        return 0;
    if (action == SEAL_REMOVE)
        return done(b, path, tree_remove_in(b->root, path), e);
    return size ? done(b, path, tree_empty_in(b->root, path), e) : 0;
}

int build_seal(struct build *b, struct err *e)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct strings found = {0};
        int code = root_glob(b->root, rows[i].pattern, &found);
        for (size_t k = 0; k < found.n && code == 0; k++)
            code = seal_one(b, found.v[k], rows[i].action, e);
        if (code < 0)
            return done(b, rows[i].pattern, code, e);
    }
    strings_sort(&b->sealed);
    return 0;
}
