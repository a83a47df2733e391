#include "effective/logrotate.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/conf_files.h"
#include "format/logrotate.h"
#include "root/accounts.h"

enum { INCLUDE_DEPTH = 16, CLAIMED_MAX = 4000, GLOBS_MAX = 4000 };

struct reader {
    struct host *host;
    const char *path;
    bool path_exists;
    struct log_rotation global, found;
    struct strings claimed; /* files of stanzas so far: a log belongs to the first that names it */
    struct strings taboo;   /* patterns of names that a directory's include leaves out */
    bool has, duplicates_ignored;
    unsigned globs; /* a hostile file must not make us list directories for ever */
    int error;
    const char *error_path;
};

/* What a mistake costs (logrotate 3.21 -d): nothing, the stanza, or the rest of the file. */
enum taken { TAKEN, STANZA_LOST, FILE_LOST };

static bool number(const char *value, int64_t least)
{
    char *end;
    errno = 0;
    long long n = strtoll(value, &end, 0);
    return !*value || (end != value && !*end && errno == 0 && n >= least);
}

/* "100", "1k", "3M", "1G" */
static bool size(const char *value)
{
    size_t digits = strspn(value, "0123456789");
    return value[digits] == '\0' || (strchr("kMG", value[digits]) && value[digits + 1] == '\0');
}

static bool known_account(struct reader *r, const char *user, const char *group)
{
    const struct accounts *a = root_accounts(r->host->root);
    return (!user || accounts_find(a, user)) && (!group || accounts_find_group(a, group));
}

/* "create [MODE] [USER [GROUP]]", "su USER GROUP": names that do not exist are mistakes. */
static bool owners(struct reader *r, const char *name, const char *value)
{
    struct str rest = str_of(value), word;
    const char *words[4] = {NULL};
    size_t n = 0;
    while (n < 4 && str_next_word(&rest, &word))
        words[n++] = str_dup(r->host->arena, word);
    if (cstr_eq(name, "su"))
        return n == 2 && known_account(r, words[0], words[1]);
    size_t from = n && strspn(words[0], "01234567") == strlen(words[0]) ? 1 : 0; /* a mode */
    return n <= 3 &&
           known_account(r, n > from ? words[from] : NULL, n > from + 1 ? words[from + 1] : NULL);
}

static bool value_is_good(struct reader *r, const char *name, const char *value)
{
    static const char *const counts[] = {"maxage", "minage", "start", "shredcycles"};
    static const char *const sizes[] = {"size", "minsize", "maxsize"};
    if (cstr_eq(name, "rotate"))
        return number(value, -1);
    if (cstr_eq(name, "su") || cstr_eq(name, "create"))
        return owners(r, name, value);
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
        if (cstr_eq(name, counts[i]))
            return number(value, 0);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        if (cstr_eq(name, sizes[i]))
            return size(value);
    return true;
}

static enum taken apply(struct reader *r, struct log_rotation *to, const char *name,
                        const char *value)
{
    static const struct {
        const char *name;
        enum log_period period;
    } periods[] = {{"hourly", LOG_HOURLY},   {"daily", LOG_DAILY},   {"weekly", LOG_WEEKLY},
                   {"monthly", LOG_MONTHLY}, {"yearly", LOG_YEARLY}, {"size", LOG_BY_SIZE}};
    if (cstr_eq(name, "rotate") && strtoll(value, NULL, 0) >= 0 &&
        *value) /* even where it then errs */
        to->count = strtoll(value, NULL, 0);
    if (!value_is_good(r, name, value))
        return STANZA_LOST;
    if (cstr_eq(name, "weekly") && *value && (*value < '0' || *value > '7' || value[1]))
        return FILE_LOST;
    for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
        if (cstr_eq(name, periods[i].name) &&
            (to->period != LOG_BY_SIZE || i + 1 < ARRAY_SIZE(periods) || *value))
            to->period = periods[i].period;
    if (cstr_eq(name, "rotate") && *value == '-')
        to->count = -1;
    else if (cstr_eq(name, "maxage") && *value)
        to->max_age = strtoll(value, NULL, 0);
    else if (cstr_eq(name, "maxsize") && *value)
        to->max_size = true;
    else if (cstr_eq(name, "olddir") && *value)
        to->old_directory = value;
    else if (cstr_eq(name, "noolddir"))
        to->old_directory = NULL;
    else if (cstr_eq(name, "createolddir") || cstr_eq(name, "nocreateolddir"))
        to->creates_directory = *name == 'c';
    else if (cstr_eq(name, "compress") || cstr_eq(name, "nocompress"))
        to->compress = *name == 'c';
    return TAKEN;
}

