#include "engine/txn.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "engine/activate.h"
#include "engine/txn_manifest.h"
#include "engine/window.h"
#include "root/detach.h"
#include "root/live.h"
#include "root/lock.h"

static const char *const status_names[] = {
    [TXN_PREPARED] = "prepared",       [TXN_APPLYING] = "applying",
    [TXN_ACTIVATING] = "activating",   [TXN_COMMITTED] = "committed",
    [TXN_UNCONFIRMED] = "unconfirmed", [TXN_ROLLED_BACK] = "rolled-back",
    [TXN_UNDONE] = "undone",
};

const char *txn_status_name(enum txn_status s)
{
    return status_names[s];
}

int txn_status_from_name(struct str s, enum txn_status *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(status_names); i++) {
        if (str_is(s, status_names[i])) {
            *ret = (enum txn_status)i;
            return 0;
        }
    }
    return -EINVAL;
}

int txn_set_status(struct root *r, struct txn *t, enum txn_status status)
{
    struct arena *a = root_arena(r);
    const char *text = arena_printf(a, "%s\n", status_names[status]);
    int code = state_put(r, txn_path(a, t, "status"), str_of(text));
    if (code == 0)
        t->status = status;
    return code;
}

static int set_status(struct root *r, struct txn *t, enum txn_status status, struct err *e)
{
    int code = txn_set_status(r, t, status);
    return code < 0 ? err_errno(e, code, "cannot write the journal in %s", "无法写入日志目录 %s",
                                txn_path(root_arena(r), t, ""))
                    : 0;
}

static bool is_action(const struct txn_step *s)
{
    return s->verb != NULL;
}

static const char *temporary(struct arena *a, const struct txn *t, size_t step)
{
    return arena_printf(a, ".dengbao-%s-%zu", t->id, step);
}

static int put_step(struct root *r, const struct txn_step *s, const struct image *image,
                    const char *temp)
{
    return s->kind == STEP_SET_ATTRIBUTES ? image_put_attributes(r, s->target, image)
                                          : image_put_unsynced(r, s->target, image, temp);
}

/* Each directory once, before the status says that its entries are there. */
static int sync_directories(struct root *r, const struct txn *t, struct err *e)
{
    struct arena *a = root_arena(r);
    struct strings done = {0};
    int first = 0;
    vec_each (s, &t->steps) {
        const char *slash = is_action(s) ? NULL : strrchr(s->target, '/');
        if (!slash || s->kind == STEP_SET_ATTRIBUTES)
            continue;
        const char *parent =
            slash == s->target ? "/" : arena_strndup(a, s->target, (size_t)(slash - s->target));
        if (strings_find(&done, parent) >= 0)
            continue;
        strings_add(a, &done, parent);
        int code = image_sync_directory(r, parent);
        if (code < 0 && first == 0)
            first = err_errno(e, code, "cannot write %s", "无法写入 %s", parent);
    }
    return first;
}

/* A directory has its old time again once its entries are what they were. */
static void set_directory_time(struct root *r, const char *path, struct timespec time)
{
    struct image is;
    if (image_capture(r, path, &is) < 0 || is.kind != IMAGE_DIRECTORY)
        return;
    is.mtime = time;
    (void)image_put_attributes(r, path, &is);
}

/* A directory that comes back has its time after its contents have come back. */
static void set_times_of_directories(struct root *r, const struct txn *t, bool before)
{
    vec_each (s, &t->steps) {
        const struct image *image = before ? &s->before : &s->after;
        if (!s->verb && image->kind == IMAGE_DIRECTORY && image->mtime.tv_nsec != UTIME_OMIT)
            set_directory_time(r, s->target, image->mtime);
    }
}

enum { ACCOUNTS_WAIT_MS = 15 * 1000 }; /* as long as lckpwdf(3) waits */

static bool is_account_file(const struct txn_step *s)
{
    static const char *const files[] = {"/etc/passwd",  "/etc/shadow", "/etc/group",
                                        "/etc/gshadow", "/etc/subuid", "/etc/subgid"};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (!is_action(s) && cstr_eq(s->target, files[i]))
            return true;
    return false;
}

/* A descriptor that keeps passwd and useradd off; -1: no account file changes, or an image that
 * nobody ever locked. -EAGAIN and others: somebody is at work there. */
static int lock_accounts(struct root *r, const struct txn *t)
{
    bool touches = false;
    vec_each (s, &t->steps)
        touches = touches || is_account_file(s);
    int lock = touches ? root_lock_accounts(r, ACCOUNTS_WAIT_MS) : -ENOENT;
    return lock == -ENOENT || lock == -ENOTDIR ? -1 : lock;
}

