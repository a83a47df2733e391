#include "cli/image_batch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/width.h"

#define both(i, en, zh) ((i)->lang == LANG_ZH ? (zh) : (en))

/* ---- in the worker ---- */

struct telling {
    int report;
};

static void tell_phase(void *context, struct text phase)
{
    worker_say(((struct telling *)context)->report, "phase", phase);
}

static void summarise(struct arena *a, const struct build *b, int report)
{
    const struct result *before = b->before, *after = b->after;
    worker_say(
        report, "summary",
        text_make(a, "items that pass: %u -> %u; rules that pass: %u -> %u, that fail: %u -> %u",
                  "通过的检查项：%u -> %u；通过的规则：%u -> %u，不通过：%u -> %u",
                  before->items_count[VERDICT_PASS], after->items_count[VERDICT_PASS],
                  before->rules_count[VERDICT_PASS], after->rules_count[VERDICT_PASS],
                  before->rules_count[VERDICT_FAIL], after->rules_count[VERDICT_FAIL]));
    vec_each (t, &b->notes)
        worker_say(report, "note", *t);
}

static int work(void *context, int report)
{
    struct image_job *job = context;
    struct arena *a = job->request.arena;
    struct telling telling = {report};
    struct err e = {.arena = a};
    struct build *b;
    _cleanup_buf_ struct buf manifest = {0};
    job->request.say = tell_phase;
    job->request.context = &telling;
    int code = build_make(&job->request, &b, &e);
    if (code == 0) {
        code = image_manifest(b, &manifest);
        if (code == 0)
            code = build_publish(b, (struct str){manifest.data, manifest.len}, &e);
        if (code == 0)
            summarise(a, b, report);
        build_done(b);
    }
    if (code == 0)
        return 0;
    worker_say(report, "error", e.message.en ? e.message : errno_text(code));
    return 1;
}

/* ---- progress ---- */

static void show_progress(const struct invocation *i, const struct image_job *jobs, size_t n,
                          bool clear)
{
    size_t done = 0;
    const struct image_job *busy = NULL;
    if (!isatty(STDERR_FILENO))
        return;
    for (size_t k = 0; k < n; k++) {
        done += jobs[k].state == JOB_DONE || jobs[k].state == JOB_FAILED;
        if (jobs[k].state == JOB_RUNNING)
            busy = &jobs[k];
    }
    (void)fputs("\r\033[K", stderr);
    if (!clear && busy)
        (void)fprintf(stderr, "%zu/%zu  %s: %s", done, n, safe_text(i->arena, busy->request.from),
                      text_in(busy->phase, i->lang));
    (void)fflush(stderr);
}

/* ---- what a worker says ---- */

static void take_line(struct image_job *job, struct str line)
{
    struct arena *a = job->request.arena;
    struct str word, en, zh;
    if (!str_next_field(&line, '\t', &word) || !str_next_field(&line, '\t', &en) ||
        !str_next_field(&line, '\t', &zh))
        return;
    struct text t = {str_dup(a, en), str_dup(a, zh)};
    if (str_is(word, "phase"))
        job->phase = t;
    else if (str_is(word, "summary"))
        job->summary = t;
    else if (str_is(word, "error"))
        job->failure = t;
    else if (str_is(word, "note"))
        vec_push(a, &job->notes, t);
}

/* false at the end */
static bool listen(struct image_job *job)
{
    char bytes[4096];
    ssize_t n = read(job->worker.report, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0)
        return false;
    buf_append(&job->line, bytes, (size_t)n);
    struct str rest = {job->line.data, job->line.len};
    int end;
    while ((end = str_index(rest, '\n')) >= 0) {
        take_line(job, str_slice(rest, 0, (size_t)end));
        rest = str_slice(rest, (size_t)end + 1, rest.n);
    }
    memmove(job->line.data, rest.p, rest.n);
    job->line.len = rest.n;
    return true;
}

static void finish(struct image_job *job)
{
    int status = worker_finish(&job->worker);
    job->state = status ? JOB_FAILED : JOB_DONE;
    if (status && !job->failure.en)
        job->failure = text_make(job->request.arena, "the build ended with status %d",
                                 "制作以状态 %d 结束", status);
    buf_done(&job->line);
}

