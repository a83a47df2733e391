#include "engine/build.h"

#include <errno.h>

#include "base/cleanup.h"
#include "effective/packages.h"
#include "engine/build_sums.h"
#include "engine/txn_manifest.h"
#include "root/image.h"

static void say(const struct build_request *q, const char *en, const char *zh)
{
    if (q->say)
        q->say(q->context, (struct text){en, zh});
}

static int open_host(struct build *b, struct err *e)
{
    const struct build_request *q = b->request;
    root_close(b->root);
    b->root = NULL;
    int code = root_open(q->arena, media_root(b->media), 0, &b->root, e);
    if (code < 0)
        return code;
    b->host = host_open(b->root, q->epoch == TREE_NO_EPOCH ? time(NULL) : (time_t)q->epoch);
    b->host->options = q->host;
    return 0;
}

/* ---- the journal ---- */

/* An image carries no way back to the state before its own making, and no transaction id that
 * would differ from build to build: what this build wrote into the journal goes again. A journal
 * that was there stays, told by its ids: times say nothing under SOURCE_DATE_EPOCH. */
struct journal {
    bool was_there;
    struct strings ids;
    struct image parent; /* its time of change */
};

static const char journal_parent[] = "/var/lib";

static int journal_note(struct build *b, struct journal *ret, struct err *e)
{
    struct image state;
    struct txn_list all = {0};
    int code = image_capture(b->root, TXN_STATE_DIR, &state);
    ret->was_there = code == 0 && state.kind != IMAGE_ABSENT;
    if (code == 0)
        code = image_capture(b->root, journal_parent, &ret->parent);
    if (code == 0 && ret->was_there)
        code = txn_load_all(b->root, &all, e);
    for (size_t i = 0; code == 0 && i < all.n; i++)
        strings_add(b->request->arena, &ret->ids, all.v[i]->id);
    return code;
}

static int journal_drop(struct build *b, const struct journal *before)
{
    struct txn_list all = {0};
    if (!before->was_there) {
        int code = tree_remove_in(b->root, TXN_STATE_DIR);
        if (code == 0 && before->parent.kind == IMAGE_DIRECTORY)
            code = image_put_attributes(b->root, journal_parent, &before->parent);
        return code;
    }
    int code = txn_load_all(b->root, &all, NULL);
    for (size_t i = 0; code == 0 && i < all.n; i++)
        if (strings_find(&before->ids, all.v[i]->id) < 0)
            code = txn_discard(b->root, all.v[i]);
    return code;
}

static int apply(struct build *b, struct err *e)
{
    const struct build_request *q = b->request;
    struct journal journal = {0};
    int code = journal_note(b, &journal, e);
    if (code == 0)
        code = apply_run(b->host, q->policy, q->selection, q->plan, NULL, &b->outcome, e);
    if (code == -ENODATA || code == -ECANCELED) /* nothing to do, or nothing that held */
        code = 0;
    if (code == 0)
        code = journal_drop(b, &journal);
    if (code < 0 && e && !e->message.en)
        return err_set(e, code, "the changes cannot be made: %s", "无法执行更改：%s",
                       errno_text(code).en);
    return code;
}

/* ---- the whole ---- */

static void note_losses(struct build *b)
{
    const struct tree_counts *n = media_counts(b->media);
    struct arena *a = b->request->arena;
    if (media_others(b->media))
        vec_push(a, &b->notes,
                 text_make(a, "%u further file systems of the image were not looked into",
                           "镜像中另有 %u 个文件系统未作检查", media_others(b->media)));
    if (n->devices)
        vec_push(a, &b->notes,
                 text_make(a, "%llu device nodes are left out: making them needs root",
                           "未包含 %llu 个设备节点：创建设备节点需要 root",
                           (unsigned long long)n->devices));
    if (n->labels)
        vec_push(a, &b->notes,
                 text_make(a, "%llu security labels are left out: setting them needs root",
                           "未包含 %llu 个安全标签：设置标签需要 root",
                           (unsigned long long)n->labels));
    if (n->sockets)
        vec_push(a, &b->notes,
                 text_make(a, "%llu sockets are left out: archives have none",
                           "未包含 %llu 个套接字：归档不能保存套接字",
                           (unsigned long long)n->sockets));
}

