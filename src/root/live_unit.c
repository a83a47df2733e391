/*
 * systemd's own view. One run of systemctl answers for every loaded unit; a unit that is not loaded
 * but has a file is asked for by itself (that makes systemd load it), once.
 */
#include "root/live.h"

#include <errno.h>

#include "base/cleanup.h"
#include "root/run.h"

/* One bus call a unit: slow on a busy host. With a manager that hangs systemctl ends after 25 s. */
enum { TIMEOUT_MS = 60000 };
static const char properties[] = "--property=Id,Names,LoadState,ActiveState,SubState,UnitFileState";

struct named {
    const char *name;
    const struct unit_state *state;
};

struct units {
    int code;
    struct {
        struct named *v;
        size_t n, cap;
    } loaded; /* by name, sorted; a unit stands under each of its names */
    struct {
        struct named *v;
        size_t n, cap;
    } asked;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static bool take_property(struct arena *a, struct str line, const char *name, const char **ret)
{
    size_t n = strlen(name);
    if (!str_starts(line, name) || line.n <= n || line.p[n] != '=')
        return false;
    *ret = str_dup(a, str_slice(line, n + 1, line.n));
    return true;
}

/* Blocks of "Property=value" lines with an empty line between. */
static void read_units(struct arena *a, struct str out, struct units *u)
{
    while (out.n) {
        struct unit_state *s = arena_make(a, struct unit_state);
        *s = (struct unit_state){"", "", "", ""};
        const char *id = NULL, *names = NULL;
        struct str line, name;
        while (str_next_line(&out, &line) && line.n)
            (void)(take_property(a, line, "Id", &id) || take_property(a, line, "Names", &names) ||
                   take_property(a, line, "LoadState", &s->load) ||
                   take_property(a, line, "ActiveState", &s->active) ||
                   take_property(a, line, "SubState", &s->sub) ||
                   take_property(a, line, "UnitFileState", &s->file));
        struct str rest = str_of(names ? names : id);
        while (str_next_word(&rest, &name)) {
            struct named n = {str_dup(a, name), s};
            vec_push(a, &u->loaded, n);
        }
    }
    if (u->loaded.n > 1)
        qsort(u->loaded.v, u->loaded.n, sizeof *u->loaded.v, by_name);
}

static int show(struct root *r, const char *unit, struct str *ret)
{
    const char *program =
        root_exists(r, "/usr/bin/systemctl") ? "/usr/bin/systemctl" : "/bin/systemctl";
    const char *argv[] = {program, "show", "--no-pager", "--all", properties, "--", unit, NULL};
    struct run_result result = {0};
    int code = root_run(r, argv, TIMEOUT_MS, &result);
    if (code == 0 && result.status != 0)
        code = -EIO; /* the manager does not answer */
    if (code == 0)
        *ret = result.out;
    return code;
}

static void *make(struct root *r, void *context)
{
    (void)context;
    struct units *u = arena_make(root_arena(r), struct units);
    struct str out = {0};
    /* sd_booted(3) */
    u->code = root_exists(r, "/run/systemd/system") ? show(r, "*", &out) : -ENOSYS;
    if (u->code == 0)
        read_units(root_arena(r), out, u);
    return u;
}

static int ask(struct root *r, struct units *u, const char *unit, struct unit_state *ret)
{
    struct units one = {0};
    struct str out = {0};
    vec_each (known, &u->asked)
        if (cstr_eq(known->name, unit)) {
            *ret = *known->state;
            return 0;
        }
    int code = show(r, unit, &out);
    if (code < 0)
        return code;
    read_units(root_arena(r), out, &one);
    if (one.loaded.n == 0)
        return -EIO;
    struct named answer = {arena_strdup(root_arena(r), unit), one.loaded.v[0].state};
    vec_push(root_arena(r), &u->asked, answer);
    *ret = *answer.state;
    return 0;
}

int live_unit(struct root *r, const char *unit, struct unit_state *ret)
{
    static const char key;
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    if (unit[0] == '\0' || unit[strcspn(unit, "*?[")])
        return -EINVAL; /* a pattern would be answered for many */
    struct units *u = root_memo(r, &key, make, NULL);
    if (u->code < 0)
        return u->code;
    struct named wanted = {unit, NULL};
    const struct named *found =
        u->loaded.n ? bsearch(&wanted, u->loaded.v, u->loaded.n, sizeof *u->loaded.v, by_name)
                    : NULL;
    if (!found)
        return ask(r, u, unit, ret);
    *ret = *found->state;
    return 0;
}
