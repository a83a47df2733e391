/* Command names and arguments of sudoers against a command line (sudo's match_command.c). */
#include "effective/sudo_match.h"

#include <fnmatch.h>
#include <regex.h>

static bool is_regex(const char *s)
{
    size_t n = strlen(s);
    return n > 1 && s[0] == '^' && s[n - 1] == '$';
}

static bool has_wildcard(const char *s)
{
    return strpbrk(s, "*?[]\\") != NULL;
}

static bool matches_regex(const char *pattern, const char *s)
{
    regex_t r;
    /* sudo refuses longer ones as well (1024 bytes); regcomp's cost grows with the pattern. */
    if (strlen(pattern) > 1024)
        return false;
    bool fold = cstr_starts(pattern, "^(?i)");
    char plain[1032];
    (void)snprintf(plain, sizeof plain, "%s%s", fold ? "^" : "", fold ? pattern + 5 : pattern);
    if (regcomp(&r, plain, REG_EXTENDED | REG_NOSUB | (fold ? REG_ICASE : 0)) != 0)
        return false;
    bool match = regexec(&r, s, 0, NULL, 0) == 0;
    regfree(&r);
    return match;
}

static bool args_match(const struct sudo_conf *conf, const struct sudoers_member *m,
                       const char *args, bool edit)
{
    if (!m->args)
        return true;
    if (cstr_eq(m->args, "\"\""))
        return !args;
    if (conf->syntax.regex && is_regex(m->args))
        return matches_regex(m->args, args ? args : "");
    return fnmatch(m->args, args ? args : "", edit ? FNM_PATHNAME : 0) == 0;
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool same_file(struct root *root, const char *a, const char *b)
{
    struct file_info one, two;
    if (cstr_eq(a, b))
        return true;
    if (!cstr_eq(base(a), base(b)))
        return false;
    return root_stat(root, a, &one) == 0 && root_stat(root, b, &two) == 0 && one.dev == two.dev &&
           one.ino == two.ino;
}

/* "/usr/bin/" covers what lies in that directory, not below it. */
static bool in_directory(struct root *root, const char *directory, const char *path)
{
    struct file_info one, two;
    size_t n = (size_t)(base(path) - path);
    if (strlen(directory) == n && strncmp(directory, path, n) == 0)
        return true;
    char *candidate = arena_printf(root_arena(root), "%s%s", directory, base(path));
    return root_stat(root, candidate, &one) == 0 && root_stat(root, path, &two) == 0 &&
           one.dev == two.dev && one.ino == two.ino;
}

/* sudo expands the pattern and compares the files it finds, so that /bin/l* covers /usr/bin/ls
 * where /bin is a link. Where only the last part is a pattern no directory needs to be read. */
static bool matches_glob(struct root *root, const char *pattern, const char *path)
{
    const char *last = base(path);
    size_t n = (size_t)(base(pattern) - pattern);
    char *directory = arena_strndup(root_arena(root), pattern, n);
    struct strings found = {0};
    if (fnmatch(pattern, path, FNM_PATHNAME) == 0)
        return true;
    if (!has_wildcard(directory)) {
        const char *candidate = arena_printf(root_arena(root), "%s%s", directory, last);
        return fnmatch(pattern, candidate, FNM_PATHNAME) == 0 && same_file(root, candidate, path);
    }
    (void)root_glob(root, pattern, &found);
    for (size_t i = 0; i < found.n; i++)
        if (same_file(root, found.v[i], path))
            return true;
    return false;
}

bool sudo_command_covers(const struct sudo_conf *conf, const struct sudoers_member *m,
                         const char *path, const char *args)
{
    struct root *root = conf->host->root;
    size_t n = strlen(m->name);
    if (conf->syntax.regex && is_regex(m->name))
        return path[0] == '/' && matches_regex(m->name, path) && args_match(conf, m, args, false);
    if (m->name[0] != '/') /* sudoedit, list */
        return cstr_eq(m->name, path) && args_match(conf, m, args, cstr_eq(path, "sudoedit"));
    if (path[0] != '/')
        return false;
    if (n && m->name[n - 1] == '/')
        return in_directory(root, m->name, path);
    bool named =
        has_wildcard(m->name) ? matches_glob(root, m->name, path) : same_file(root, m->name, path);
    return named && args_match(conf, m, args, false);
}
