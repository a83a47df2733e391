/* Who carries the revert out when the session that made the change is gone, and at the next boot.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "engine/data_file.h"
#include "engine/txn_manifest.h"
#include "engine/window.h"
#include "root/detach.h"
#include "root/image.h"
#include "root/run.h"

#define UNIT_DIR "/etc/systemd/system"
#define WANTS_DIR UNIT_DIR "/sysinit.target.wants"
#define OWN_UNIT "dengbao-revert.service"
#define OWN_TEMPORARY ".dengbao-revert"
/* Said in the unit itself, so that whoever removes it knows. */
#define WANTS_MADE "# The directory of the link was made with it.\n"

enum { RUN_TIMEOUT_MS = 60 * 1000 };

static const char *timer_name(struct arena *a, const struct txn *t)
{
    return arena_printf(a, "dengbao-revert-%s", t->id);
}

/* Everything else would have to be quoted in a unit. */
static bool is_plain(const char *path)
{
    return path[strspn(path,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-")] ==
           '\0';
}

/* ---- at the next boot ---- */

/* The installed unit, started by its link, with a program that is there. */
static bool boot_unit_installed(struct root *r)
{
    static const char *const units[] = {UNIT_DIR "/dengbao-recover.service",
                                        "/usr/lib/systemd/system/dengbao-recover.service",
                                        "/lib/systemd/system/dengbao-recover.service"};
    static const char *const links[] = {
        WANTS_DIR "/dengbao-recover.service",
        "/usr/lib/systemd/system/sysinit.target.wants/dengbao-recover.service",
        "/lib/systemd/system/sysinit.target.wants/dengbao-recover.service"};
    struct str text, line, word;
    size_t i = 0, k = 0;
    while (i < ARRAY_SIZE(units) && root_read(r, units[i], &text) < 0)
        i++;
    while (k < ARRAY_SIZE(links) && !root_exists(r, links[k]))
        k++;
    if (i == ARRAY_SIZE(units) || k == ARRAY_SIZE(links))
        return false;
    while (str_next_line(&text, &line)) {
        if (!str_starts(line, "ExecStart="))
            continue;
        line = str_slice(line, strlen("ExecStart="), line.n);
        return str_next_word(&line, &word) && root_exists(r, str_dup(root_arena(r), word));
    }
    return false;
}

/* A name comes or goes without its directory's time showing it: the tree is to be as it was. */
static int put_unseen(struct root *r, const char *directory, const char *path,
                      const struct image *image)
{
    struct image was;
    int code = image_capture(r, directory, &was);
    if (code < 0)
        return code;
    code = image_put(r, path, image, OWN_TEMPORARY);
    if (code == 0)
        code = image_put_attributes(r, directory, &was);
    return code;
}

static int put_boot_unit(struct root *r, const char *program)
{
    static const struct image directory = {
        .kind = IMAGE_DIRECTORY, .mode = 0755, .mtime = {.tv_nsec = UTIME_OMIT}};
    struct arena *a = root_arena(r);
    struct image wants;
    int code = image_capture(r, WANTS_DIR, &wants);
    if (code < 0)
        return code;
    bool make = wants.kind == IMAGE_ABSENT;
    const char *text = data_text(a, "systemd/dengbao-recover.service", program);
    struct image unit = {.kind = IMAGE_FILE,
                         .mode = 0644,
                         .mtime = {.tv_nsec = UTIME_OMIT},
                         .bytes = str_of(arena_printf(a, "%s%s", make ? WANTS_MADE : "", text))};
    struct image link = {.kind = IMAGE_SYMLINK,
                         .mode = 0777,
                         .mtime = {.tv_nsec = UTIME_OMIT},
                         .target = UNIT_DIR "/" OWN_UNIT};
    code = put_unseen(r, UNIT_DIR, UNIT_DIR "/" OWN_UNIT, &unit);
    if (code == 0 && make)
        code = put_unseen(r, UNIT_DIR, WANTS_DIR, &directory);
    if (code == 0)
        code = put_unseen(r, WANTS_DIR, WANTS_DIR "/" OWN_UNIT, &link);
    return code;
}

static void remove_boot_unit(struct root *r)
{
    static const struct image absent = {.kind = IMAGE_ABSENT};
    struct image unit;
    if (image_capture(r, UNIT_DIR "/" OWN_UNIT, &unit) < 0 || unit.kind != IMAGE_FILE)
        return;
    (void)put_unseen(r, WANTS_DIR, WANTS_DIR "/" OWN_UNIT, &absent);
    if (str_starts(unit.bytes, WANTS_MADE))
        (void)put_unseen(r, UNIT_DIR, WANTS_DIR, &absent); /* not if it has other links by now */
    (void)put_unseen(r, UNIT_DIR, UNIT_DIR "/" OWN_UNIT, &absent);
}

/* ---- while the system runs ---- */

static bool systemd_runs(struct root *r)
{
    return root_exists(r, "/run/systemd/system");
}

static int start_timer(struct root *r, const struct txn *t, const char *program)
{
    struct arena *a = root_arena(r);
    const char *unit = arena_printf(a, "--unit=%s", timer_name(a, t));
    const char *after = arena_printf(a, "--on-active=%llds", (long long)t->window->within);
    /* Restart: should the revert itself be killed; older systemd has no such property here. */
    const char *const argv[] = {"/usr/bin/systemd-run",
                                unit,
                                after,
                                "--timer-property=AccuracySec=100ms",
                                "--property=Restart=on-failure",
                                "--property=RestartSec=3",
                                "--description=Take back what nobody confirmed",
                                program,
                                "recover",
                                "--unconfirmed",
                                t->id,
                                NULL};
    const char *const older[] = {argv[0], unit,      after,           argv[3], argv[6],
                                 program, "recover", "--unconfirmed", t->id,   NULL};
    struct run_result result = {0};
    int code = root_run(r, argv, RUN_TIMEOUT_MS, &result);
    if (code == 0 && result.status != 0)
        code = root_run(r, older, RUN_TIMEOUT_MS, &result);
    return code == 0 && result.status != 0 ? -EREMOTEIO : code;
}

static int start_process(struct root *r, const struct txn *t, const char *program)
{
    const char *const argv[] = {program, "recover", "--unconfirmed", t->id, NULL};
    return root_detach(r, argv, timer_name(root_arena(r), t));
}

int window_arm(struct root *r, struct txn *t, struct err *e)
{
    struct arena *a = root_arena(r);
    const char *program;
    int code = root_own_program(r, &program);
    if (code == 0 && !is_plain(program))
        code = -EINVAL;
    if (code < 0)
        return err_errno(e, code,
                         "the change cannot be taken back by itself: this program must be a file "
                         "that only root can change",
                         "无法设置自动撤销：本程序须为只有 root 可更改的文件");
    if (!boot_unit_installed(r) && root_exists(r, UNIT_DIR)) {
        code = put_boot_unit(r, program);
        if (code < 0) {
            remove_boot_unit(r);
            return err_errno(e, code, "cannot have it taken back at the next boot: %s",
                             "无法设置启动时自动撤销：%s", UNIT_DIR "/" OWN_UNIT);
        }
    } else if (!root_exists(r, UNIT_DIR)) {
        struct text note =
            TEXT("no systemd here: after a restart the change is taken back by the next dengbao "
                 "command, not before",
                 "此处没有 systemd：系统重启后，由下一次运行的 dengbao 命令撤销更改");
        vec_push(a, &t->notes, note);
    }
    code = systemd_runs(r) ? start_timer(r, t, program) : -ENOSYS;
    if (code < 0)
        code = start_process(r, t, program);
    if (code == 0)
        return 0;
    remove_boot_unit(r);
    return err_errno(e, code, "cannot start what would take the change back", "无法启动自动撤销");
}

void window_disarm(struct root *r, const struct txn *t)
{
    struct arena *a = root_arena(r);
    const char *const argv[] = {"/usr/bin/systemctl", "stop",
                                arena_printf(a, "%s.timer", timer_name(a, t)), NULL};
    struct run_result result;
    remove_boot_unit(r);
    if (root_is_live(r) && systemd_runs(r))
        (void)root_run(r, argv, RUN_TIMEOUT_MS, &result);
}
