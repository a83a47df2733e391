/*
 * Which sshd is installed, and what its release makes of Include and of ClientAliveCountMax 0
 * (RELEASES.md 3.1: Red Hat backported the first at 8.0p1-12, the second at 8.0p1-13).
 */
#include "effective/sshd_parts.h"

#include <errno.h>

#include "base/cleanup.h"
#include "effective/packages.h"
#include "effective/program_file.h"

#define SSHD_BINARY "/usr/sbin/sshd"

/* "1:9.2p1-2+deb12u10", "OpenSSH_8.0p1": 902, 800; 0 when it is no such version. */
static unsigned version_number(const char *s)
{
    const char *colon = strchr(s, ':');
    if (colon)
        s = colon + 1;
    unsigned major = 0, minor = 0;
    if (sscanf(s, "%3u.%2u", &major, &minor) != 2)
        return 0;
    return major * 100 + minor;
}

static const char *without_epoch(const char *s)
{
    const char *colon = strchr(s, ':');
    return colon ? colon + 1 : s;
}

static void from_binary(struct host *h, struct sshd_program *p)
{
    _cleanup_root_file_ struct root_file f = {.fd = -1};
    char text[16] = "";
    if (root_file_open(h->root, SSHD_BINARY, &f) < 0)
        return;
    p->installed = true;
    p->where = (struct where){SSHD_BINARY, 0};
    int64_t at = program_file_find(&f, 0, "OpenSSH_");
    if (at < 0 || root_file_read(&f, (uint64_t)at + 8, text, sizeof text - 1) < 0)
        return;
    p->version = version_number(text);
    p->name = arena_printf(h->arena, "OpenSSH %.*s", (int)strcspn(text, " ,\n"), text);
}

/* The message exists exactly in the sources that know the keyword. */
static enum sshd_answerable include_by_binary(struct host *h)
{
    _cleanup_root_file_ struct root_file f = {.fd = -1};
    if (root_file_open(h->root, SSHD_BINARY, &f) < 0 || program_file_find(&f, 0, "OpenSSH_") < 0)
        return SSHD_UNKNOWN;
    int64_t at = program_file_find(&f, 0, "Include directive not supported");
    return at >= 0 ? SSHD_YES : at == -ENOENT ? SSHD_NO : SSHD_UNKNOWN;
}

/* The number behind "8.0p1-": Red Hat's releases of that version; rebuilds append to it. */
static unsigned el8_release(const struct sshd_program *p)
{
    unsigned release = 0;
    (void)sscanf(without_epoch(p->package), "8.0p1-%4u", &release);
    return release;
}

static void decide_backports(struct host *h, struct sshd_program *p)
{
    const struct release *r = h->release;
    p->include = p->include_in_match_right = p->zero_count_drops = SSHD_UNKNOWN;
    if (p->version >= 802) {
        p->include = SSHD_YES;
        p->zero_count_drops = SSHD_NO;
        p->include_in_match_right = p->version >= 804 ? SSHD_YES : SSHD_UNKNOWN;
    } else if (r->lineage == LINEAGE_EL && p->version == 800 && p->package && !r->inferred) {
        p->include = el8_release(p) >= 12 ? SSHD_YES : SSHD_NO;
        p->zero_count_drops = el8_release(p) >= 13 ? SSHD_NO : SSHD_YES;
        p->include_in_match_right = p->include;
    } else if (r->lineage == LINEAGE_DEBIAN && p->version) {
        p->include = SSHD_NO;
        p->zero_count_drops = SSHD_YES;
    } else if (p->version) {
        p->include = include_by_binary(h);
        p->include_in_match_right = p->include;
    }
}

/* A tree without a package database and without programs, such as a copy of /etc: what its release
 * ships (RELEASES.md 2), as far as that is one version. */
static void from_release(struct host *h, struct sshd_program *p)
{
    static const struct {
        enum lineage lineage;
        unsigned major, version;
        const char *name;
    } shipped[] = {
        {LINEAGE_EL, 7, 704, "7.4p1"},         {LINEAGE_EL, 8, 800, "8.0p1"},
        {LINEAGE_EL, 9, 807, "8.7p1"},         {LINEAGE_EL, 10, 909, "9.9p1"},
        {LINEAGE_DEBIAN, 11, 804, "8.4p1"},    {LINEAGE_DEBIAN, 12, 902, "9.2p1"},
        {LINEAGE_DEBIAN, 13, 1000, "10.0p1"},  {LINEAGE_UBUNTU, 20, 802, "8.2p1"},
        {LINEAGE_UBUNTU, 22, 809, "8.9p1"},    {LINEAGE_UBUNTU, 24, 906, "9.6p1"},
        {LINEAGE_OPENEULER, 22, 808, "8.8p1"}, {LINEAGE_OPENEULER, 24, 906, "9.6p1"},
    };
    struct file_info info;
    if (!host_packages(h)->error || root_stat(h->root, "/etc/ssh/sshd_config", &info) < 0 ||
        h->release->inferred)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(shipped); i++)
        if (shipped[i].lineage == h->release->lineage && shipped[i].major == h->release->major) {
            p->installed = true;
            p->version = shipped[i].version;
            p->name =
                arena_printf(h->arena, "OpenSSH %s (as the release ships it)", shipped[i].name);
        }
}

static void *make(struct root *root, void *context)
{
    struct host *h = context;
    (void)root;
    struct sshd_program *p = arena_make(h->arena, struct sshd_program);
    const struct package *package;
    if (host_package(h, "openssh-server", &package) == 0) {
        p->installed = true;
        p->package = package->version;
        p->version = version_number(package->version);
        const char *version = without_epoch(package->version);
        p->name = arena_printf(h->arena, "OpenSSH %.*s (openssh-server %s)",
                               (int)strcspn(version, "-"), version, package->version);
        p->where = (struct where){package->where.path, package->where.line};
    } else {
        from_binary(h, p);
        if (!p->installed)
            from_release(h, p);
    }
    if (!p->name)
        p->name = "OpenSSH";
    decide_backports(h, p);
    return p;
}

const struct sshd_program *sshd_program(struct host *h)
{
    static const char key;
    return root_memo(h->root, &key, make, h);
}
