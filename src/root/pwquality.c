#include "root/pwquality.h"

#include <errno.h>
#ifndef DENGBAO_STATIC
#include <dlfcn.h>
#endif

#include "root/handle.h"

#ifdef DENGBAO_STATIC
int live_password_quality(struct root *r, const char *account, const char *password,
                          const char **ret_message)
{
    (void)r, (void)account, (void)password, (void)ret_message;
    return -EOPNOTSUPP;
}
#else

/* pwquality.h of libpwquality 1.1 and later; the header need not be installed. */
typedef struct pwquality_settings settings;
struct library {
    void *handle;
    settings *(*default_settings)(void);
    void (*free_settings)(settings *);
    int (*read_config)(settings *, const char *path, void **auxerror);
    int (*set_option)(settings *, const char *option);
    int (*check)(settings *, const char *password, const char *old, const char *user, void **aux);
    const char *(*strerror)(char *buf, size_t len, int code, void *aux);
};

static bool find(void *handle, const char *name, void *ret)
{
    void *symbol = dlsym(handle, name);
    memcpy(ret, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool open_library(struct library *l)
{
    l->handle = dlopen("libpwquality.so.1", RTLD_NOW | RTLD_LOCAL);
    return l->handle && find(l->handle, "pwquality_default_settings", &l->default_settings) &&
           find(l->handle, "pwquality_free_settings", &l->free_settings) &&
           find(l->handle, "pwquality_read_config", &l->read_config) &&
           find(l->handle, "pwquality_set_option", &l->set_option) &&
           find(l->handle, "pwquality_check", &l->check) &&
           find(l->handle, "pwquality_strerror", &l->strerror);
}

/* Without cracklib's dictionary the library refuses every password, whatever it is: that is said of
 * the system (rule password-complexity), not of the password. */
static bool has_dictionary(struct root *r)
{
    static const char *const paths[] = {"/var/cache/cracklib/cracklib_dict.pwd",
                                        "/usr/share/cracklib/pw_dict.pwd",
                                        "/usr/share/cracklib/pw_dict.pwd.gz"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (root_exists(r, paths[i]))
            return true;
    return false;
}

int live_password_quality(struct root *r, const char *account, const char *password,
                          const char **ret_message)
{
    struct library l = {0};
    char text[1024];
    void *aux = NULL;
    int result = -ENOENT;
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    settings *own = open_library(&l) ? l.default_settings() : NULL;
    if (own) {
        (void)l.read_config(own, NULL, &aux); /* its defaults stand in for a broken file */
        aux = NULL;
        if (!has_dictionary(r))
            (void)l.set_option(own, "dictcheck=0");
        int score = l.check(own, password, NULL, account, &aux);
        *ret_message =
            score < 0 ? arena_strdup(r->arena, l.strerror(text, sizeof text, score, aux)) : NULL;
        l.free_settings(own);
        result = 0;
    }
    if (l.handle)
        (void)dlclose(l.handle);
    return result;
}
#endif
