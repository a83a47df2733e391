#include "effective/rpmdb_sqlite.h"

#include <errno.h>
#include <sqlite3.h>

#include "format/rpmdb_wal.h"

struct image {
    struct str file;
    struct rpmdb_wal wal;
    uint32_t page_size;
    int64_t size;
};

struct image_file {
    sqlite3_file base;
    const struct image *image;
};

static int close_file(sqlite3_file *f)
{
    (void)f;
    return SQLITE_OK;
}

/* The bytes of one page from `at` on; 0 behind the end of the file. */
static size_t page_bytes(const struct image *m, uint32_t number, size_t at, const char **ret)
{
    const char *data = rpmdb_wal_find(&m->wal, number);
    size_t from = (size_t)(number - 1) * m->page_size + at;
    size_t left = m->page_size - at;
    if (data) {
        *ret = data + at;
        return left;
    }
    if (from >= m->file.n)
        return 0;
    *ret = m->file.p + from;
    return left < m->file.n - from ? left : m->file.n - from;
}

static int read_file(sqlite3_file *f, void *into, int amount, sqlite3_int64 offset)
{
    const struct image *m = ((struct image_file *)f)->image;
    char *out = into;
    size_t want = (size_t)amount, done = 0;
    memset(out, 0, want);
    while (done < want && offset + (int64_t)done < m->size) {
        uint64_t at = (uint64_t)offset + done;
        const char *from;
        size_t n =
            page_bytes(m, (uint32_t)(at / m->page_size) + 1, (size_t)(at % m->page_size), &from);
        if (n == 0)
            break;
        n = n < want - done ? n : want - done;
        memcpy(out + done, from, n);
        done += n;
    }
    /* Versions 2 mean "there may be a log", which sqlite cannot look for here and need not. */
    for (int64_t at = 18; at < 20; at++)
        if (at >= offset && at < offset + (int64_t)done && out[at - offset] == 2)
            out[at - offset] = 1;
    return done == want ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int refuse_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    (void)f, (void)p, (void)n, (void)at;
    return SQLITE_READONLY;
}

static int refuse_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    (void)f, (void)size;
    return SQLITE_READONLY;
}

static int no_flags(sqlite3_file *f, int flags)
{
    (void)f, (void)flags;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *ret)
{
    *ret = ((struct image_file *)f)->image->size;
    return SQLITE_OK;
}

static int not_reserved(sqlite3_file *f, int *ret)
{
    (void)f;
    *ret = 0;
    return SQLITE_OK;
}

static int no_control(sqlite3_file *f, int operation, void *argument)
{
    (void)f, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *f)
{
    (void)f;
    return 0;
}

static int immutable(sqlite3_file *f)
{
    (void)f;
    return SQLITE_IOCAP_IMMUTABLE;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 1,
        .xClose = close_file,
        .xRead = read_file,
        .xWrite = refuse_write,
        .xTruncate = refuse_truncate,
        .xSync = no_flags,
        .xFileSize = file_size,
        .xLock = no_flags,
        .xUnlock = no_flags,
        .xCheckReservedLock = not_reserved,
        .xFileControl = no_control,
        .xSectorSize = sector_size,
        .xDeviceCharacteristics = immutable,
    };
    (void)name;
    f->pMethods = NULL;
    if (!(flags & SQLITE_OPEN_MAIN_DB))
        return SQLITE_CANTOPEN;
    ((struct image_file *)f)->image = vfs->pAppData;
    f->pMethods = &methods;
    if (ret_flags)
        *ret_flags = SQLITE_OPEN_READONLY;
    return SQLITE_OK;
}

static int refuse_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)name, (void)sync;
    return SQLITE_READONLY;
}

static int nothing_there(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    (void)vfs, (void)name, (void)flags;
    *ret = 0;
    return SQLITE_OK;
}

static int same_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    (void)sqlite3_snprintf(n, out, "%s", name);
    return SQLITE_OK;
}