static bool is_directory(struct root *r, const char *path)
{
    struct file_info info;
    return root_stat(r, path, &info) == 0 && S_ISDIR(info.mode);
}

/* An archive of something else, an empty directory: nothing in it would be what it is judged as. */
static int is_system(struct build *b, struct err *e)
{
    if (b->root && is_directory(b->root, "/etc") &&
        (is_directory(b->root, "/usr") || is_directory(b->root, "/bin")))
        return 0;
    return err_set(e, -EINVAL, "%s holds no system (no /etc and /usr in it)",
                   "%s 中没有系统（没有 /etc 和 /usr）", b->request->from);
}

static int harden(struct build *b, struct err *e)
{
    const struct build_request *q = b->request;
    say(q, "checking and changing", "检查并更改");
    int code = open_host(b, e);
    if (code == 0 || code == -EINVAL) /* not even /etc */
        code = is_system(b, e);
    if (code == 0) {
        struct check_options options = {0};
        b->before = check_run(b->host, q->policy, &options);
        code = build_packages(b, e);
    }
    if (code == 0 && (b->installed.n || b->removed.n)) /* what was read is past */
        code = open_host(b, e);
    if (code == 0)
        code = apply(b, e);
    if (code == 0)
        code = build_install(b, e);
    if (code == 0 && q->seal)
        code = build_seal(b, e);
    if (code == 0)
        code = open_host(b, e);
    if (code < 0)
        return code;
    struct check_options options = {0};
    b->after = check_run(b->host, q->policy, &options);
    b->packages = host_packages(b->host);
    root_close(b->root);
    b->root = NULL;
    return 0;
}

/* Copy, change, write; the digests of the input are made meanwhile. */
static int make(struct build *b, struct err *e)
{
    const struct build_request *q = b->request;
    struct build_sums *sums = NULL;
    say(q, "copying", "复制");
    int code = build_sums_start(q->from, q->from_kind, &sums);
    if (code < 0)
        return build_sums_finish(sums, q->arena, &b->input, e);
    code = media_open(q->arena, q->from, q->from_kind, q->work, &b->media, e);
    if (code == 0)
        code = harden(b, e);
    if (code == 0) {
        say(q, "writing", "写出");
        code = media_write(b->media, q->to_kind, q->epoch, q->size, e);
    }
    if (code < 0) /* the threads end with this process */
        return code;
    code = build_sums_finish(sums, q->arena, &b->input, e);
    if (code < 0)
        return code;
    say(q, "digests", "计算摘要");
    (void)build_sums_start(media_output(b->media), q->to_kind, &sums);
    return build_sums_finish(sums, q->arena, &b->output, e);
}

int build_make(const struct build_request *request, struct build **ret, struct err *e)
{
    struct build *b = arena_make(request->arena, struct build);
    *b = (struct build){.request = request};
    int code = make(b, e);
    if (code < 0) {
        build_done(b);
        return code;
    }
    note_losses(b);
    *ret = b;
    return 0;
}

int build_publish(struct build *b, struct str manifest, struct err *e)
{
    const struct build_request *q = b->request;
    _cleanup_buf_ struct buf statement = {0};
    struct media_beside beside[2] = {{BUILD_MANIFEST, manifest}};
    size_t n = 1;
    if (q->key) {
        struct sums sums = sums_of(q->arena, manifest);
        const char *path = arena_printf(q->arena, "%s" BUILD_MANIFEST, q->to);
        int code = statement_write(q->arena, path, &sums, q->key, &statement, e);
        if (code < 0)
            return code;
        beside[n++] =
            (struct media_beside){BUILD_MANIFEST STATEMENT_SUFFIX, {statement.data, statement.len}};
    }
    return media_publish(b->media, q->to, beside, n, e);
}

void build_done(struct build *b)
{
    if (!b)
        return;
    root_close(b->root);
    b->root = NULL;
    media_close(b->media);
    b->media = NULL;
}