/* From the moment it was planned to the lock somebody may have changed a password: that stays. */
static int accounts_unchanged(struct root *r, const struct txn *t, struct err *e)
{
    vec_each (s, &t->steps) {
        struct image is;
        if (!is_account_file(s))
            continue;
        int code = image_capture(r, s->target, &is);
        if (code < 0)
            return err_errno(e, code, "cannot read %s", "无法读取 %s", s->target);
        if (is.kind != s->before.kind || !str_eq(is.bytes, s->before.bytes))
            return err_set(e, -ESTALE, "%s was changed meanwhile by another program; try again",
                           "%s 在此期间被其他程序更改；请重试", s->target);
    }
    return 0;
}

static int write_files(struct root *r, const struct txn *t, struct err *e)
{
    for (size_t i = 0; i < t->steps.n; i++) {
        const struct txn_step *s = &t->steps.v[i];
        if (is_action(s))
            continue;
        int code = put_step(r, s, &s->after, temporary(root_arena(r), t, i));
        if (code < 0)
            return err_errno(e, code, "cannot write %s", "无法写入 %s", s->target);
    }
    set_times_of_directories(r, t, false);
    return sync_directories(r, t, e);
}

static int write_locked(struct root *r, const struct txn *t, struct err *e)
{
    int lock = lock_accounts(r, t);
    if (lock < -1)
        return err_errno(e, lock, "another program is changing the accounts (%s)",
                         "另一个程序正在更改账户（%s）", "/etc/.pwd.lock");
    int code = lock < 0 ? 0 : accounts_unchanged(r, t, e);
    if (code == 0)
        code = write_files(r, t, e);
    root_unlock(lock);
    return code;
}

static int run_actions(struct root *r, struct txn *t, struct err *e)
{
    int code = packages_run(r, t, e);
    for (size_t i = 0; code == 0 && i < t->steps.n; i++) {
        const struct txn_step *s = &t->steps.v[i];
        struct text note = {0};
        if (!is_action(s) || s->kind == STEP_PACKAGE || (t->booting && !action_at_boot(s)))
            continue;
        code = action_run(r, s, &note, e);
        if (note.en)
            vec_push(root_arena(r), &t->notes, note);
        if (code < 0)
            t->failed = s;
    }
    return code;
}

/* Between a crash and the recovery somebody may have edited the file: theirs is not lost. */
static void keep_foreign(struct root *r, const struct txn *t, size_t step, const struct image *is)
{
    const struct txn_step *s = &t->steps.v[step];
    struct arena *a = root_arena(r);
    bool ours = is->kind != IMAGE_FILE || str_eq(is->bytes, s->before.bytes) ||
                str_eq(is->bytes, s->after.bytes);
    if (!ours)
        (void)image_create(r, txn_path(a, t, arena_printf(a, "found-%zu", step)), is->bytes);
}

/* Puts every file back that is not as it was; goes on after an error and returns the first. */
static int put_back(struct root *r, const struct txn *t, struct err *e)
{
    int first = 0;
    for (size_t i = t->steps.n; i > 0; i--) {
        const struct txn_step *s = &t->steps.v[i - 1];
        if (is_action(s))
            continue;
        const char *temp = temporary(root_arena(r), t, i - 1);
        struct image is;
        int code = image_clean(r, s->target, temp);
        if (code == 0)
            code = image_capture(r, s->target, &is);
        if (code == 0 && !image_equal(&is, &s->before, true)) {
            keep_foreign(r, t, i - 1, &is);
            code = put_step(r, s, &s->before, temp);
        }
        if (code < 0 && code != -ENOENT && first == 0)
            first = err_errno(e, code, "cannot put back %s", "无法恢复 %s", s->target);
    }
    set_times_of_directories(r, t, true);
    vec_each (d, &t->directories)
        set_directory_time(r, d->path, d->before);
    return first < 0 ? first : sync_directories(r, t, e);
}

static int roll_back(struct root *r, struct txn *t, bool activated, struct err *e)
{
    int lock = lock_accounts(r, t); /* being able to log in comes first: without it all the same */
    int code = put_back(r, t, e);
    root_unlock(lock);
    if (code < 0)
        return code; /* stays unfinished: recover tries again */
    /* In their own order: units are read again before one of them is touched. */
    for (size_t i = 0; activated && i < t->steps.n; i++)
        if (is_action(&t->steps.v[i]) && (!t->booting || action_at_boot(&t->steps.v[i])))
            (void)action_revert(r, &t->steps.v[i], NULL);
    return set_status(r, t, TXN_ROLLED_BACK, e);
}