/* A schema is code: only reading columns of tables is allowed, no functions, no pragmas. */
static int allow_reading(void *context, int action, const char *a, const char *b, const char *c,
                         const char *d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_SELECT || action == SQLITE_READ ? SQLITE_OK : SQLITE_DENY;
}

static int stop_long_work(void *context)
{
    unsigned *rounds = context;
    return ++*rounds > 2000; /* 20 million instructions; a large host needs less than a hundredth */
}

#ifdef DENGBAO_STATIC
/* In the place of the initialisers of SQLite's extensions, see meson.build. */
int rpmdb_without_extension(sqlite3 *db);
int rpmdb_without_extension(sqlite3 *db)
{
    (void)db;
    return SQLITE_OK;
}
#endif

static int read_rows(sqlite3 *db, size_t budget, rpmdb_each each, void *context)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, "SELECT blob FROM Packages", -1, &stmt, NULL) != SQLITE_OK)
        return -EBADMSG;
    int r = 0, code = SQLITE_DONE;
    while (r == 0 && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const void *blob = sqlite3_column_blob(stmt, 0);
        struct str s = {blob, (size_t)sqlite3_column_bytes(stmt, 0)};
        /* Rows that share overflow pages could multiply a small file. */
        if (!blob || s.n > budget)
            r = -EBADMSG;
        else
            r = each(context, s);
        budget -= s.n < budget ? s.n : budget;
    }
    if (r == 0 && code != SQLITE_DONE)
        r = -EBADMSG;
    (void)sqlite3_finalize(stmt);
    return r;
}

static int read_image(struct arena *a, const struct image *m, rpmdb_each each, void *context)
{
    const sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
    if (!usual)
        return -ENOTSUP;
    sqlite3_vfs vfs = *usual; /* its clock and random numbers */
    vfs.pNext = NULL;
    vfs.zName = arena_printf(a, "dengbao-%p", (const void *)m);
    vfs.szOsFile = sizeof(struct image_file);
    vfs.pAppData = (void *)m;
    vfs.xOpen = open_file;
    vfs.xDelete = refuse_delete;
    vfs.xAccess = nothing_there;
    vfs.xFullPathname = same_name;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        return -ENOTSUP;
    sqlite3 *db = NULL;
    unsigned rounds = 0;
    int r = -EBADMSG;
    if (sqlite3_open_v2("rpmdb", &db, SQLITE_OPEN_READONLY, vfs.zName) == SQLITE_OK) {
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
        (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 64 << 20);
        (void)sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, 10000);
        (void)sqlite3_set_authorizer(db, allow_reading, NULL);
        sqlite3_progress_handler(db, 10000, stop_long_work, &rounds);
        r = read_rows(db, (size_t)m->size, each, context);
    }
    (void)sqlite3_close(db);
    (void)sqlite3_vfs_unregister(&vfs);
    return r;
}

int rpmdb_sqlite_read(struct arena *a, struct str file, struct str log, rpmdb_each each,
                      void *context)
{
    struct image m = {.file = file};
    if (file.n < 512 || memcmp(file.p, "SQLite format 3", 16) != 0)
        return -EBADMSG;
    uint32_t size = (uint32_t)(unsigned char)file.p[16] << 8 | (unsigned char)file.p[17];
    m.page_size = size == 1 ? 65536 : size;
    if (m.page_size < 512 || m.page_size & (m.page_size - 1))
        return -EBADMSG;
    rpmdb_wal_read(a, log, &m.wal);
    if (m.wal.page_size && m.wal.page_size != m.page_size)
        return -EBADMSG;
    m.size = m.wal.page_size ? (int64_t)m.wal.pages * m.page_size : (int64_t)file.n;
    /* Pages that neither the file nor the log has: cut off. */
    if (m.size > (int64_t)file.n + (int64_t)log.n)
        return -EBADMSG;
    return read_image(a, &m, each, context);
}
