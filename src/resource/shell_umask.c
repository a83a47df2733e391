#include "resource/shell_umask.h"

#include <errno.h>

#include "resource/pam_edit.h"

#define PROFILE "dengbao-umask"

/* pam_umask takes UMASK of login.defs: one number for every session. */
static int set_login_defs(struct host *h, const struct want *w, struct changes *ret)
{
    const struct resource *defs = resource_find("logindefs");
    struct want umask = *w;
    umask.resource = "logindefs";
    umask.key_name = "UMASK";
    umask.key = resource_key(h->arena, defs, "UMASK");
    umask.args.n = 0;
    return defs->plan(h, &umask, ret);
}

static const struct pam_line *last_session(const struct pam_document *d, size_t *ret_at)
{
    const struct pam_line *last = NULL;
    for (size_t i = 0; i < d->lines.n; i++)
        if (pam_edit_is(&d->lines.v[i], PAM_GROUP_SESSION, NULL)) {
            last = &d->lines.v[i];
            *ret_at = i + 1;
        }
    return last;
}

/* Private groups do not loosen the mask: usergroups on the line goes, a built-in one (Debian since
 * pam 1.5.3) is switched off. umask= on the line would win over login.defs. */
static void correct(struct host *h, struct pam_document *d, size_t at)
{
    int order;
    pam_edit_drop_option(h->arena, d, at, "usergroups");
    pam_edit_drop_option(h->arena, d, at, "umask");
    if (pam_feature(h, PAM_FEATURE_AT_INCLUDE) == 1 && pam_version_compare(h, "1.5.3", &order) &&
        order >= 0)
        pam_edit_set_option(h->arena, d, at, "nousergroups", "nousergroups");
}

/* *ret_added: the line is new. */
static int edit_stack(struct host *h, const char *path, bool *ret_added)
{
    struct pam_document *d;
    size_t at = 0;
    int r = pam_edit_load(h, path, &d);
    if (r < 0)
        return r;
    bool there = false;
    for (size_t i = 0; i < d->lines.n; i++)
        if (pam_edit_is(&d->lines.v[i], PAM_GROUP_SESSION, "pam_umask.so")) {
            correct(h, d, i);
            there = true;
        }
    const struct pam_line *like = there ? NULL : last_session(d, &at);
    if (like) {
        const char *tail = pam_edit_is_managed(h, path) ? "pam_umask.so " : "pam_umask.so";
        bool tab = memchr(like->raw.p, '\t', like->raw.n) != NULL;
        pam_insert(h->arena, d, at,
                   tab ? arena_printf(h->arena, "session\toptional\t%s", tail)
                       : pam_edit_like(h->arena, like, "session", "optional", tail));
    }
    *ret_added = like != NULL;
    return pam_edit_store(h, path, d);
}

static int debian(struct host *h)
{
    static const char *const types[] = {"session", "session-noninteractive"};
    bool added = false, managed = false;
    int r = 0;
    for (size_t i = 0; r == 0 && i < 2; i++) {
        bool fresh = false;
        const char *path = arena_printf(h->arena, "/etc/pam.d/common-%s", types[i]);
        r = edit_stack(h, path, &fresh);
        if (r == -ENOENT && i == 1)
            return 0;
        if (r == 0 && fresh && pam_edit_is_managed(h, path)) {
            r = pam_profile_record(h, types[i], PROFILE, "optional\tpam_umask.so", NULL);
            managed = true;
        }
        added = added || fresh;
    }
    if (r == 0 && added && managed)
        r = pam_profile_write(h, PROFILE,
                              "Name: umask of every session from login.defs\nDefault: yes\n"
                              "Priority: -1\nSession-Type: Additional\n"
                              "Session:\n\toptional\tpam_umask.so\n");
    return r;
}

int shell_umask_plan(struct host *h, const struct want *w, struct changes *ret)
{
    enum pam_presence presence;
    int r = set_login_defs(h, w, ret);
    if (r < 0 || pam_feature(h, PAM_FEATURE_AT_INCLUDE) != 1)
        return r;
    (void)pam_module_file(h, "pam_umask.so", &presence);
    return presence == PAM_MISSING ? -ENOENT : debian(h);
}
