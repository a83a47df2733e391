/*
 * Mandatory access control: SELinux (/etc/selinux/config, /sys/fs/selinux/enforce) or AppArmor
 * (/sys/module/apparmor/parameters/enabled). Reported for clause 8.1.4.2 g, not one of the 19
 * items.
 */
#include "resource/resource.h"

#include <errno.h>

static const struct key keys[] = {
    {"system",
     VALUE_WORD,
     "none",
     "selinux(8), apparmor(7)",
     {"selinux, apparmor or none", "selinux、apparmor 或 none"}},
    {"mode",
     VALUE_WORD,
     "disabled",
     "selinux(8)",
     {"enforcing, permissive or disabled", "enforcing、permissive 或 disabled"}},
    {0},
};

static struct str config_value(struct str rest, const char *name, unsigned *ret_line)
{
    struct str line, value = {0};
    for (unsigned n = 1; str_next_line(&rest, &line); n++) {
        struct str s = str_trim(line);
        if (!str_starts(s, name) || s.n <= strlen(name) || s.p[strlen(name)] != '=')
            continue;
        value = str_trim(str_slice(s, strlen(name) + 1, s.n));
        *ret_line = n;
    }
    return value;
}

static bool file_says(struct root *r, const char *path, const char *text)
{
    struct str bytes;
    return root_read(r, path, &bytes) == 0 && str_is_nocase(str_trim(bytes), text);
}

/* AppArmor confines nothing without a profile: aa-status(8) counts those of securityfs. */
static const char *apparmor_mode(struct host *h)
{
    struct str rest, line;
    const char *mode = "disabled";
    int r = root_read(h->root, "/sys/kernel/security/apparmor/profiles", &rest);
    if (r < 0) /* securityfs is not mounted or not for us */
        return NULL;
    while (str_next_line(&rest, &line)) {
        if (str_ends(line, "(enforce)") || str_ends(line, "(kill)"))
            return "enforcing";
        mode = "permissive";
    }
    return mode;
}

/* NULL: it cannot be told. */
static const char *running_mode(struct host *h)
{
    struct str bytes;
    if (root_read(h->root, "/sys/fs/selinux/enforce", &bytes) == 0)
        return str_is(str_trim(bytes), "1") ? "enforcing" : "permissive";
    if (file_says(h->root, "/sys/module/apparmor/parameters/enabled", "Y"))
        return apparmor_mode(h);
    return "disabled";
}

/* Which of the two decides in the kernel: selinuxfs is there only where SELinux is on. */
static const char *running_system(struct host *h)
{
    if (root_exists(h->root, "/sys/fs/selinux/enforce"))
        return "selinux";
    return file_says(h->root, "/sys/module/apparmor/parameters/enabled", "Y") ? "apparmor" : "none";
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    static const char selinux[] = "/etc/selinux/config";
    struct str bytes;
    unsigned line = 0;
    bool mode = cstr_eq(w->key_name, "mode");
    struct fact *f = NULL;
    int r = root_read(h->root, selinux, &bytes);
    if (r < 0 && r != -ENOENT && r != -ENOTDIR) {
        (void)facts_unknown(ret, NULL, root_error_text(h->root, selinux, r));
        return;
    }
    if (r == 0) {
        struct str value = config_value(bytes, "SELINUX", &line);
        const char *text = value.n ? str_dup(h->arena, value) : "permissive";
        f = facts_configured(ret, NULL, value_word(mode ? text : "selinux"));
        fact_add_where(ret, f, selinux, line);
    } else {
        bool apparmor = root_exists(h->root, "/etc/apparmor.d") &&
                        root_exists(h->root, "/lib/apparmor/rc.apparmor.functions");
        const char *text = apparmor ? mode ? "enforcing" : "apparmor" : mode ? "disabled" : "none";
        f = facts_configured(ret, NULL, value_word(text));
        fact_add_where(ret, f, apparmor ? "/etc/apparmor.d" : selinux, 0);
    }
    if (!root_is_live(h->root))
        return;
    const char *now = mode ? running_mode(h) : running_system(h);
    if (now)
        fact_set_running(f, value_word(now));
}

const struct resource resource_mac = {
    .name = "mac",
    .summary = {"SELinux or AppArmor", "SELinux 或 AppArmor"},
    .keys = keys,
    .observe = observe,
};
