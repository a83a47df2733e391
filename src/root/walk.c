#include "root/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "root/accounts.h"
#include "root/handle.h"

enum {
    CHUNK = 32 * 1024, /* one getdents64 buffer per thread */
    OPEN_FRAMES = 200, /* directories a thread keeps open above the one it reads */
    WAIT_MS = 200,
};

struct kernel_dirent {
    uint64_t ino;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

/* A directory on the way down. Its subdirectories of the chunk just read wait in `names`. */
struct frame {
    int fd; /* -1: closed to save descriptors, continue at `offset` */
    off_t offset;
    size_t path_len; /* of this directory in the thread's path */
    dev_t dev;
    ino_t ino;
    struct buf names; /* NUL-separated */
    size_t next;      /* in names */
};

struct ids {
    uint64_t low[1024]; /* bit per id below 65536 */
    uint32_t *high;
    size_t n;
};

struct crew {
    struct root *root;
    const struct walk_options *options;
    struct ids uids, gids;
    dev_t mounts_seen[64];
    ino_t mount_roots_seen[64];
    size_t mounts;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *queue[WALK_QUEUE];
    dev_t queue_dev[WALK_QUEUE];
    size_t queued;
    unsigned threads, idle;
    bool done;
    struct walk *walk;
    struct arena *arena;
    _Atomic uint64_t entries;
};

struct worker {
    struct crew *crew;
    struct buf path; /* "" for the root, else "/a/b" */
    struct {
        struct frame *v;
        size_t n, cap;
    } frames;
    _Alignas(16) char chunk[CHUNK];
    uint64_t directories, others;
};

static bool ids_have(const struct ids *s, uint32_t id)
{
    if (id < 65536)
        return s->low[id / 64] >> (id % 64) & 1;
    for (size_t i = 0; i < s->n; i++)
        if (s->high[i] == id)
            return true;
    return false;
}

static void ids_add(struct arena *a, struct ids *s, int64_t id)
{
    if (id < 0 || id > UINT32_MAX)
        return;
    if (id < 65536) {
        s->low[id / 64] |= (uint64_t)1 << (id % 64);
        return;
    }
    s->high = arena_grow(a, s->high, s->n * sizeof *s->high, (s->n + 1) * sizeof *s->high);
    s->high[s->n++] = (uint32_t)id;
}

static bool is_trust_file(const char *name)
{
    static const char *const names[] = {".rhosts", ".shosts", ".netrc", "hosts.equiv",
                                        "shosts.equiv"};
    if (name[0] != '.' && name[0] != 'h' && name[0] != 's')
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static unsigned kinds_of(const struct crew *c, const struct stat *st, const char *name)
{
    unsigned kinds = 0;
    if (!ids_have(&c->uids, st->st_uid) || !ids_have(&c->gids, st->st_gid))
        kinds |= WALK_UNOWNED;
    if (S_ISDIR(st->st_mode)) {
        if ((st->st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH)
            kinds |= WALK_WORLD_WRITABLE;
    } else if (S_ISREG(st->st_mode)) {
        if (st->st_mode & S_IWOTH)
            kinds |= WALK_WORLD_WRITABLE;
        if (st->st_mode & (S_ISUID | S_ISGID))
            kinds |= WALK_SET_ID;
        if (is_trust_file(name))
            kinds |= WALK_TRUST_FILE;
    }
    return kinds;
}

static void add_hit(struct worker *w, const char *name, const struct stat *st, unsigned kinds)
{
    struct crew *c = w->crew;
    bool keep = false;
    pthread_mutex_lock(&c->lock);
    for (unsigned k = 0; k < WALK_KINDS; k++)
        if (kinds >> k & 1)
            keep |= c->walk->counts[k]++ < WALK_HITS_KEPT;
    if (keep) {
        struct walk_hit hit = {
            .kinds = kinds, .mode = st->st_mode, .uid = st->st_uid, .gid = st->st_gid};
        hit.path = name ? arena_printf(c->arena, "%s/%s", w->path.len ? w->path.data : "", name)
                        : arena_strdup(c->arena, w->path.len ? w->path.data : "/");
        vec_push(c->arena, &c->walk->hits, hit);
    }
    pthread_mutex_unlock(&c->lock);
}

static void add_skipped(struct crew *c, const char *path, struct text reason)
{
    struct walk_skipped row = {arena_strdup(c->arena, path), reason};
    vec_push(c->arena, &c->walk->skipped, row);
}

static void note_unreadable(struct worker *w, int error)
{
    struct crew *c = w->crew;
    if (error == ENOENT) /* it went away while we walked */
        return;
    pthread_mutex_lock(&c->lock);
    /* Which of them is met first depends on the threads; a result must not. */
    const char *path = w->path.len ? w->path.data : "/", *named = c->walk->unreadable_path;
    if (c->walk->unreadable++ == 0 || strcmp(path, named) < 0) {
        c->walk->unreadable_path = arena_strdup(c->arena, path);
        c->walk->unreadable_error = -error;
    }
    pthread_mutex_unlock(&c->lock);
}

/* A directory on another device than its parent: is it a local file system not yet walked? */
static bool enter_mount(struct worker *w, int fd, const struct stat *st)
{
    struct crew *c = w->crew;
    struct statfs fs;
    const struct text *skip = fstatfs(fd, &fs) == 0 ? walk_skip_filesystem((long)fs.f_type) : NULL;
    bool enter = !skip;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; enter && i < c->mounts; i++)
        enter = c->mounts_seen[i] != st->st_dev || c->mount_roots_seen[i] != st->st_ino;
    if (enter && c->mounts < ARRAY_SIZE(c->mounts_seen)) {
        c->mounts_seen[c->mounts] = st->st_dev;
        c->mount_roots_seen[c->mounts++] = st->st_ino;
    }
    if (skip)
        add_skipped(c, w->path.data, *skip);
    pthread_mutex_unlock(&c->lock);
    return enter;
}

/* A path longer than the kernel takes at once, component by component. */
static int open_long(const struct root *r, const char *path, int flags)
{
    _cleanup_close_ int at = disk_open(r, "/", O_PATH | O_DIRECTORY);
    char name[256];
    while (at >= 0 && *path) {
        path += strspn(path, "/");
        size_t n = strcspn(path, "/");
        if (n >= sizeof name)
            return -ENAMETOOLONG;
        memcpy(name, path, n);
        name[n] = '\0';
        path += n;
        int fd = openat(at, name, (*path ? O_PATH | O_DIRECTORY : flags) | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return -errno;
        (void)close(at);
        at = fd;
    }
    return TAKE_FD(at);
}

/* Opens the directory w->path names, by the frame above or from the top; -errno. */
static int open_here(struct worker *w, int parent, const char *name)
{
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK };
    int fd = -1;
    if (parent >= 0) {
        fd = openat(parent, name, FLAGS | O_NOATIME);
        if (fd < 0 && errno == EPERM)
            fd = openat(parent, name, FLAGS);
        return fd < 0 ? -errno : fd;
    }
    if (w->path.len >= ROOT_PATH_LIMIT)
        return open_long(w->crew->root, w->path.data, FLAGS);
    return disk_open(w->crew->root, w->path.len ? w->path.data : "/", FLAGS);
}

static void push_frame(struct worker *w, int fd, const struct stat *st)
{
    if (w->frames.n == w->frames.cap) {
        w->frames.cap = w->frames.cap ? w->frames.cap * 2 : 64;
        w->frames.v = mem_resize(w->frames.v, w->frames.cap, sizeof *w->frames.v);
    }
    if (w->frames.n >= OPEN_FRAMES) { /* close one far above, it is reopened on the way back */
        struct frame *far = &w->frames.v[w->frames.n - OPEN_FRAMES];
        far->offset = far->fd >= 0 ? lseek(far->fd, 0, SEEK_CUR) : far->offset;
        if (far->fd >= 0)
            (void)close(far->fd);
        far->fd = -1;
    }
    w->frames.v[w->frames.n++] =
        (struct frame){.fd = fd, .path_len = w->path.len, .dev = st->st_dev, .ino = st->st_ino};
}

/* Enters the directory that w->path names. */
static void enter(struct worker *w, int parent, const char *name, dev_t parent_dev)
{
    struct stat st;
    const struct text *skip = walk_skip_path(w->path.len ? w->path.data : "/");
    if (skip) {
        pthread_mutex_lock(&w->crew->lock);
        add_skipped(w->crew, w->path.data, *skip);
        pthread_mutex_unlock(&w->crew->lock);
        return;
    }
    int fd = open_here(w, parent, name);
    if (fd < 0) {
        note_unreadable(w, -fd);
        return;
    }
    if (fstat(fd, &st) < 0 || (st.st_dev != parent_dev && !enter_mount(w, fd, &st))) {
        (void)close(fd);
        return;
    }
    unsigned kinds = kinds_of(w->crew, &st, "");
    if (kinds)
        add_hit(w, NULL, &st, kinds);
    w->directories++;
    push_frame(w, fd, &st);
}

/* Gives a directory to the waiting threads; false when enough are waiting. */
static bool share(struct worker *w, const char *name, dev_t dev)
{
    struct crew *c = w->crew;
    if (c->threads < 2 || __atomic_load_n(&c->queued, __ATOMIC_RELAXED) >= WALK_QUEUE / 8)
        return false;
    if (w->path.len >= ROOT_PATH_LIMIT) /* opening it by its path would take a step a level */
        return false;
    size_t n = strlen(name);
    char *path = mem_alloc(w->path.len + n + 2);
    if (w->path.len)
        memcpy(path, w->path.data, w->path.len);
    path[w->path.len] = '/';
    memcpy(path + w->path.len + 1, name, n);
    pthread_mutex_lock(&c->lock);
    bool room = c->queued < WALK_QUEUE;
    if (room) {
        c->queue_dev[c->queued] = dev;
        c->queue[c->queued++] = path;
        if (c->idle)
            pthread_cond_signal(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
    if (!room)
        free(path);
    return room;
}

static void look_at(struct worker *w, struct frame *f, const struct kernel_dirent *e)
{
    struct stat st;
    if (fstatat(f->fd, e->name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        buf_append(&f->names, e->name, strlen(e->name) + 1);
        return;
    }
    w->others++;
    unsigned kinds = kinds_of(w->crew, &st, e->name);
    if (kinds)
        add_hit(w, e->name, &st, kinds);
}

/* Continues a directory that was closed on the way down. ".." of the child is it, if nobody moved
 * the child meanwhile; otherwise it is opened by its path. */
static void reopen(struct worker *w, struct frame *f, int child)
{
    struct stat st;
    int fd = openat(child, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_dev != f->dev || st.st_ino != f->ino)) {
        (void)close(fd);
        fd = open_here(w, -1, NULL);
    }
    if (fd >= 0 && lseek(fd, f->offset, SEEK_SET) >= 0)
        f->fd = fd;
    else if (fd >= 0)
        (void)close(fd);
}

/* Reads one chunk of the topmost directory; false at its end. */
static bool read_chunk(struct worker *w)
{
    struct frame *f = &w->frames.v[w->frames.n - 1];
    if (f->fd < 0) {
        note_unreadable(w, EIO);
        return false;
    }
    long n = syscall(SYS_getdents64, f->fd, w->chunk, (size_t)CHUNK);
    if (n < 0)
        note_unreadable(w, errno);
    if (n <= 0)
        return false;
    f->next = 0;
    buf_clear(&f->names);
    uint64_t before = w->others;
    for (long at = 0; at < n;) {
        const struct kernel_dirent *e = (const struct kernel_dirent *)(const void *)(w->chunk + at);
        at += e->length;
        if (e->name[0] == '.' && (!e->name[1] || (e->name[1] == '.' && !e->name[2])))
            continue;
        if (e->type == DT_DIR)
            buf_append(&f->names, e->name, strlen(e->name) + 1);
        else
            look_at(w, f, e);
    }
    w->crew->entries += w->others - before;
    return true;
}

static void pop_frame(struct worker *w)
{
    struct frame *f = &w->frames.v[--w->frames.n];
    if (w->frames.n) {
        struct frame *above = &w->frames.v[w->frames.n - 1];
        w->path.len = above->path_len;
        if (w->path.data)
            w->path.data[w->path.len] = '\0';
        if (above->fd < 0)
            reopen(w, above, f->fd);
    }
    if (f->fd >= 0)
        (void)close(f->fd);
    buf_done(&f->names);
}

/* Everything below the directory that w->path names. */
static void walk_below(struct worker *w, dev_t dev)
{
    enter(w, -1, NULL, dev);
    while (w->frames.n) {
        struct frame *f = &w->frames.v[w->frames.n - 1];
        if (f->next >= f->names.len) {
            if (!read_chunk(w))
                pop_frame(w);
            continue;
        }
        const char *name = f->names.data + f->next;
        f->next += strlen(name) + 1;
        if (share(w, name, f->dev))
            continue;
        int parent = f->fd;
        buf_putc(&w->path, '/');
        buf_puts(&w->path, name);
        size_t depth = w->frames.n;
        enter(w, parent, name, f->dev);
        if (w->frames.n == depth) { /* not entered */
            w->path.len = w->frames.v[depth - 1].path_len;
            w->path.data[w->path.len] = '\0';
        }
    }
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct crew *c = w->crew;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (!c->queued && !c->done) {
            if (++c->idle >= c->threads)
                c->done = true;
            pthread_cond_broadcast(&c->changed);
            if (!c->done)
                pthread_cond_wait(&c->changed, &c->lock);
            if (!c->done)
                c->idle--;
        }
        if (!c->queued)
            break;
        char *path = c->queue[--c->queued];
        dev_t dev = c->queue_dev[c->queued];
        pthread_mutex_unlock(&c->lock);
        buf_clear(&w->path);
        buf_puts(&w->path, path);
        free(path);
        walk_below(w, dev);
        pthread_mutex_lock(&c->lock);
    }
    c->walk->directories += w->directories;
    c->walk->others += w->others;
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static void report_progress(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    while (!c->done) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WAIT_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (pthread_cond_timedwait(&c->changed, &c->lock, &until) == ETIMEDOUT &&
            c->options->progress)
            c->options->progress(c->options->context, c->entries);
    }
    pthread_mutex_unlock(&c->lock);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct walk_hit *)a)->path, ((const struct walk_hit *)b)->path);
}

