/* Options on a module's line, and the "name = value" files of pam_faillock, pam_pwhistory and
 * libpwquality. */
#include <errno.h>
#include <string.h>

#include "effective/pam_module.h"

bool pam_arg(const struct pam_handler *h, const char *name)
{
    return strings_find(&h->args, name) >= 0;
}

bool pam_arg_prefix(const struct pam_handler *h, const char *start)
{
    vec_each (arg, &h->args)
        if (cstr_starts(*arg, start))
            return true;
    return false;
}

const char *pam_arg_value(const struct pam_handler *h, const char *name)
{
    const char *value = NULL;
    vec_each (arg, &h->args)
        if (cstr_starts(*arg, name))
            value = *arg + strlen(name);
    return value;
}

bool pam_in_group(const struct strings *groups, const char *name)
{
    return strings_find(groups, name) >= 0;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* One line cut into name and value. libpwquality ends a name only at a blank ("minlen=12" is one
 * name before 1.4.0 …); pam_faillock also at "=". False: nothing on it. */
static bool cut_line(struct arena *a, struct str line, bool at_equals, const char **ret_name,
                     const char **ret_value)
{
    int nul = str_index(line, '\0'), hash;
    if (nul >= 0)
        line = str_slice(line, 0, (size_t)nul);
    hash = str_index(line, '#');
    if (hash >= 0)
        line = str_slice(line, 0, (size_t)hash);
    line = str_trim(line);
    if (line.n == 0)
        return false;
    size_t i = 0;
    bool equals = false;
    while (i < line.n && !is_space(line.p[i]) && !(at_equals && line.p[i] == '='))
        i++;
    *ret_name = arena_strndup(a, line.p, i);
    while (i < line.n && (is_space(line.p[i]) || (line.p[i] == '=' && !equals)))
        equals |= line.p[i++] == '=';
    *ret_value = arena_strndup(a, line.p + i, line.n - i);
    return true;
}

int pam_conf_read(struct host *h, const char *path, bool split_at_equals, pam_conf_line each,
                  void *context)
{
    struct str rest, line;
    int r = root_read(h->root, path, &rest);
    if (r < 0)
        return r;
    for (unsigned number = 1; str_next_line(&rest, &line); number++) {
        const char *name, *value;
        if (line.n > 1022) /* FAILLOCK_CONF_MAX_LINELEN, PWQSETTINGS_MAX_LINELEN */
            return -E2BIG;
        if (cut_line(h->arena, line, split_at_equals, &name, &value) &&
            !each(context, name, value, number))
            break;
    }
    return 0;
}
