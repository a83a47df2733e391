/*
 * What the PAM of this release reads and has (RELEASES.md sections 4 and 15).  A module's own file
 * is the best witness: it holds the path of every file it reads.
 */
#include <errno.h>
#include <string.h>

#include "effective/packages.h"
#include "effective/pam_module.h"

static const struct package *pam_package(struct host *h)
{
    static const char *const names[] = {"libpam-modules", "libpam0g", "pam"};
    const struct package *p;
    for (size_t i = 0; i < 3; i++)
        if (host_package(h, names[i], &p) == 0)
            return p;
    return NULL;
}

bool pam_version_compare(struct host *h, const char *than, int *ret)
{
    const struct package *p = pam_package(h);
    if (!p)
        return false;
    /* Epochs (openEuler, Debian) say nothing about the upstream version. */
    const char *version = p->version, *colon = strchr(version, ':');
    *ret = package_version_compare(h->release->family, colon ? colon + 1 : version, than);
    return true;
}

/* ---- where modules are ---- */

static void add_directory(struct root *r, struct strings *list, const char *dir)
{
    struct strings names = {0};
    if (root_list(r, dir, &names) < 0)
        return;
    vec_each (n, &names)
        if (cstr_starts(*n, "pam_") && cstr_ends(*n, ".so")) {
            strings_add(root_arena(r), list, dir);
            return;
        }
}

static void *find_directories(struct root *r, void *context)
{
    static const char *const fixed[] = {"/usr/lib64/security", "/lib64/security",
                                        "/usr/lib/security", "/lib/security"};
    static const char *const patterns[] = {"/usr/lib/*-linux-gnu*/security",
                                           "/lib/*-linux-gnu*/security"};
    struct strings *list = arena_make(root_arena(r), struct strings);
    (void)context;
    for (size_t i = 0; i < 4; i++)
        add_directory(r, list, fixed[i]);
    for (size_t i = 0; i < 2; i++) {
        struct strings found = {0};
        if (root_glob(r, patterns[i], &found) == 0)
            vec_each (d, &found)
                add_directory(r, list, *d);
    }
    return list;
}

const struct strings *pam_module_directories(struct host *h)
{
    static const char key;
    return root_memo(h->root, &key, find_directories, NULL);
}

/* "/lib/security/$ISA/pam_unix.so": libpam tries the path with and without the ISA directory. */
static const char *without_isa(struct arena *a, const char *module)
{
    const char *isa = strstr(module, "$ISA");
    return isa ? arena_printf(a, "%.*s.%s", (int)(isa - module), module, isa + 4) : module;
}

const char *pam_module_file(struct host *h, const char *module, enum pam_presence *ret)
{
    struct arena *a = h->arena;
    const struct strings *dirs = pam_module_directories(h);
    const char *name = without_isa(a, module);
    struct file_info info;
    *ret = dirs->n ? PAM_MISSING : PAM_PRESENCE_UNKNOWN;
    if (name[0] == '/') {
        int e = root_stat(h->root, name, &info);
        if (e == 0 && S_ISREG(info.mode)) {
            *ret = PAM_PRESENT;
            return name;
        }
        if (e == -EACCES)
            *ret = PAM_PRESENCE_UNKNOWN;
        return NULL;
    }
    vec_each (d, dirs) {
        const char *path = arena_printf(a, "%s/%s", *d, name);
        int e = root_stat(h->root, path, &info);
        if (e == -EACCES)
            *ret = PAM_PRESENCE_UNKNOWN;
        if (e == 0 && S_ISREG(info.mode)) {
            *ret = PAM_PRESENT;
            return path;
        }
    }
    return NULL;
}

/* ---- features ---- */

/* 1 or 0 by whether the file holds the text; -1: there is no such file to ask. */
static int file_holds(struct host *h, const char *path, const char *text)
{
    struct str bytes;
    if (!path || root_read(h->root, path, &bytes) < 0 || bytes.n < 4 ||
        memcmp(bytes.p,
               "\x7f"
               "ELF",
               4) != 0)
        return -1;
    return memmem(bytes.p, bytes.n, text, strlen(text)) ? 1 : 0;
}

static int module_holds(struct host *h, const char *module, const char *text)
{
    enum pam_presence presence;
    return file_holds(h, pam_module_file(h, module, &presence), text);
}

static int library_holds(struct host *h, const char *library, const char *text)
{
    static const char *const dirs[] = {"/usr/lib64", "/lib64", "/usr/lib/*-linux-gnu*",
                                       "/lib/*-linux-gnu*", "/usr/lib"};
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        struct strings found = {0};
        if (root_glob(h->root, arena_printf(h->arena, "%s/%s", dirs[i], library), &found) < 0)
            continue;
        vec_each (f, &found) {
            int holds = file_holds(h, *f, text);
            if (holds >= 0)
                return holds;
        }
    }
    return -1;
}

static int since(struct host *h, const char *version)
{
    int order;
    return pam_version_compare(h, version, &order) ? order >= 0 : -1;
}

static int is_lineage(struct host *h, enum lineage l, unsigned from_major)
{
    return h->release->lineage == l && h->release->major >= from_major;
}