static int by_skipped_path(const void *a, const void *b)
{
    return strcmp(((const struct walk_skipped *)a)->path, ((const struct walk_skipped *)b)->path);
}

static void run_crew(struct crew *c)
{
    pthread_t threads[16];
    struct worker *workers = mem_alloc(c->threads * sizeof *workers);
    unsigned started = 0;
    for (; started < c->threads; started++) {
        workers[started].crew = c;
        if (pthread_create(&threads[started], NULL, work, &workers[started]) != 0)
            break;
    }
    if (started < c->threads) { /* fewer threads than hoped for: the rest counts as idle */
        pthread_mutex_lock(&c->lock);
        c->threads = started ? started : 1;
        c->done = c->done || (!c->queued && c->idle >= c->threads);
        pthread_cond_broadcast(&c->changed);
        pthread_mutex_unlock(&c->lock);
        if (!started)
            (void)work(&workers[0]);
    }
    if (started)
        report_progress(c);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < (started ? started : 1); i++) {
        buf_done(&workers[i].path);
        free(workers[i].frames.v);
    }
    free(workers);
}

static unsigned thread_count(const struct walk_options *o)
{
    if (o->threads)
        return o->threads < 16 ? o->threads : 16;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 4 ? 8 : 4; /* more than processors: some wait for the disk */
}

