#include "root/live.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/handle.h"

/* One line without its newline. */
static int read_line(struct root *r, const char *path, const char **ret)
{
    struct str bytes;
    int code = root_read(r, path, &bytes);
    if (code < 0)
        return code;
    if (bytes.n && bytes.p[bytes.n - 1] == '\n')
        bytes.n--;
    *ret = str_dup(root_arena(r), bytes);
    return 0;
}

/*
 * sysctl.d(5): when the first separator is a slash, dots are part of names
 * ("net/ipv4/conf/eth0.1/forwarding"); otherwise dots separate, and a slash stands for a dot.
 */
static const char *sysctl_path(struct arena *a, const char *name)
{
    size_t first = strcspn(name, "./");
    bool dots = name[first] == '.';
    char *path = arena_printf(a, "/proc/sys/%s", name);
    for (char *c = path + strlen("/proc/sys/"); dots && *c; c++)
        *c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
    struct str rest = str_of(path + 1), part;
    while (str_next_field(&rest, '/', &part))
        if (part.n == 0 || str_is(part, ".") || str_is(part, ".."))
            return NULL;
    return path;
}

int live_sysctl(struct root *r, const char *name, const char **ret)
{
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    const char *path = sysctl_path(root_arena(r), name);
    return path ? read_line(r, path, ret) : -EINVAL;
}

int live_set_sysctl(struct root *r, const char *name, const char *value)
{
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    const char *path = sysctl_path(root_arena(r), name);
    if (!path)
        return -EINVAL;
    _cleanup_close_ int fd = disk_open(r, path, O_WRONLY);
    if (fd < 0)
        return fd;
    size_t n = strlen(value);
    ssize_t written = write(fd, value, n);
    return written == (ssize_t)n ? 0 : written < 0 ? -errno : -EIO;
}

static int from_uname(struct root *r, bool release, const char **ret)
{
    struct utsname u;
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    if (uname(&u) < 0)
        return -errno;
    *ret = arena_strdup(root_arena(r), release ? u.release : u.nodename);
    return 0;
}

int live_kernel(struct root *r, const char **ret)
{
    return from_uname(r, true, ret);
}

int live_hostname(struct root *r, const char **ret)
{
    return from_uname(r, false, ret);
}

int live_cmdline(struct root *r, const char **ret)
{
    return root_is_live(r) ? read_line(r, "/proc/cmdline", ret) : -EOPNOTSUPP;
}

/* The value of container= as managers set it (systemd CONTAINER_INTERFACE), in our words. */
static const char *container_of_manager(struct str manager)
{
    static const char *const known[] = {"docker", "podman", "systemd-nspawn", "lxc"};
    manager = str_trim(manager);
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (str_is(manager, known[i]))
            return known[i];
    if (str_starts(manager, "lxc")) /* lxc-libvirt */
        return "lxc";
    return manager.n ? "other" : NULL;
}

static const char *container_of_environment(struct str environment)
{
    struct str variable;
    while (str_next_field(&environment, '\0', &variable))
        if (str_starts(variable, "container="))
            return container_of_manager(str_slice(variable, strlen("container="), variable.n));
    return NULL;
}

/* In the order of systemd's detect_container(): what the manager says before what it leaves. */
int live_container(struct root *r, const char **ret)
{
    static const char *const written[] = {"/run/systemd/container", "/run/host/container-manager"};
    const char *name = NULL;
    struct str text;
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    for (size_t i = 0; !name && i < ARRAY_SIZE(written); i++)
        if (root_read(r, written[i], &text) == 0)
            name = container_of_manager(text);
    if (!name && root_read(r, "/proc/1/environ", &text) == 0)
        name = container_of_environment(text);
    if (!name && root_exists(r, "/run/.containerenv"))
        name = "podman";
    if (!name && root_exists(r, "/.dockerenv"))
        name = "docker";
    if (!name && root_exists(r, "/proc/vz") && !root_exists(r, "/proc/bc"))
        name = "other"; /* OpenVZ */
    *ret = name;
    return 0;
}

/* Root of a user namespace has capabilities, but only over the owners that are mapped into it. */
static bool owner_is_mapped(void)
{
    enum { OVERFLOW_UID = 65534 };
    struct stat st;
    return stat("/etc", &st) == 0 && st.st_uid != OVERFLOW_UID;
}

bool live_privileged(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (geteuid() != 0 || syscall(SYS_capget, &header, data) < 0)
        return false;
    unsigned reading = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH;
    return (data[0].effective & reading) && owner_is_mapped();
}
