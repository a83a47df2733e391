#include <errno.h>

#include "base/cleanup.h"
#include "engine/build.h"
#include "engine/data_file.h"
#include "format/elf.h"
#include "root/image.h"
#include "root/own.h"

#define PROGRAM "/usr/sbin/dengbao"
#define FIRST_BOOT "/var/lib/dengbao/first-boot.json"
#define UNIT_DIR "/usr/lib/systemd/system/"
#define CHECK_UNIT "dengbao-first-boot.service"
#define KEYS_UNIT "dengbao-host-keys.service"

enum { PROGRAM_LIMIT = 64 << 20 };

/* After everything is up, once: the rules that only a running system can answer. Exit codes 2 and 3
 * are answers, not failures (docs/cli.md). */
static const char check_unit[] =
    "[Unit]\n"
    "Description=MLPS 2.0 check of the first boot\n"
    "After=multi-user.target\n"
    "ConditionPathExists=!" FIRST_BOOT "\n"
    "\n"
    "[Service]\n"
    "Type=oneshot\n"
    "StateDirectory=dengbao\n"
    "StateDirectoryMode=0700\n"
    "TimeoutStartSec=30min\n"
    "SuccessExitStatus=2 3\n"
    "UMask=0077\n"
    "ExecStart=" PROGRAM " check --format json -o " FIRST_BOOT "\n"
    "ExecStartPost=/bin/sh -c 'umask 022; mkdir -p /etc/motd.d && echo \"MLPS 2.0 level 3, first "
    "boot: "
    "$$(" PROGRAM " report " FIRST_BOOT " --lang en | sed -n \"s/^rules *//p\"); now: dengbao "
    "check\" >/etc/motd.d/50-dengbao'\n"
    "\n"
    "[Install]\n"
    "WantedBy=multi-user.target\n";

/* Debian makes host keys when openssh-server is installed and never again: a sealed image would
 * come up without sshd. The RPM family has a unit of its own (sshd-keygen.target). */
static const char keys_unit[] = "[Unit]\n"
                                "Description=New SSH host keys after cloning\n"
                                "Before=ssh.service ssh.socket sshd.service\n"
                                "ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key\n"
                                "\n"
                                "[Service]\n"
                                "Type=oneshot\n"
                                "ExecStart=/usr/bin/ssh-keygen -A\n"
                                "\n"
                                "[Install]\n"
                                "WantedBy=multi-user.target\n";

static void note(struct build *b, struct text t)
{
    vec_push(b->request->arena, &b->notes, t);
}

/* The real path of a name that may not exist yet: its directory resolved, /lib -> usr/lib. */
static int real_path(struct build *b, const char *path, const char **ret)
{
    struct arena *a = b->request->arena;
    const char *slash = strrchr(path, '/'), *dir;
    int code = root_resolve(b->root, arena_strndup(a, path, (size_t)(slash - path)), &dir);
    if (code == 0)
        *ret = arena_printf(a, "%s%s", dir, slash);
    return code;
}

static int put(struct build *b, const char *path, const struct image *image, struct err *e)
{
    const char *real = path;
    int code = real_path(b, path, &real);
    if (code == 0)
        code = image_put(b->root, real, image, ".dengbao-install");
    return code < 0 ? err_set(e, code, "cannot write %s: %s", "无法写入 %s：%s", path,
                              errno_text(code).en)
                    : 0;
}

static int put_file(struct build *b, const char *path, mode_t mode, struct str bytes, struct err *e)
{
    const struct image image = {
        .kind = IMAGE_FILE, .mode = mode, .bytes = bytes, .mtime = {b->host->now, 0}};
    return put(b, path, &image, e);
}

static int make_directory(struct build *b, const char *path, struct err *e)
{
    const struct image directory = {
        .kind = IMAGE_DIRECTORY, .mode = 0755, .mtime = {b->host->now, 0}};
    return root_exists(b->root, path) ? 0 : put(b, path, &directory, e);
}

static int enable_for(struct build *b, const char *target, const char *unit, struct err *e)
{
    struct arena *a = b->request->arena;
    const struct image link = {.kind = IMAGE_SYMLINK,
                               .mode = 0777,
                               .target = arena_printf(a, UNIT_DIR "%s", unit),
                               .mtime = {b->host->now, 0}};
    const char *dir = arena_printf(a, "/etc/systemd/system/%s.wants", target);
    int code = make_directory(b, dir, e);
    return code < 0 ? code : put(b, arena_printf(a, "%s/%s", dir, unit), &link, e);
}

static int install_unit(struct build *b, const char *unit, const char *text, struct err *e)
{
    int code =
        put_file(b, arena_printf(b->request->arena, UNIT_DIR "%s", unit), 0644, str_of(text), e);
    return code < 0 ? code : enable_for(b, "multi-user.target", unit, e);
}

/* What takes unfinished and unconfirmed changes back at boot, and what leads the first
 * administrator to setup, on every kind of console and in the first shell. */