/* By upstream version, where no distribution carried the change earlier or later. */
static int by_version(struct host *h, const char *version, unsigned el, unsigned debian,
                      unsigned ubuntu)
{
    int known = since(h, version);
    if (known >= 0)
        return known;
    switch (h->release->lineage) {
    case LINEAGE_EL:
        return h->release->major >= el;
    case LINEAGE_DEBIAN:
        return h->release->major >= debian;
    case LINEAGE_UBUNTU:
        return h->release->major >= ubuntu;
    default:
        return -1;
    }
}

static int faillock_conf(struct host *h)
{
    int shown = module_holds(h, "pam_faillock.so", "/faillock.conf");
    if (shown >= 0)
        return shown;
    const struct release *r = h->release;
    if (r->lineage == LINEAGE_EL && r->major == 8)
        return since(h, "1.3.1-5");
    if (r->lineage == LINEAGE_EL)
        return r->major >= 9;
    if (is_lineage(h, LINEAGE_DEBIAN, 11) || is_lineage(h, LINEAGE_UBUNTU, 22))
        return 1;
    return since(h, "1.4.0") == 1 ? 1 : -1;
}

static int pwhistory_conf(struct host *h)
{
    int shown = module_holds(h, "pam_pwhistory.so", "/pwhistory.conf");
    if (shown >= 0)
        return shown;
    const struct release *r = h->release;
    if (r->lineage == LINEAGE_EL && r->major == 8)
        return since(h, "1.3.1-24");
    if (r->lineage == LINEAGE_EL && r->major == 9)
        return since(h, "1.5.1-13");
    return by_version(h, "1.5.3", 10, 13, 24);
}

/* libpwquality 1.3.0 and 1.4.1; EL7 has 1.2.x by inference only. */
static int quality_since(struct host *h, const char *version)
{
    static const char *const names[] = {"libpam-pwquality", "libpwquality1", "libpwquality"};
    const struct package *p;
    for (size_t i = 0; i < 3; i++)
        if (host_package(h, names[i], &p) == 0) {
            const char *colon = strchr(p->version, ':');
            return package_version_compare(h->release->family, colon ? colon + 1 : p->version,
                                           version) >= 0;
        }
    const struct release *r = h->release;
    if ((r->lineage == LINEAGE_EL && r->major >= 8) || is_lineage(h, LINEAGE_DEBIAN, 11) ||
        is_lineage(h, LINEAGE_UBUNTU, 20) || r->lineage == LINEAGE_OPENEULER)
        return 1;
    return -1;
}

static int quality_directory(struct host *h)
{
    /* The name of the directory is not kept as a string, the call that lists it is. */
    int shown = library_holds(h, "libpwquality.so.1", "scandir");
    return shown == 1 ? 1 : quality_since(h, "1.3.0");
}

static int module_shipped(struct host *h, const char *module, int otherwise)
{
    enum pam_presence presence;
    (void)pam_module_file(h, module, &presence);
    return presence == PAM_PRESENT ? 1 : presence == PAM_MISSING ? 0 : otherwise;
}

static int tally2(struct host *h)
{
    const struct release *r = h->release;
    int otherwise = -1;
    if (r->lineage == LINEAGE_EL)
        otherwise = r->major <= 7;
    else if (is_lineage(h, LINEAGE_DEBIAN, 11) || since(h, "1.5.0") == 1)
        otherwise = 0;
    return module_shipped(h, "pam_tally2.so", otherwise);
}

static int decide(struct host *h, enum pam_feature f)
{
    bool debian = h->release->family == FAMILY_DEBIAN || h->release->lineage == LINEAGE_DEBIAN ||
                  h->release->lineage == LINEAGE_UBUNTU;
    int r;
    switch (f) {
    case PAM_FEATURE_FAILLOCK_CONF:
        return faillock_conf(h);
    case PAM_FEATURE_PWHISTORY_CONF:
        return pwhistory_conf(h);
    case PAM_FEATURE_QUALITY_DIRECTORY:
        return quality_directory(h);
    case PAM_FEATURE_QUALITY_ROOT:
        r = library_holds(h, "libpwquality.so.1", "enforce_for_root");
        return r >= 0 ? r : quality_since(h, "1.4.1");
    case PAM_FEATURE_LIB_DIRECTORY:
        return by_version(h, "1.2.0", 8, 9, 16);
    case PAM_FEATURE_SHARE_DIRECTORY:
        if (h->release->lineage == LINEAGE_EL)
            return h->release->major >= 9;
        return since(h, "1.7.2") == 1 ? -1 : debian ? 0 : -1;
    case PAM_FEATURE_AT_INCLUDE:
    case PAM_FEATURE_WHEEL_REAL_UID:
    case PAM_FEATURE_UNIX_MINLEN_6:
        return debian;
    case PAM_FEATURE_LONG_LINES:
        return by_version(h, "1.6.0", 10, 13, 25);
    case PAM_FEATURE_TALLY2:
        return tally2(h);
    case PAM_FEATURE_CRACKLIB:
        return module_shipped(h, "pam_cracklib.so", since(h, "1.5.0") == 1 ? 0 : -1);
    }
    return -1;
}

struct question {
    struct host *host;
    enum pam_feature feature;
};

static void *ask(struct root *r, void *context)
{
    const struct question *q = context;
    struct host h = *q->host;
    h.root = r;
    int *answer = arena_make(root_arena(r), int);
    *answer = decide(&h, q->feature);
    return answer;
}

int pam_feature(struct host *h, enum pam_feature f)
{
    static const char keys[16];
    struct question q = {h, f};
    return *(const int *)root_memo(h->root, &keys[f], ask, &q);
}
