/* Sockets that wait for anybody: proc(5), /proc/net/tcp and its kin, joined with who holds them. */
#include "root/live.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/handle.h"
#include "root/live_proc.h"

/* States of net/tcp_states.h; an unconnected UDP socket shows as closed. */
enum { STATE_CLOSE = 7, STATE_LISTEN = 10 };

struct reader {
    struct root *root;
    struct listeners *list;
    struct map by_inode; /* inode -> index + 1 in list */
    const char *protocol;
    bool header;
    size_t wanted;
};

static int hex(struct str s, uint32_t *ret)
{
    int64_t value;
    int code = str_to_int64(s, 16, &value);
    if (code == 0)
        *ret = (uint32_t)value;
    return code;
}

/* "0100007F:0016": words of 32 bits in the byte order of this machine, then the port. */
static bool read_address(struct arena *a, struct str s, struct listener *ret)
{
    uint32_t words[4] = {0}, port = 0;
    int colon = str_index(s, ':');
    if (colon != 8 && colon != 32)
        return false;
    for (int i = 0; i < colon / 8; i++)
        if (hex(str_slice(s, (size_t)i * 8, (size_t)i * 8 + 8), &words[i]) < 0)
            return false;
    if (hex(str_slice(s, (size_t)colon + 1, s.n), &port) < 0)
        return false;
    char text[INET6_ADDRSTRLEN];
    bool v6 = colon == 32;
    if (!inet_ntop(v6 ? AF_INET6 : AF_INET, words, text, sizeof text))
        return false;
    ret->address = arena_strdup(a, text);
    ret->port = port;
    ret->loopback =
        v6 ? cstr_eq(text, "::1") || cstr_starts(text, "::ffff:127.") : cstr_starts(text, "127.");
    return true;
}

static bool add_line(void *context, struct str line)
{
    struct reader *r = context;
    struct str word[10];
    size_t n = 0;
    if (r->header) {
        r->header = false;
        return true;
    }
    while (n < ARRAY_SIZE(word) && str_next_word(&line, &word[n]))
        n++;
    /* sl local rem st tx:rx tr:when retrnsmt uid timeout inode */
    uint32_t state = 0;
    int64_t inode = 0;
    if (n < ARRAY_SIZE(word) || hex(word[3], &state) < 0 || str_to_int64(word[9], 10, &inode) < 0)
        return true;
    if (state != (cstr_starts(r->protocol, "udp") ? STATE_CLOSE : STATE_LISTEN))
        return true;
    struct listener l = {.protocol = r->protocol};
    if (!read_address(r->root->arena, word[1], &l))
        return true;
    vec_push(r->root->arena, r->list, l);
    if (inode > 0) {
        map_set(&r->by_inode, (const void *)(uintptr_t)inode, (void *)(uintptr_t)r->list->n);
        r->wanted++;
    }
    return true;
}

/* Which of the sockets does this process hold? The first one in pid order counts. */
static void join_process(void *context, int64_t pid, int dirfd)
{
    struct reader *r = context;
    if (r->wanted == 0)
        return;
    int fd = openat(dirfd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    for (const struct dirent *d; (d = readdir(dir));) {
        char text[64];
        ssize_t n = readlinkat(fd, d->d_name, text, sizeof text);
        struct str link = {text, n < 0 ? 0 : (size_t)n};
        int64_t inode;
        if (!str_starts(link, "socket:[") ||
            str_to_int64(str_slice(link, 8, link.n - 1), 10, &inode) < 0)
            continue;
        size_t at = (size_t)(uintptr_t)map_get(&r->by_inode, (const void *)(uintptr_t)inode);
        if (at == 0 || r->list->v[at - 1].pid)
            continue;
        struct listener *l = &r->list->v[at - 1];
        struct buf comm = {0};
        l->pid = pid;
        if (proc_read(dirfd, "comm", 64, &comm) == 0 && comm.len)
            l->process = str_dup(r->root->arena, str_trim((struct str){comm.data, comm.len}));
        buf_done(&comm);
        r->wanted--;
    }
    (void)closedir(dir);
}

struct answer {
    int code;
    struct listeners list;
};

static void *make(struct root *root, void *context)
{
    static const char *const protocols[] = {"tcp", "tcp6", "udp", "udp6"};
    (void)context;
    struct answer *answer = arena_make(root->arena, struct answer);
    struct reader r = {.root = root, .list = &answer->list, .by_inode = {.arena = root->arena}};
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        r.protocol = protocols[i];
        r.header = true;
        const char *path = arena_printf(root->arena, "/proc/net/%s", protocols[i]);
        int code = proc_lines(root, path, add_line, &r);
        /* Without IPv6 in the kernel its two files are absent, and nothing listens on it. */
        if (code < 0 && !(code == -ENOENT && cstr_ends(path, "6"))) {
            answer->code = code;
            return answer;
        }
    }
    if (r.wanted)
        (void)proc_walk(root, join_process, &r);
    return answer;
}

int live_listeners(struct root *r, const struct listeners **ret)
{
    static const char key;
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    const struct answer *answer = root_memo(r, &key, make, NULL);
    if (answer->code == 0)
        *ret = &answer->list;
    return answer->code;
}
