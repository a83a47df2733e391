/* pam_umask(8): argument umask=, then UMASK of login.defs, then of /etc/default/login; then
 * usergroups; then umask= in the account's GECOS. */
#include "effective/shell_pam.h"

struct walk {
    struct host *host;
    const struct account *account;
    struct pam_mask *ret;
    unsigned mask; /* as it stands */
    unsigned depth;
};

static bool octal(struct str s, unsigned *ret)
{
    unsigned v = 0;
    size_t i = 0;
    s = str_trim(s);
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '7' && i < 8; i++)
        v = v * 8 + (unsigned)(s.p[i] - '0');
    *ret = v & 0777;
    return i > 0;
}

/* The last UMASK line of a "KEY value" file. */
static bool file_umask(struct walk *w, const char *path, unsigned *ret)
{
    struct str bytes, line, word;
    bool found = false;
    if (root_read(w->host->root, path, &bytes) < 0)
        return false;
    for (unsigned n = 1; str_next_line(&bytes, &line); n++) {
        line = str_trim(line);
        if (!str_starts(line, "UMASK") || line.n < 6 || !strchr(" \t=", line.p[5]))
            continue;
        struct str rest = str_slice(line, 5, line.n);
        while (rest.n && strchr(" \t=", rest.p[0]))
            rest = str_slice(rest, 1, rest.n);
        if (!str_next_word(&rest, &word) || !octal(word, ret))
            continue;
        w->ret->where = (struct where){path, n};
        found = true;
        break; /* pam_modutil_search_key stops at the first */
    }
    return found;
}

static bool private_group(struct walk *w)
{
    const struct accounts *accounts = root_accounts(w->host->root);
    const struct group *g = accounts_find_group(accounts, w->account->name);
    return w->account->uid != 0 && g && g->gid == w->account->gid;
}

enum built_in { BUILT_IN_NO, BUILT_IN_YES, BUILT_IN_UNKNOWN };

/* Debian compiles usergroups in since pam 1.5.3-1, so in 13; Ubuntu 24.04 is inferred only. */
static enum built_in usergroups_built_in(const struct release *r)
{
    if (r->lineage == LINEAGE_DEBIAN)
        return r->major >= 13 ? BUILT_IN_YES : BUILT_IN_NO;
    if (r->lineage == LINEAGE_UBUNTU)
        return r->major >= 24 ? BUILT_IN_UNKNOWN : BUILT_IN_NO;
    return BUILT_IN_NO;
}

static void gecos(struct walk *w)
{
    struct str rest = str_of(w->account->gecos), field;
    while (str_next_field(&rest, ',', &field))
        if (str_starts(field, "umask=") && octal(str_slice(field, 6, field.n), &w->mask)) {
            w->ret->set = true;
            w->ret->where = (struct where){"/etc/passwd", w->account->passwd_line};
        }
}

static void apply(struct walk *w, struct str args, const char *path, unsigned line)
{
    struct str word;
    unsigned mask;
    bool given = false;
    enum built_in groups = usergroups_built_in(w->host->release);
    w->ret->where = (struct where){path, line};
    while (str_next_word(&args, &word)) {
        if (str_starts(word, "umask=") && octal(str_slice(word, 6, word.n), &mask)) {
            w->mask = mask;
            given = true;
        } else if (str_is(word, "usergroups")) {
            groups = BUILT_IN_YES;
        } else if (str_is(word, "nousergroups")) {
            groups = BUILT_IN_NO;
        }
    }
    if (!given &&
        (file_umask(w, "/etc/login.defs", &mask) || file_umask(w, "/etc/default/login", &mask)))
        w->mask = mask;
    w->ret->set = true;
    w->ret->known = true;
    if (groups == BUILT_IN_UNKNOWN && private_group(w) &&
        ((w->mask & ~070U) | ((w->mask >> 3) & 070)) != w->mask) {
        w->ret->known = false;
        w->ret->why = TEXT("whether this release's pam_umask has usergroups built in is not known",
                           "此发行版的 pam_umask 是否内置 usergroups 未知");
    } else if (groups == BUILT_IN_YES && private_group(w)) {
        w->mask = (w->mask & ~070U) | ((w->mask >> 3) & 070);
    }
    gecos(w);
}

static void walk(struct walk *w, const char *service)
{
    const char *path = arena_printf(w->host->arena, "/etc/pam.d/%s", service);
    struct str bytes, line, type, control, module;
    if (w->depth >= 16 || root_read(w->host->root, path, &bytes) < 0)
        return;
    for (unsigned n = 1; str_next_line(&bytes, &line); n++) {
        int comment = str_index(line, '#');
        if (comment >= 0)
            line = str_slice(line, 0, (size_t)comment);
        struct str rest = str_trim(line);
        if (!str_next_word(&rest, &type))
            continue;
        if (str_is(type, "@include") && str_next_word(&rest, &module)) {
            w->depth++;
            walk(w, str_dup(w->host->arena, module));
            w->depth--;
            continue;
        }
        if (!str_is_nocase(type, "session") && !str_is_nocase(type, "-session"))
            continue;
        if (!str_next_word(&rest, &control))
            continue;
        while (control.p[0] == '[' && !str_ends(control, "]") && str_next_word(&rest, &module))
            if (str_ends(module, "]"))
                break;
        if (!str_next_word(&rest, &module))
            continue;
        if (str_is(control, "include") || str_is(control, "substack")) {
            w->depth++;
            walk(w, str_dup(w->host->arena, module));
            w->depth--;
        } else if (str_ends(module, "pam_umask.so")) {
            apply(w, rest, path, n);
        } else if (str_ends(module, "pam_env.so")) {
            w->ret->reads_environment = true;
        }
    }
}

void shell_pam_umask(struct host *h, const struct account *account, const char *service,
                     unsigned inherited, struct pam_mask *ret)
{
    struct walk w = {.host = h, .account = account, .ret = ret, .mask = inherited};
    *ret = (struct pam_mask){.known = true};
    walk(&w, service);
    ret->mask = w.mask;
}