int root_walk(struct root *r, const struct walk_options *options, const struct walk **ret)
{
    static const struct walk_options none = {0};
    struct stat st;
    if (r->base)
        return -EOPNOTSUPP;
    if (fstat(r->fd, &st) < 0)
        return -errno;
    struct crew *c = mem_alloc(sizeof *c);
    *c = (struct crew){.root = r, .options = options ? options : &none, .arena = r->arena};
    c->threads = thread_count(c->options);
    c->walk = arena_make(r->arena, struct walk);
    const struct accounts *accounts = root_accounts(r);
    vec_each (u, &accounts->users)
        ids_add(r->arena, &c->uids, u->uid);
    vec_each (g, &accounts->groups)
        ids_add(r->arena, &c->gids, g->gid);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    c->queue[0] = mem_strdup("");
    c->queue_dev[0] = st.st_dev;
    c->queued = 1;
    c->mounts_seen[0] = st.st_dev;
    c->mount_roots_seen[0] = st.st_ino;
    c->mounts = 1;
    run_crew(c);
    struct walk *walk = c->walk;
    if (walk->hits.n > 1)
        qsort(walk->hits.v, walk->hits.n, sizeof *walk->hits.v, by_path);
    if (walk->skipped.n > 1)
        qsort(walk->skipped.v, walk->skipped.n, sizeof *walk->skipped.v, by_skipped_path);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
    *ret = walk;
    return 0;
}