static int install_leads(struct build *b, struct err *e)
{
    static const struct {
        const char *directory, *name, *data;
    } files[] = {
        {UNIT_DIR, "dengbao-recover.service", "systemd/dengbao-recover.service"},
        {UNIT_DIR "getty@.service.d", "50-dengbao.conf", "systemd/first-login.conf"},
        {UNIT_DIR "serial-getty@.service.d", "50-dengbao.conf", "systemd/first-login.conf"},
        {UNIT_DIR "console-getty.service.d", "50-dengbao.conf", "systemd/first-login.conf"},
        {"/etc/profile.d", "dengbao-setup.sh", "profile.d/dengbao-setup.sh"},
    };
    struct arena *a = b->request->arena;
    int code = 0;
    for (size_t i = 0; code == 0 && i < ARRAY_SIZE(files); i++) {
        const char *slash = cstr_ends(files[i].directory, "/") ? "" : "/";
        code = *slash ? make_directory(b, files[i].directory, e) : 0;
        if (code == 0)
            code = put_file(b, arena_printf(a, "%s%s%s", files[i].directory, slash, files[i].name),
                            0644, str_of(data_text(a, files[i].data, PROGRAM)), e);
    }
    return code < 0 ? code : enable_for(b, "sysinit.target", "dengbao-recover.service", e);
}

/* ---- the program ---- */

/* The machine an ELF file is for: EI_CLASS, EI_DATA and e_machine as one number; 0: none. */
static unsigned elf_machine(struct str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    if (bytes.n < 20 || memcmp(p, "\177ELF", 4) != 0)
        return 0;
    unsigned machine = p[5] == 2 ? (unsigned)p[18] << 8 | p[19] : (unsigned)p[19] << 8 | p[18];
    return (unsigned)p[4] << 24 | (unsigned)p[5] << 16 | machine;
}

static const char *machine_name(struct arena *a, unsigned machine)
{
    static const struct {
        unsigned number;
        const char *name;
    } names[] = {{3, "i386"},    {40, "arm"},        {62, "x86_64"}, {183, "aarch64"},
                 {243, "riscv"}, {258, "loongarch"}, {22, "s390x"},  {21, "ppc64"}};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i].number == (machine & 0xffff))
            return names[i].name;
    return arena_printf(a, "ELF machine %u", machine & 0xffff);
}

static unsigned root_machine(struct build *b)
{
    static const char *const programs[] = {"/usr/lib/systemd/systemd", "/lib/systemd/systemd",
                                           "/usr/bin/bash", "/bin/bash", "/bin/sh"};
    struct str bytes;
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
        if (root_read(b->root, programs[i], &bytes) == 0 && elf_machine(bytes))
            return elf_machine(bytes);
    return 0;
}

const char *build_architecture(struct build *b)
{
    unsigned machine = root_machine(b);
    b->architecture = machine ? machine_name(b->request->arena, machine) : NULL;
    return b->architecture;
}

static int install_program(struct build *b, struct str program, struct err *e)
{
    int code = put_file(b, PROGRAM, 0755, program, e);
    if (code == 0)
        code = install_unit(b, CHECK_UNIT, check_unit, e);
    return code < 0 ? code : install_leads(b, e);
}

static bool wants_program(struct build *b, struct str *ret)
{
    struct arena *a = b->request->arena;
    struct strings needed = {0};
    unsigned machine = root_machine(b);
    (void)build_architecture(b);
    if (!b->request->self)
        return false;
    if (own_read_up_to(a, b->request->self, PROGRAM_LIMIT, ret, NULL) < 0 ||
        elf_needed(a, *ret, &needed) < 0 || needed.n) {
        note(b, TEXT("dengbao itself is not put into the image: this is not the static build",
                     "镜像中未放入 dengbao：当前程序不是静态构建"));
        return false;
    }
    if (!machine || machine != elf_machine(*ret)) {
        note(b, text_make(a,
                          "dengbao itself is not put into the image: the image is for %s, this "
                          "program for %s",
                          "镜像中未放入 dengbao：镜像的架构为 %s，而本程序为 %s",
                          machine ? b->architecture : "?", machine_name(a, elf_machine(*ret))));
        return false;
    }
    return true;
}

int build_install(struct build *b, struct err *e)
{
    struct str program;
    int code = 0;
    bool systemd = root_exists(b->root, "/usr/lib/systemd/systemd") ||
                   root_exists(b->root, "/lib/systemd/systemd");
    if (!wants_program(b, &program))
        code = 0;
    else if (!systemd)
        note(b, TEXT("dengbao itself is not put into the image: it has no systemd to start it",
                     "镜像中未放入 dengbao：镜像没有 systemd"));
    else
        code = install_program(b, program, e);
    if (code == 0 && b->request->seal && systemd && b->host->release->family == FAMILY_DEBIAN &&
        root_exists(b->root, "/usr/sbin/sshd"))
        code = install_unit(b, KEYS_UNIT, keys_unit, e);
    return code;
}
