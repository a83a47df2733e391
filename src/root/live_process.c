#include "root/live.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/live_proc.h"

enum { COMMAND_LINE_LIMIT = 64 << 10 };

struct reader {
    struct arena *arena;
    struct processes *list;
    struct buf text;
};

/* "Uid:\treal\teffective\tsaved\tfile system" */
static bool read_uids(struct str status, struct process *p)
{
    struct str line, word;
    while (str_next_line(&status, &line)) {
        if (!str_starts(line, "Uid:"))
            continue;
        line = str_slice(line, strlen("Uid:"), line.n);
        return str_next_word(&line, &word) && str_to_int64(word, 10, &p->uid) == 0 &&
               str_next_word(&line, &word) && str_to_int64(word, 10, &p->euid) == 0;
    }
    return false;
}

static void add(void *context, int64_t pid, int dirfd)
{
    struct reader *r = context;
    struct process p = {.pid = pid};
    char exe[4096];
    if (proc_read(dirfd, "status", 8192, &r->text) < 0 ||
        !read_uids((struct str){r->text.data, r->text.len}, &p))
        return; /* it has ended meanwhile */
    if (proc_read(dirfd, "comm", 64, &r->text) < 0)
        return;
    struct str comm = {r->text.data, r->text.len};
    if (comm.n && comm.p[comm.n - 1] == '\n')
        comm.n--;
    p.comm = str_dup(r->arena, comm);
    ssize_t n = readlinkat(dirfd, "exe", exe, sizeof exe);
    if (n > 0)
        p.exe = arena_strndup(r->arena, exe, (size_t)n);
    p.cmdline = "";
    if (proc_read(dirfd, "cmdline", COMMAND_LINE_LIMIT, &r->text) == 0) {
        size_t len = r->text.len;
        while (len && r->text.data[len - 1] == '\0')
            len--;
        for (size_t i = 0; i < len; i++)
            if (r->text.data[i] == '\0')
                r->text.data[i] = ' ';
        p.cmdline = arena_strndup(r->arena, len ? r->text.data : "", len);
    }
    vec_push(r->arena, r->list, p);
}

struct answer {
    int code;
    struct processes list;
};

static void *make(struct root *root, void *context)
{
    (void)context;
    struct answer *answer = arena_make(root_arena(root), struct answer);
    struct reader r = {.arena = root_arena(root), .list = &answer->list};
    answer->code = proc_walk(root, add, &r);
    buf_done(&r.text);
    return answer;
}

int live_processes(struct root *r, const struct processes **ret)
{
    static const char key;
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    const struct answer *answer = root_memo(r, &key, make, NULL);
    if (answer->code == 0)
        *ret = &answer->list;
    return answer->code;
}