/* The files of a stanza, glob(3) by glob(3). A log that another stanza has already is a mistake,
 * and what that pattern names after it is not taken either. */
static bool claim(struct reader *r, const struct strings *patterns)
{
    bool ours = false;
    for (size_t i = 0; i < patterns->n; i++) {
        struct strings files = {0};
        const char *pattern = patterns->v[i];
        if (r->globs++ < GLOBS_MAX)
            (void)root_glob(r->host->root, pattern, &files);
        if (!files.n && !strpbrk(pattern, "*?["))
            strings_add(r->host->arena, &files, pattern);
        if (!r->path_exists && fnmatch(pattern, r->path, FNM_PATHNAME | FNM_PERIOD) == 0 &&
            strings_find(&files, r->path) < 0)
            strings_add(r->host->arena, &files, r->path);
        for (size_t k = 0; k < files.n; k++) {
            bool taken = strings_find(&r->claimed, files.v[k]) >= 0;
            if (taken && !r->duplicates_ignored)
                break;
            if (taken || r->claimed.n >= CLAIMED_MAX)
                continue;
            strings_add(r->host->arena, &r->claimed, files.v[k]);
            ours = ours || cstr_eq(files.v[k], r->path);
        }
    }
    return ours;
}

/* "olddir DIR": one that is not there, or is not made, costs the stanza and the rest of the file.
 */
static bool directory_is_there(struct reader *r, const struct log_rotation *c,
                               const struct strings *paths)
{
    struct file_info info;
    if (!c->old_directory || c->creates_directory)
        return true;
    const char *directory = c->old_directory;
    if (*directory != '/') {
        const char *slash = paths->n ? strrchr(paths->v[0], '/') : NULL;
        directory = arena_printf(r->host->arena, "%.*s/%s", slash ? (int)(slash - paths->v[0]) : 0,
                                 slash ? paths->v[0] : "", directory);
    }
    return root_stat(r->host->root, directory, &info) == 0 && S_ISDIR(info.mode);
}

static bool read_file(struct reader *r, const char *file, unsigned depth);

/* Editors' and package managers' leftovers are not read: logrotate's default taboo list. */
static void default_taboo(struct reader *r)
{
    static const char *const ends[] = {
        ",v",         ".bak",      ".cfsaved",  ".disabled",      ".dpkg-bak", ".dpkg-del",
        ".dpkg-dist", ".dpkg-new", ".dpkg-old", ".rhn-cfg-tmp-*", ".rpmnew",   ".rpmorig",
        ".rpmsave",   ".swp",      ".ucf-dist", ".ucf-new",       ".ucf-old",  "~"};
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        strings_add(r->host->arena, &r->taboo, arena_printf(r->host->arena, "*%s", ends[i]));
}

/* tabooext, taboopat: "+" adds to the list, else it is replaced. */
static void change_taboo(struct reader *r, const char *value, const char *before)
{
    struct arena *a = r->host->arena;
    value += strspn(value, " \t");
    if (!*value)
        return; /* "argument expected": the list stays */
    if (*value == '+')
        value++;
    else
        r->taboo = (struct strings){0};
    while (*(value += strspn(value, " \t,"))) {
        size_t n = strcspn(value, " \t,");
        strings_add(a, &r->taboo, arena_printf(a, "%s%.*s", before, (int)n, value));
        value += n;
    }
}

static bool is_taboo(const struct reader *r, const char *name)
{
    for (size_t i = 0; i < r->taboo.n; i++)
        if (fnmatch(r->taboo.v[i], name, FNM_PERIOD) == 0)
            return true;
    return false;
}

/* A file with a mistake leaves the stanzas that were right, and takes its global options along. */
static void include_file(struct reader *r, const char *file, unsigned depth)
{
    struct log_rotation before = r->global;
    if (!read_file(r, file, depth))
        r->global = before;
}

static void include(struct reader *r, const char *what, unsigned depth)
{
    struct arena *a = r->host->arena;
    struct strings names = {0};
    if (depth >= INCLUDE_DEPTH)
        return;
    int e = root_list(r->host->root, what, &names);
    if (e == -ENOTDIR) {
        include_file(r, what, depth + 1);
        return;
    }
    if (e < 0 && !r->error) {
        r->error = e == -ENOENT ? 0 : e;
        r->error_path = what;
    }
    for (size_t i = 0; e == 0 && i < names.n; i++)
        if (!is_taboo(r, names.v[i]))
            include_file(r, arena_printf(a, "%s/%s", what, names.v[i]), depth + 1);
}