static int prepare(struct root *r, struct txn *t, struct err *e)
{
    static const struct image directory = {
        .kind = IMAGE_DIRECTORY, .mode = 0700, .mtime = {.tv_nsec = UTIME_OMIT}};
    int code = state_directory(r, e);
    if (code < 0)
        return code;
    code = image_put(r, txn_path(root_arena(r), t, ""), &directory, TXN_STATE_TEMPORARY);
    if (code < 0)
        return err_errno(e, code, "cannot make the journal %s", "无法创建日志 %s",
                         txn_path(root_arena(r), t, ""));
    code = images_write(r, t, e);
    if (code == 0)
        code = set_status(r, t, TXN_PREPARED, e);
    return code < 0 ? code : manifest_write(r, t, e); /* from here on it counts */
}

static int note_directory_times(struct root *r, struct txn *t)
{
    vec_each (d, &t->directories) {
        struct image is;
        if (d->set_after) {
            set_directory_time(r, d->path, d->after);
            continue;
        }
        int code = image_capture(r, d->path, &is);
        if (code < 0)
            return code;
        d->after = is.mtime;
    }
    return 0;
}

/* What a step really left: times and labels are the kernel's. Undo compares with this. */
static int note_after(struct root *r, struct txn *t)
{
    vec_each (s, &t->steps) {
        struct image is;
        if (is_action(s))
            continue;
        int code = image_capture(r, s->target, &is);
        if (code < 0)
            return code;
        if (is.kind == s->after.kind && str_eq(is.bytes, s->after.bytes))
            s->after = is;
    }
    return 0;
}

static int commit(struct root *r, struct txn *t, struct err *e)
{
    int code = note_directory_times(r, t);
    if (t->window)
        t->window->effective_ms = boot_time_ms();
    if (code == 0)
        code = note_after(r, t);
    if (code < 0)
        return err_errno(e, code, "cannot read what was written", "无法读取已写入的内容");
    code = manifest_write(r, t, e);
    if (code == 0)
        code = set_status(r, t, t->confirm_until ? TXN_UNCONFIRMED : TXN_COMMITTED, e);
    return code;
}

/* One line per change, after it is certain that it stays. */
static void log_changes(struct root *r, const struct txn *t)
{
    struct arena *a = root_arena(r);
    vec_each (s, &t->steps)
        live_log(r, arena_printf(a, "%s %s: %s %s%s%s (%s)", t->undoes ? "undo" : "change", t->id,
                                 step_kind_name(s->kind), s->target, s->verb ? " " : "",
                                 s->verb ? s->verb : "", strings_join(a, &s->rules, ", ", 4)));
}

/* "committed" may stand there although writing it failed (the sync after the rename did). A crash
 * now must find the truth; where nothing can be written any more, no word is one too. */
static void unmark(struct root *r, struct txn *t)
{
    if (txn_set_status(r, t, TXN_ACTIVATING) < 0)
        (void)state_remove(r, txn_path(root_arena(r), t, "status"));
}

/* From the journal to the commit. */
static int carry_out(struct root *r, struct txn *t, const struct txn_hooks *hooks,
                     bool *ret_activated, struct err *e)
{
    int code = t->window ? window_arm(r, t, e) : 0;
    if (code == 0)
        code = set_status(r, t, TXN_APPLYING, e);
    if (code == 0)
        code = write_locked(r, t, e);
    if (code == 0)
        code = set_status(r, t, TXN_ACTIVATING, e);
    if (code == 0) {
        *ret_activated = true;
        code = run_actions(r, t, e);
    }
    if (code == 0 && hooks && hooks->verify && !hooks->verify(hooks->context))
        code = err_set(e, -ECANCELED, "the change did not have the planned effect",
                       "更改没有达到预期效果");
    return code < 0 ? code : commit(r, t, e);
}

static int execute(struct root *r, struct txn *t, const struct txn_hooks *hooks, struct err *e)
{
    struct err later = {.arena = root_arena(r)};
    bool activated = false;
    int code = prepare(r, t, e);
    if (code < 0) {
        (void)txn_discard(r, t);
        return code;
    }
    code = carry_out(r, t, hooks, &activated, e);
    if (code == 0) {
        log_changes(r, t);
        return 0;
    }
    live_log(r, arena_printf(root_arena(r), "transaction %s is rolled back", t->id));
    unmark(r, t);
    if (roll_back(r, t, activated, &later) < 0) {
        if (e)
            e->message = text_concat(
                root_arena(r),
                text_concat(root_arena(r), e->message, TEXT("; afterwards: ", "；随后：")),
                later.message);
        return -EUCLEAN;
    }
    if (t->window)
        window_disarm(r, t);
    return code;
}

