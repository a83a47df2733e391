#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/format.h"
#include "cli/output_sign.h"
#include "cli/saved.h"
#include "engine/check.h"
#include "root/helper.h"
#include "root/lock.h"
#include "root/sandbox.h"

enum { PROGRESS_AFTER_MS = 400, WAIT_FOR_CHANGE_MS = 30000 };

struct progress {
    struct timespec start;
    bool shown;
};

static int64_t elapsed_ms(const struct timespec *start)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

/* Only for people who wait at a terminal. */
static void show_progress(void *context, size_t done, size_t total)
{
    struct progress *p = context;
    if (elapsed_ms(&p->start) < PROGRESS_AFTER_MS)
        return;
    p->shown = true;
    (void)fprintf(stderr, "\r%zu/%zu ", done, total);
    (void)fflush(stderr);
}

/* The walk over the file systems is the one part whose length nobody knows beforehand. */
static void show_walk(void *context, uint64_t entries)
{
    struct progress *p = context;
    if (elapsed_ms(&p->start) < PROGRESS_AFTER_MS)
        return;
    p->shown = true;
    (void)fprintf(stderr, "\r%" PRIu64 " files\033[K", entries);
    (void)fflush(stderr);
}

/* What is judged is the state before or after a change, never in its middle. Who changes does not
 * wait for a long walk: where somebody did, everything is judged again, and then they wait. */
static const struct result *check_between_changes(struct invocation *i, struct root *root,
                                                  struct host *host, struct policy *policy,
                                                  const struct check_options *options)
{
    static const char lock_file[] = "/var/lib/dengbao/lock";
    struct timespec before, after;
    struct root *fresh;
    int seen = root_lock_seen(root, lock_file, WAIT_FOR_CHANGE_MS, &before);
    const struct result *result = check_run(host, policy, options);
    if (seen < 0 || root_lock_seen(root, lock_file, WAIT_FOR_CHANGE_MS, &after) < 0)
        return result;
    if (before.tv_sec == after.tv_sec && before.tv_nsec == after.tv_nsec)
        return result;
    if (session_root(i, &fresh))
        return result;
    helper_share(i->helper, fresh);
    struct host *again = host_open(fresh, host->now);
    again->options = host->options;
    int lock = root_lock_read(fresh, lock_file, WAIT_FOR_CHANGE_MS);
    result = check_run(again, policy, options);
    root_unlock(lock);
    root_close(fresh);
    return result;
}

/* From here on nothing can be written or started but by the helper, and that only what it knows. */
static int give_up_rights(struct invocation *i, struct root *root)
{
    const char *file = i->options[OPTION_OUTPUT];
    struct strings may_write = {0};
    struct sandbox_limits limits;
    if (file && !cstr_eq(file, "-")) {
        strings_add(i->arena, &may_write, file);
        strings_add(i->arena, &may_write, arena_printf(i->arena, "%s" STATEMENT_SUFFIX, file));
    }
    if (may_write.n || root_is_live(root)) {
        int r = helper_start(root, &may_write, &i->helper);
        if (r < 0)
            return complain(i, EXIT_ERROR, errno_text(r));
    }
    sandbox_enter(root, &limits);
    if (i->options[OPTION_VERBOSE])
        (void)complain(i, 0, sandbox_text(i->arena, root, &limits));
    return 0;
}

static int check(struct invocation *i)
{
    const struct report *format;
    struct policy *policy;
    struct selection selection = {0};
    _cleanup_root_ struct root *root = NULL;
    int r = format_of(i, &format);
    if (!r)
        r = sign_ready(i);
    if (!r)
        r = session_policy(i, &policy);
    if (!r)
        r = session_select(i, policy, &selection);
    if (!r)
        r = session_root(i, &root);
    if (r)
        return r;
    struct progress progress = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &progress.start);
    struct check_options options = {.selection = &selection, .context = &progress};
    options.settlements = session_settlements(i, policy);
    if (isatty(STDERR_FILENO))
        options.progress = show_progress;
    struct host_options asked = {.progress_context = &progress};
    if (isatty(STDERR_FILENO))
        asked.progress = show_walk;
    struct host *host = session_host(i, root, policy, &asked);
    r = give_up_rights(i, root);
    if (r)
        return r;
    const struct result *result = check_between_changes(i, root, host, policy, &options);
    if (progress.shown)
        (void)fputs("\r\033[K", stderr);
    session_unfinished(i, root);
    struct report_options looks = {.lang = i->lang, .verbose = i->options[OPTION_VERBOSE] != NULL};
    if (!i->options[OPTION_OUTPUT]) {
        looks.colour = i->colour;
        looks.columns = i->columns;
    }
    struct record *record = NULL;
    if (cstr_eq(format->name, "html") && record_of_result(i, policy, result, &record) == 0)
        looks.record = record;
    _cleanup_buf_ struct buf out = {0};
    r = format->write(result, &looks, &out);
    if (r < 0)
        return complain(i, EXIT_ERROR, errno_text(r));
    r = put_result(i, format->name, &out);
    helper_stop(i->helper);
    i->helper = NULL;
    return r ? r : check_exit_code(result);
}

const struct command command_check = {
    .name = "check",
    .arguments = "[RULE|ITEM…]",
    .summary = {"judge this machine or an image root against the 19 items",
                "对照 19 个检查项判定本机或镜像根目录"},
    .about = {"Judges the effective state of this machine, or of the system under --root, and says "
              "for every sub-item what was found, where, and what is wanted. Nothing is changed. "
              "Rules and items are named by id or number (sshd-root-login, 1.4, 3).",
              "判定本机（或 --root 指定的系统）实际生效的状态，逐个子项说明现状、位置和要求。"
              "不做任何修改。规则和检查项可用 id 或编号指定（sshd-root-login、1.4、3）。"},
    .set = COMMAND_CHECK,
    .run = check,
};
