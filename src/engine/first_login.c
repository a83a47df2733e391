#include "engine/first_login.h"

#include "access/access.h"

/* Keys and passwords that come from the cloud a little later in the boot. */
static bool accounts_may_come(struct host *h)
{
    static const char *const makers[] = {"/usr/bin/cloud-init", "/usr/bin/ignition",
                                         "/usr/lib/dracut/modules.d/30ignition"};
    struct str nsswitch, line;
    if (root_exists(h->root, makers[0]) && !root_exists(h->root, "/etc/cloud/cloud-init.disabled"))
        return true;
    if (root_exists(h->root, makers[1]) || root_exists(h->root, makers[2]))
        return true;
    if (root_read(h->root, "/etc/nsswitch.conf", &nsswitch) < 0)
        return false;
    while (str_next_line(&nsswitch, &line)) {
        struct str word;
        if (!str_next_word(&line, &word) || !str_is(word, "passwd:"))
            continue;
        while (str_next_word(&line, &word))
            if (!str_is(word, "files") && !str_is(word, "compat") && !str_is(word, "systemd"))
                return true; /* a directory has accounts that we do not see */
    }
    return false;
}

enum first_login first_login(struct host *h)
{
    struct access access;
    if (root_exists(h->root, SETUP_DONE_PATH))
        return FIRST_LOGIN_DONE;
    if (!root_is_live(h->root) || accounts_may_come(h) || access_table(h, NULL, &access) < 0 ||
        access.unknown.en)
        return FIRST_LOGIN_HINT;
    for (size_t i = 0; i < access.accounts.n; i++)
        if (access_in(&access.accounts.v[i], ACCESS_BY_SSH | ACCESS_BY_CONSOLE) != ACCESS_NO)
            return FIRST_LOGIN_HINT;
    return FIRST_LOGIN_SETUP;
}