int txn_execute(struct root *r, struct txn *t, const struct txn_hooks *hooks, struct err *e)
{
    struct held_signals held;
    signals_hold(&held); /* a lost connection is no reason to stop half way */
    int code = execute(r, t, hooks, e);
    signals_release(&held);
    return code;
}

/* ---- after a crash ---- */

static int read_status(struct root *r, struct txn *t)
{
    struct image file;
    int code = image_capture(r, txn_path(root_arena(r), t, "status"), &file);
    t->status = TXN_ACTIVATING; /* see unmark() */
    if (code < 0 || file.kind != IMAGE_FILE)
        return code;
    struct str rest = str_trim(file.bytes), word;
    if (!str_next_word(&rest, &word))
        return -EINVAL;
    code = txn_status_from_name(word, &t->status);
    return code;
}

int txn_discard(struct root *r, const struct txn *t)
{
    struct strings names;
    const char *path = txn_path(root_arena(r), t, "");
    int code = root_list_now(r, path, &names);
    for (size_t i = 0; code == 0 && i < names.n; i++)
        code = state_remove(r, txn_path(root_arena(r), t, names.v[i]));
    return code == 0 ? state_remove(r, path) : code;
}

static int load(struct root *r, const char *id, struct txn **ret, struct err *e)
{
    struct txn *t;
    int code = manifest_read(r, id, &t, e);
    if (code == 0)
        code = read_status(r, t);
    if (code == 0)
        *ret = t;
    return code;
}

/* A transaction is undone by the commit of the one that takes it back: there is no gap between. */
static void mark_undone(struct txn_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct txn *back = list->v[i];
        if (!back->undoes || back->status != TXN_COMMITTED)
            continue;
        /* Not only those before it: ids are times, and the clock may have been set back. */
        for (size_t k = 0; k < list->n; k++) {
            if (!cstr_eq(list->v[k]->id, back->undoes))
                continue;
            list->v[k]->status = TXN_UNDONE;
            list->v[k]->undone_by = back->id;
        }
    }
}

int txn_load_all(struct root *r, struct txn_list *ret, struct err *e)
{
    struct strings names = {0};
    int code = root_list_now(r, TXN_DIR, &names);
    if (code == -ENOENT)
        return 0;
    for (size_t i = 0; code == 0 && i < names.n; i++) {
        struct txn *t;
        code = load(r, names.v[i], &t, e);
        if (code == 0)
            vec_push(root_arena(r), ret, t);
        else if (code == -ENOENT) /* not yet complete, or being recovered */
            code = 0;
    }
    mark_undone(ret);
    return code;
}

static bool is_unfinished(enum txn_status s)
{
    return s == TXN_PREPARED || s == TXN_APPLYING || s == TXN_ACTIVATING;
}

const char *txn_unfinished(struct root *r)
{
    struct strings names = {0};
    if (root_list_now(r, TXN_DIR, &names) < 0)
        return NULL;
    for (size_t i = names.n; i > 0; i--) {
        struct txn t = {.id = names.v[i - 1]};
        struct image manifest;
        const char *path = txn_path(root_arena(r), &t, "manifest.json");
        if (read_status(r, &t) == 0 && is_unfinished(t.status) &&
            image_capture(r, path, &manifest) == 0 && manifest.kind == IMAGE_FILE)
            return t.id;
    }
    return NULL;
}

/* One directory of the journal. Without a complete manifest nothing was changed yet. */
static int recover_one(struct root *r, const char *id, bool booting, unsigned *count, struct err *e)
{
    struct txn shell = {.id = id}, *t = &shell;
    int code = load(r, id, &t, e);
    if (code == -ENOENT) {
        ++*count;
        return txn_discard(r, t);
    }
    if (code < 0)
        return code;
    code = image_clean(r, txn_path(root_arena(r), t, "status"), TXN_STATE_TEMPORARY);
    if (code < 0 || !is_unfinished(t->status))
        return code;
    ++*count;
    t->booting = booting;
    code = roll_back(r, t, t->status == TXN_ACTIVATING, e);
    if (code == 0 && t->window)
        window_disarm(r, t);
    return code;
}

int txn_recover(struct root *r, bool booting, unsigned *ret, struct err *e)
{
    struct strings names = {0};
    *ret = 0;
    int code = root_list_now(r, TXN_DIR, &names);
    if (code == -ENOENT)
        return 0;
    if (code < 0)
        return err_errno(e, code, "cannot read %s", "无法读取 %s", TXN_DIR);
    for (size_t i = names.n; code == 0 && i > 0; i--) /* the newest first */
        code = recover_one(r, names.v[i - 1], booting, ret, e);
    return code < 0 ? code : window_revert_expired(r, booting, ret, e);
}
