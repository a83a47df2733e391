#include "effective/timesync.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/conf_files.h"
#include "effective/unit.h"
#include "format/unit.h"

enum { INCLUDE_DEPTH = 8 };

static int read_sources(struct host *h, const char *path, struct timesync *t, unsigned depth,
                        struct err *e);

/* `sourcedir` and `confdir` of chrony.conf(5): files of one suffix in several directories. */
static int read_dirs(struct host *h, struct str value, const char *suffix, struct timesync *t,
                     unsigned depth, struct err *e)
{
    const char *dirs[11] = {0};
    struct strings files = {0};
    struct str word;
    for (size_t i = 0; i < 10 && str_next_word(&value, &word); i++)
        dirs[i] = str_dup(h->arena, str_trim(word));
    int r = conf_files(h->root, dirs, suffix, &files);
    for (size_t i = 0; r == 0 && i < files.n; i++)
        r = read_sources(h, files.v[i], t, depth + 1, e);
    return r;
}

/* chrony.conf and ntp.conf have the same words for where the time comes from. */
static int read_sources(struct host *h, const char *path, struct timesync *t, unsigned depth,
                        struct err *e)
{
    static const char *const words[] = {"server", "pool", "peer", "refclock"};
    struct str rest, line, word, value;
    int r = root_read(h->root, path, &rest);
    if (r < 0)
        return r == -ENOENT ? 0 : file_failed(h->root, e, path, r);
    for (unsigned n = 1; r == 0 && str_next_line(&rest, &line); n++) {
        line = str_trim(line);
        struct str tail = line;
        if (!str_next_word(&tail, &word) || strchr("#!;%", word.p[0]))
            continue;
        value = tail;
        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            struct str name;
            if (!str_is_nocase(word, words[i]) || !str_next_word(&tail, &name))
                continue;
            strings_add(h->arena, &t->servers, str_dup(h->arena, name));
            if (!t->where.path)
                t->where = (struct where){path, n};
        }
        if (depth >= INCLUDE_DEPTH)
            continue;
        if (str_is_nocase(word, "sourcedir"))
            r = read_dirs(h, value, ".sources", t, depth, e);
        else if (str_is_nocase(word, "confdir"))
            r = read_dirs(h, value, ".conf", t, depth, e);
        else if (str_is_nocase(word, "include")) {
            struct strings files = {0};
            (void)root_glob(h->root, str_dup(h->arena, str_trim(value)), &files);
            for (size_t i = 0; r == 0 && i < files.n; i++)
                r = read_sources(h, files.v[i], t, depth + 1, e);
        }
    }
    return r;
}

static int read_timesyncd(struct host *h, struct timesync *t, struct err *e)
{
    static const char *const dirs[] = {
        "/etc/systemd/timesyncd.conf.d", "/run/systemd/timesyncd.conf.d",
        "/usr/local/lib/systemd/timesyncd.conf.d", "/usr/lib/systemd/timesyncd.conf.d", NULL};
    struct strings files = {0};
    bool has_fallback = false;
    if (root_exists(h->root, "/etc/systemd/timesyncd.conf"))
        strings_add(h->arena, &files, "/etc/systemd/timesyncd.conf");
    int r = conf_files(h->root, dirs, ".conf", &files);
    struct strings fallback = {0};
    for (size_t i = 0; r == 0 && i < files.n; i++) {
        struct str bytes;
        struct unit_doc d;
        r = root_read(h->root, files.v[i], &bytes);
        if (r < 0)
            return file_failed(h->root, e, files.v[i], r);
        unit_doc_parse(h->arena, bytes, &d);
        for (size_t k = 0; k < d.entries.n; k++) {
            const struct unit_entry *l = &d.entries.v[k];
            bool main = cstr_eq(l->key, "NTP"), second = cstr_eq(l->key, "FallbackNTP");
            if (l->kind != UNIT_ENTRY_ASSIGNMENT || !cstr_eq(l->section, "Time") ||
                (!main && !second))
                continue;
            struct strings *list = main ? &t->servers : &fallback;
            has_fallback = has_fallback || second;
            if (!*l->value)
                list->n = 0;
            unit_words(h->arena, l->value, list);
            t->where = (struct where){files.v[i], l->line};
        }
    }
    if (t->servers.n == 0)
        t->servers = fallback;
    t->built_in = t->servers.n == 0 && !has_fallback;
    return r;
}

int host_timesync(struct host *h, struct timesync *ret, struct err *e)
{
    static const struct {
        const char *daemon, *unit, *files[2];
    } daemons[] = {
        {"chrony", "chrony.service", {"/etc/chrony/chrony.conf", "/etc/chrony.conf"}},
        {"chrony", "chronyd.service", {"/etc/chrony/chrony.conf", "/etc/chrony.conf"}},
        {"ntpd", "ntpsec.service", {"/etc/ntpsec/ntp.conf", NULL}},
        {"ntpd", "ntp.service", {"/etc/ntp.conf", "/etc/ntpsec/ntp.conf"}},
        {"ntpd", "ntpd.service", {"/etc/ntp.conf", "/etc/ntpsec/ntp.conf"}},
        {"systemd-timesyncd", "systemd-timesyncd.service", {NULL, NULL}},
    };
    struct timesync t = {0};
    size_t chosen = ARRAY_SIZE(daemons);
    for (size_t i = 0; i < ARRAY_SIZE(daemons) && !t.enabled; i++) {
        struct unit_view v;
        enum unit_start s = UNIT_STARTS_NOT;
        const char *via = NULL;
        if (host_unit(h, daemons[i].unit, &v, NULL) < 0 || v.masked)
            continue;
        (void)unit_starts(h, daemons[i].unit, &s, &via, NULL);
        t.enabled = s != UNIT_STARTS_NOT;
        if (t.enabled || chosen == ARRAY_SIZE(daemons))
            chosen = i;
    }
    int r = 0;
    if (chosen < ARRAY_SIZE(daemons)) {
        t.daemon = daemons[chosen].daemon;
        t.unit = daemons[chosen].unit;
        for (size_t i = 0; r == 0 && i < 2 && daemons[chosen].files[i]; i++)
            r = read_sources(h, daemons[chosen].files[i], &t, 0, e);
        if (cstr_eq(t.daemon, "systemd-timesyncd"))
            r = read_timesyncd(h, &t, e);
    }
    if (r == 0)
        *ret = t;
    return r;
}
