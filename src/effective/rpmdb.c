#include "effective/rpmdb.h"

#include <errno.h>

#include "effective/rpmdb_sqlite.h"
#include "format/bdb.h"
#include "format/ndb.h"

/* /usr/lib/sysimage/rpm: EL10, openSUSE; /usr/share/rpm: ostree systems. */
static const char *const places[] = {"/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm"};

/* Where an upgrade left several, the newer format is the one in use. */
static const struct {
    const char *name;
    enum rpmdb_format format;
} files[] = {
    {"rpmdb.sqlite", RPMDB_SQLITE},
    {"Packages.db", RPMDB_NDB},
    {"Packages", RPMDB_BDB},
};

int rpmdb_find(struct root *r, struct rpmdb_place *ret)
{
    bool empty = false;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
            const char *path = arena_printf(root_arena(r), "%s/%s", places[i], files[k].name);
            struct file_info info;
            int error = root_stat(r, path, &info);
            if (error == 0 && S_ISREG(info.mode) && info.size > 0) {
                *ret = (struct rpmdb_place){files[k].format, path};
                return 0;
            }
            if (error == -EACCES || error == -EPERM)
                return error;
            empty |= error == 0 && S_ISREG(info.mode);
        }
    }
    return empty ? -ENODATA : -ENOENT;
}

struct bdb_context {
    struct str file;
    rpmdb_each each;
    void *context;
};

/* Record 0 of Packages holds the next free number, not a header (rpm lib/backend/db3.c). */
static int each_of_bdb(void *context, struct str key, struct str value)
{
    const struct bdb_context *c = context;
    if (key.n != 4)
        return -EBADMSG;
    return bdb_number(c->file, key.p) == 0 ? 0 : c->each(c->context, value);
}

static int read_sqlite(struct root *r, const char *path, struct str file, rpmdb_each each,
                       void *context)
{
    static const char journal_magic[] = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
    struct arena *a = root_arena(r);
    _cleanup_buf_ struct buf log = {0}, journal = {0};
    int error = root_load(r, arena_printf(a, "%s-wal", path), RPMDB_LIMIT, &log);
    if (error < 0 && error != -ENOENT)
        return error;
    /* A transaction that was not finished: the file alone is not the database. */
    if (root_load(r, arena_printf(a, "%s-journal", path), RPMDB_LIMIT, &journal) == 0 &&
        journal.len >= 8 && memcmp(journal.data, journal_magic, 8) == 0)
        return -EBADMSG;
    return rpmdb_sqlite_read(a, file, (struct str){log.len ? log.data : "", log.len}, each,
                             context);
}

int rpmdb_read(struct root *r, const struct rpmdb_place *place, rpmdb_each each, void *context)
{
    _cleanup_buf_ struct buf bytes = {0};
    int error = root_load(r, place->path, RPMDB_LIMIT, &bytes);
    if (error < 0)
        return error;
    struct str file = {bytes.len ? bytes.data : "", bytes.len};
    switch (place->format) {
    case RPMDB_SQLITE:
        return read_sqlite(r, place->path, file, each, context);
    case RPMDB_NDB:
        return ndb_read(file, each, context);
    case RPMDB_BDB: {
        struct bdb_context c = {file, each, context};
        return bdb_read(file, each_of_bdb, &c);
    }
    }
    return -ENOTSUP;
}