static void start(struct image_job *job)
{
    struct err e = {.arena = job->request.arena};
    const struct worker_job piece = {job->to_directory,
                                     job->work_name,
                                     job->published,
                                     job->gate,
                                     &job->request.gate_port,
                                     work,
                                     job};
    job->state = JOB_RUNNING;
    if (worker_start(job->request.arena, &piece, &job->worker, &e) < 0) {
        job->state = JOB_FAILED;
        job->failure = e.message;
    }
}

/* ---- the table ---- */

static void put_table(const struct invocation *i, const struct image_job *jobs, size_t n)
{
    _cleanup_buf_ struct buf b = {0};
    for (size_t k = 0; k < n; k++) {
        const struct image_job *job = &jobs[k];
        bool good = job->state == JOB_DONE;
        buf_puts(&b, good ? both(i, "made    ", "已制作  ") : both(i, "FAILED  ", "失败    "));
        buf_put_safe(&b, str_of(good ? job->request.to : job->request.from));
        buf_puts(&b, both(i, ": ", "："));
        buf_puts(&b, text_in(good ? job->summary : job->failure, i->lang));
        buf_putc(&b, '\n');
        vec_each (t, &job->notes)
            buf_printf(&b, "        %s\n", text_in(*t, i->lang));
    }
    (void)put_output(i, &b);
}

/* ---- being ended ---- */

/* While images are built these come through a descriptor, so that nothing is left half-way: the
 * workers are ended, their janitors waited for, and then the signal does what it always does. */
struct signals {
    sigset_t taken, before;
    int fd;
    int got; /* 0: none yet */
};

static void signals_take(struct signals *s)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    *s = (struct signals){.fd = -1};
    (void)sigemptyset(&s->taken);
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) /* under nohup SIGHUP stays ignored */
        if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            (void)sigaddset(&s->taken, ends[i]);
    (void)sigprocmask(SIG_BLOCK, &s->taken, &s->before);
    s->fd = signalfd(-1, &s->taken, SFD_CLOEXEC);
}

static void signals_read(struct signals *s, struct image_job *jobs, size_t n)
{
    struct signalfd_siginfo info;
    if (read(s->fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    s->got = (int)info.ssi_signo;
    for (size_t k = 0; k < n; k++)
        if (jobs[k].state == JOB_RUNNING) {
            jobs[k].failure = TEXT("interrupted", "已中断");
            worker_kill(&jobs[k].worker);
        } else if (jobs[k].state == JOB_WAITING) {
            jobs[k].failure = TEXT("not begun", "未开始");
        }
}

static void signals_give_back(struct signals *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    (void)fflush(NULL);
    if (s->got)
        (void)raise(s->got);
    (void)sigprocmask(SIG_SETMASK, &s->before, NULL);
}

/* ---- the whole ---- */

static void run_all(const struct invocation *i, struct image_job *jobs, size_t n, unsigned at_once,
                    struct signals *signals)
{
    size_t next = 0, running = 0;
    struct pollfd *polled = arena_new_array(i->arena, struct pollfd, n + 1);
    for (;;) {
        for (; next < n && running < at_once && !signals->got; next++) {
            start(&jobs[next]);
            running += jobs[next].state == JOB_RUNNING;
        }
        if (!running)
            break;
        for (size_t k = 0; k < n; k++)
            polled[k] = (struct pollfd){jobs[k].state == JOB_RUNNING ? jobs[k].worker.report : -1,
                                        POLLIN, 0};
        polled[n] = (struct pollfd){signals->got ? -1 : signals->fd, POLLIN, 0};
        (void)poll(polled, n + 1, -1);
        if (polled[n].revents)
            signals_read(signals, jobs, n);
        for (size_t k = 0; k < n; k++)
            if (jobs[k].state == JOB_RUNNING && polled[k].revents && !listen(&jobs[k])) {
                finish(&jobs[k]);
                running--;
            }
        show_progress(i, jobs, n, false);
    }
}

int image_batch_run(struct invocation *i, struct image_job *jobs, size_t n, unsigned at_once)
{
    bool failed = false;
    struct signals signals;
    signals_take(&signals);
    run_all(i, jobs, n, at_once, &signals);
    show_progress(i, jobs, n, true);
    put_table(i, jobs, n);
    for (size_t k = 0; k < n; k++)
        failed |= jobs[k].state != JOB_DONE;
    signals_give_back(&signals);
    return failed ? EXIT_ERROR : EXIT_OK;
}
