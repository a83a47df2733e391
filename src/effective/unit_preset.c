/* Presets: the first line that fits decides, nothing means enable (systemd.preset(5)). */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/conf_files.h"
#include "effective/unit_files.h"

static bool line_decides(struct arena *a, struct str line, const char *name, enum unit_preset *ret)
{
    static const struct {
        const char *word;
        enum unit_preset preset;
    } verbs[] = {{"enable", PRESET_ENABLE}, {"disable", PRESET_DISABLE}, {"ignore", PRESET_IGNORE}};
    struct str rest = line, verb, pattern;
    if (!str_next_word(&rest, &verb) || !str_next_word(&rest, &pattern))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (!str_is(verb, verbs[i].word))
            continue;
        const char *glob = str_dup(a, str_trim(pattern));
        /* "enable foo@.service a b": the template with these instances */
        bool fits = fnmatch(glob, name, FNM_NOESCAPE) == 0;
        struct str instance;
        while (!fits && verbs[i].preset == PRESET_ENABLE && str_next_word(&rest, &instance))
            fits =
                strcmp(unit_name_with_instance(a, glob, str_dup(a, str_trim(instance))), name) == 0;
        if (fits)
            *ret = verbs[i].preset;
        return fits;
    }
    return false;
}

enum unit_preset unit_preset(struct host *h, const char *name, struct where *ret_where)
{
    static const char *const dirs[] = {
        "/etc/systemd/system-preset",           "/run/systemd/system-preset",
        "/usr/local/lib/systemd/system-preset", "/usr/lib/systemd/system-preset",
        "/lib/systemd/system-preset",           NULL};
    const char *full = unit_full_name(h->arena, name);
    struct strings files = {0};
    conf_files(h->root, dirs, ".preset", &files);
    *ret_where = (struct where){0};
    for (size_t i = 0; i < files.n; i++) {
        struct str rest, line;
        if (root_read(h->root, files.v[i], &rest) < 0)
            continue;
        for (unsigned n = 1; str_next_line(&rest, &line); n++) {
            enum unit_preset preset = PRESET_ENABLE;
            line = str_trim(line);
            if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';' ||
                !line_decides(h->arena, line, full, &preset))
                continue;
            *ret_where = (struct where){files.v[i], n};
            return preset;
        }
    }
    return PRESET_ENABLE;
}