struct stanza {
    bool open, lost, ours;
    size_t claimed; /* before it */
    struct strings paths;
    struct log_rotation rotation;
};

/* A stanza that is lost leaves its logs to others. */
static void close_stanza(struct reader *r, struct stanza *s)
{
    if (s->open && s->lost)
        r->claimed.n = s->claimed;
    if (s->open && !s->lost && s->ours) {
        r->found = s->rotation;
        r->has = true;
    }
    *s = (struct stanza){0};
}

static void open_stanza(struct reader *r, struct stanza *s, const char *file,
                        const struct logrotate_line *l)
{
    s->open = true;
    s->paths = l->paths;
    s->claimed = r->claimed.n;
    s->ours = claim(r, &l->paths);
    s->rotation = r->global;
    s->rotation.where = (struct where){file, l->line};
}

/* A directive outside of stanzas; false: the rest of the file is lost. */
static bool take_global(struct reader *r, const struct logrotate_line *l, unsigned depth)
{
    if (cstr_eq(l->name, "include"))
        include(r, l->value, depth);
    else if (cstr_eq(l->name, "tabooext"))
        change_taboo(r, l->value, "*");
    else if (cstr_eq(l->name, "taboopat"))
        change_taboo(r, l->value, "");
    else if (cstr_eq(l->name, "ignoreduplicates"))
        r->duplicates_ignored = true;
    return apply(r, &r->global, l->name, l->value) == TAKEN;
}

/* One line; false: logrotate reads no further in this file. */
static bool take_line(struct reader *r, struct stanza *s, const char *file,
                      const struct logrotate_line *l, unsigned depth, bool *ret_mistake)
{
    enum taken taken = TAKEN;
    if (l->kind == LOGROTATE_OPEN && s->open) { /* "unexpected log filename": to the next brace */
        s->lost = *ret_mistake = true;
    } else if (l->kind == LOGROTATE_OPEN) {
        open_stanza(r, s, file, l);
    } else if (l->kind == LOGROTATE_CLOSE && s->lost && !(l->raw.n && *l->raw.p == '}')) {
        return true; /* while it skips, logrotate sees a brace at the start of a line only */
    } else if (l->kind == LOGROTATE_CLOSE) {
        bool lost = s->open && !s->lost && r->claimed.n > s->claimed &&
                    !directory_is_there(r, &s->rotation, &s->paths);
        s->lost = s->lost || lost;
        bool stray = !s->open;
        close_stanza(r, s);
        return !lost && !stray;
    } else if (l->kind == LOGROTATE_DIRECTIVE && s->open) {
        taken = s->lost ? TAKEN : apply(r, &s->rotation, l->name, l->value);
        s->lost = s->lost || taken != TAKEN;
        *ret_mistake = *ret_mistake || taken != TAKEN;
    } else if (l->kind == LOGROTATE_DIRECTIVE) {
        return take_global(r, l, depth);
    }
    return taken != FILE_LOST;
}

/* false: with a mistake */
static bool read_file(struct reader *r, const char *file, unsigned depth)
{
    struct str bytes;
    struct logrotate_doc d;
    struct stanza stanza = {0};
    bool mistake = false;
    int e = root_read(r->host->root, file, &bytes);
    if (e < 0) {
        if (!r->error && e != -EISDIR && e != -ENOENT) {
            r->error = e;
            r->error_path = file;
        }
        return true;
    }
    logrotate_parse(r->host->arena, bytes, &d);
    for (size_t i = 0; i < d.lines.n; i++)
        if (!take_line(r, &stanza, file, &d.lines.v[i], depth, &mistake)) {
            close_stanza(r, &stanza);
            return false;
        }
    stanza.lost = false;
    close_stanza(r, &stanza); /* one that is not closed counts, with what it had */
    return !mistake;
}

int log_rotation(struct host *h, const char *path, struct log_rotation *ret, struct err *e)
{
    struct reader r = {.host = h, .path = path};
    r.global.period = LOG_BY_SIZE; /* without a period: size 1M (logrotate's built-in) */
    r.path_exists = root_exists(h->root, path);
    default_taboo(&r);
    (void)read_file(&r, "/etc/logrotate.conf", 0);
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
