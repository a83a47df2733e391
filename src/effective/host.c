#include "effective/host.h"

#include <errno.h>

#include "effective/rpmdb.h"
#include "format/osrelease.h"

static const char os_release_etc[] = "/etc/os-release";
static const char os_release_usr[] = "/usr/lib/os-release";

/* What an ID stands for, where it stands for one thing (RELEASES: UOS and Kylin do not). */
struct identity {
    const char *id;
    enum family family;
    enum lineage lineage;
    bool inferred;
};

static const struct identity identities[] = {
    {"rhel", FAMILY_RPM, LINEAGE_EL, false},
    {"centos", FAMILY_RPM, LINEAGE_EL, false},
    {"almalinux", FAMILY_RPM, LINEAGE_EL, false},
    {"rocky", FAMILY_RPM, LINEAGE_EL, false},
    {"ol", FAMILY_RPM, LINEAGE_EL, true},
    {"openeuler", FAMILY_RPM, LINEAGE_OPENEULER, false},
    {"debian", FAMILY_DEBIAN, LINEAGE_DEBIAN, false},
    {"ubuntu", FAMILY_DEBIAN, LINEAGE_UBUNTU, false},
    {"alinux", FAMILY_RPM, LINEAGE_OTHER, false},
    {"anolis", FAMILY_RPM, LINEAGE_OTHER, false},
    {"fedora", FAMILY_RPM, LINEAGE_OTHER, false},
    {"amzn", FAMILY_RPM, LINEAGE_OTHER, false},
};

static const struct identity *identity_find(const char *id)
{
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++)
        if (cstr_eq(identities[i].id, id))
            return &identities[i];
    return NULL;
}

/* "22.03", "8", "V10", "2.1903": the first two numbers. */
static void parse_version(const char *s, unsigned *major, unsigned *minor)
{
    *major = *minor = 0;
    if (!s)
        return;
    if (*s == 'V' || *s == 'v')
        s++;
    unsigned *into[] = {major, minor};
    for (size_t i = 0; i < 2; i++) {
        for (; *s >= '0' && *s <= '9'; s++) {
            if (*into[i] > 1000000) {
                *major = *minor = 0;
                return;
            }
            *into[i] = *into[i] * 10 + (unsigned)(*s - '0');
        }
        if (*s != '.')
            return;
        s++;
    }
}

/* Alibaba Cloud Linux 2 and 3 and Anolis 8 are rebuilt from EL, by inference only: their glibc and
 * kernel are not EL's. Alibaba Cloud Linux 4 and Anolis 23 are not EL rebuilds. */
static void infer_base(struct release *r)
{
    bool alinux = cstr_eq(r->id, "alinux"), anolis = cstr_eq(r->id, "anolis");
    unsigned el = 0;
    if (alinux && r->major == 2)
        el = 7;
    else if ((alinux && r->major == 3) || (anolis && r->major == 8))
        el = 8;
    if (!el)
        return;
    r->lineage = LINEAGE_EL;
    r->major = el;
    r->minor = 0;
    r->inferred = true;
}

static const char dpkg_status[] = "/var/lib/dpkg/status";

static bool has_dpkg(struct root *root)
{
    struct file_info info;
    struct strings names;
    if (root_stat(root, dpkg_status, &info) == 0 && info.size > 0)
        return true;
    return root_list(root, "/var/lib/dpkg/status.d", &names) == 0 && names.n > 0;
}

static bool is_built_on_dpkg(struct root *root)
{
    static const char base[] = "Package: base-files\n";
    _cleanup_buf_ struct buf status = {0};
    return root_load(root, dpkg_status, 256 << 20, &status) == 0 && status.len &&
           memmem(status.data, status.len, base, sizeof base - 1);
}

/* The database on disk decides. A Debian host may have rpm as a tool, with a database of its own:
 * base-files is what every Debian system is built on and no rpm system has. */
static enum family detect_family(struct root *root, const struct identity *known)
{
    struct rpmdb_place place;
    bool dpkg = has_dpkg(root);
    int found = rpmdb_find(root, &place);
    bool rpm = found == 0 || found == -EACCES || found == -EPERM;
    if (dpkg && rpm)
        return is_built_on_dpkg(root) ? FAMILY_DEBIAN : FAMILY_RPM;
    if (dpkg)
        return FAMILY_DEBIAN;
    if (rpm)
        return FAMILY_RPM;
    return known ? known->family : FAMILY_UNKNOWN;
}

static const struct release *detect(struct root *root)
{
    struct arena *a = root_arena(root);
    struct release *r = arena_make(a, struct release);
    struct str bytes;
    const char *path = os_release_etc;
    int error = root_read(root, path, &bytes);
    if (error == -ENOENT) {
        path = os_release_usr;
        error = root_read(root, path, &bytes);
    }
    if (error < 0) {
        r->family = detect_family(root, NULL);
        return r;
    }
    struct osrelease os;
    osrelease_parse(a, bytes, &os);
    r->id = os.id;
    r->version_id = os.version_id;
    r->pretty_name = os.pretty_name ? os.pretty_name : os.name;
    r->path = path;
    r->id_line = os.id_line;
    r->version_line = os.version_line;
    const struct identity *known = identity_find(r->id);
    r->family = detect_family(root, known);
    r->lineage = known ? known->lineage : LINEAGE_OTHER;
    r->inferred = known && known->inferred;
    parse_version(r->version_id, &r->major, &r->minor);
    infer_base(r);
    /* Testing and unstable have no VERSION_ID; a foreign database under a known ID is no release we
     * know either. */
    if (known && (r->major == 0 || r->family != known->family))
        r->lineage = LINEAGE_OTHER;
    return r;
}

struct host *host_open(struct root *root, time_t now)
{
    static const struct host_options defaults = {0};
    struct arena *a = root_arena(root);
    struct host *h = arena_make(a, struct host);
    *h = (struct host){
        .arena = a, .root = root, .release = detect(root), .options = &defaults, .now = now};
    return h;
}

const char *lineage_name(enum lineage lineage)
{
    static const char *const names[] = {
        [LINEAGE_UNKNOWN] = "unknown",     [LINEAGE_EL] = "el",
        [LINEAGE_OPENEULER] = "openeuler", [LINEAGE_DEBIAN] = "debian",
        [LINEAGE_UBUNTU] = "ubuntu",       [LINEAGE_OTHER] = "other",
    };
    return names[lineage];
}

const char *family_name(enum family family)
{
    static const char *const names[] = {
        [FAMILY_UNKNOWN] = "unknown", [FAMILY_RPM] = "rpm", [FAMILY_DEBIAN] = "debian"};
    return names[family];
}
