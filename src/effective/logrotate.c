#include "effective/logrotate.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/conf_files.h"
#include "format/logrotate.h"

enum { INCLUDE_DEPTH = 16 };

struct reader {
    struct host *host;
    const char *path;
    struct log_rotation global, found;
    bool has;
    int error;
    const char *error_path;
};

static void apply(struct log_rotation *r, const char *name, const char *value)
{
    static const struct {
        const char *name;
        enum log_period period;
    } periods[] = {{"hourly", LOG_HOURLY},   {"daily", LOG_DAILY},   {"weekly", LOG_WEEKLY},
                   {"monthly", LOG_MONTHLY}, {"yearly", LOG_YEARLY}, {"size", LOG_BY_SIZE}};
    int64_t n = 0;
    bool number = str_to_int64(str_of(value), 10, &n) == 0;
    for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
        if (strcmp(name, periods[i].name) == 0)
            r->period = periods[i].period;
    if (strcmp(name, "rotate") == 0 && number)
        r->count = n < 0 ? -1 : n;
    else if (strcmp(name, "maxage") == 0 && number)
        r->max_age = n;
    else if (strcmp(name, "maxsize") == 0)
        r->max_size = true;
    else if (strcmp(name, "compress") == 0)
        r->compress = true;
    else if (strcmp(name, "nocompress") == 0)
        r->compress = false;
}

static bool names_log(const struct strings *paths, const char *path)
{
    for (size_t i = 0; i < paths->n; i++)
        if (fnmatch(paths->v[i], path, FNM_PATHNAME | FNM_PERIOD) == 0)
            return true;
    return false;
}

static void read_file(struct reader *r, const char *file, unsigned depth);

/* Editors' and package managers' leftovers are not read: logrotate's default taboo list. */
static bool is_taboo(const char *name)
{
    static const char *const ends[] = {
        ",v",         ".bak",      ".cfsaved",  ".disabled", ".dpkg-bak",     ".dpkg-del",
        ".dpkg-dist", ".dpkg-new", ".dpkg-old", ".dpkg-tmp", ".rhn-cfg-tmp-", ".rpmnew",
        ".rpmorig",   ".rpmsave",  ".swp",      ".ucf-dist", ".ucf-new",      ".ucf-old",
        "~"};
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (cstr_ends(name, ends[i]))
            return true;
    return name[0] == '.';
}

static void include(struct reader *r, const char *what, unsigned depth)
{
    struct arena *a = r->host->arena;
    struct strings names = {0};
    if (depth >= INCLUDE_DEPTH)
        return;
    int e = root_list(r->host->root, what, &names);
    if (e == -ENOTDIR) {
        read_file(r, what, depth + 1);
        return;
    }
    if (e < 0 && !r->error) {
        r->error = e == -ENOENT ? 0 : e;
        r->error_path = what;
    }
    for (size_t i = 0; e == 0 && i < names.n; i++)
        if (!is_taboo(names.v[i]))
            read_file(r, arena_printf(a, "%s/%s", what, names.v[i]), depth + 1);
}

static void read_file(struct reader *r, const char *file, unsigned depth)
{
    struct str bytes;
    struct logrotate_doc d;
    int e = root_read(r->host->root, file, &bytes);
    if (e < 0) {
        if (!r->error && e != -EISDIR && e != -ENOENT) {
            r->error = e;
            r->error_path = file;
        }
        return;
    }
    logrotate_parse(r->host->arena, bytes, &d);
    bool inside = false, ours = false;
    struct log_rotation current = {0};
    for (size_t i = 0; i < d.lines.n; i++) {
        const struct logrotate_line *l = &d.lines.v[i];
        if (l->kind == LOGROTATE_OPEN) {
            inside = true;
            /* The first stanza that names a log has it; logrotate refuses a second one. */
            ours = !r->has && names_log(&l->paths, r->path);
            current = r->global;
            current.where = (struct where){file, l->line};
        } else if (l->kind == LOGROTATE_CLOSE) {
            if (ours) {
                r->found = current;
                r->has = true;
            }
            inside = ours = false;
        } else if (l->kind == LOGROTATE_DIRECTIVE && inside) {
            apply(&current, l->name, l->value);
        } else if (l->kind == LOGROTATE_DIRECTIVE) {
            if (strcmp(l->name, "include") == 0)
                include(r, l->value, depth);
            apply(&r->global, l->name, l->value);
        }
    }
}

int log_rotation(struct host *h, const char *path, struct log_rotation *ret, struct err *e)
{
    struct reader r = {.host = h, .path = path};
    r.global.period = LOG_BY_SIZE; /* without a period: size 1M (logrotate's built-in) */
    read_file(&r, "/etc/logrotate.conf", 0);
    if (r.error)
        return file_failed(h->root, e, r.error_path, r.error);
    if (!r.has)
        return -ENOENT;
    *ret = r.found;
    return 0;
}

int64_t log_retention_days(const struct log_rotation *r)
{
    static const int64_t days[] = {
        [LOG_DAILY] = 1, [LOG_WEEKLY] = 7, [LOG_MONTHLY] = 30, [LOG_YEARLY] = 365};
    if (r->count < 0)
        return r->max_age > 0 ? r->max_age : -1;
    if (r->period == LOG_BY_SIZE || r->max_size)
        return -2;
    int64_t kept = 0;
    if (r->period == LOG_HOURLY)
        kept = r->count / 24;
    else if (__builtin_mul_overflow(r->count, days[r->period], &kept))
        kept = INT64_MAX / 2;
    return r->max_age > 0 && r->max_age < kept ? r->max_age : kept;
}
