#include <errno.h>

#include "base/cleanup.h"
#include "engine/build.h"
#include "engine/data_file.h"
#include "format/elf.h"
#include "root/image.h"
#include "root/own.h"

#define PROGRAM "/usr/sbin/dengbao"
#define UNIT_DIR "/usr/lib/systemd/system/"

enum { PROGRAM_LIMIT = 64 << 20 };

static void note(struct build *b, struct text t)
{
    vec_push(b->request->arena, &b->notes, t);
}

/* The real path of a name that may not exist yet: its directory resolved, /lib -> usr/lib. */
static int real_path(struct build *b, const char *path, const char **ret)
{
    struct arena *a = b->request->arena;
    const char *slash = strrchr(path, '/'), *dir;
    const char *parent = arena_strndup(a, path, (size_t)(slash - path));
    int code = root_resolve(b->root, parent, &dir);
    if (code == -ENOENT) { /* made just now: the root has remembered its absence */
        const char *last = strrchr(parent, '/'), *above;
        if (!last || last == parent)
            return code;
        code = root_resolve(b->root, arena_strndup(a, parent, (size_t)(last - parent)), &above);
        if (code == 0)
            dir = arena_printf(a, "%s%s", above, last);
    }
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

static int enable(struct build *b, const char *unit, struct str target, struct err *e)
{
    struct arena *a = b->request->arena;
    const struct image link = {.kind = IMAGE_SYMLINK,
                               .mode = 0777,
                               .target = arena_printf(a, UNIT_DIR "%s", unit),
                               .mtime = {b->host->now, 0}};
    const char *dir = arena_printf(a, "/etc/systemd/system/%.*s.wants", STR_ARG(target));
    int code = make_directory(b, dir, e);
    return code < 0 ? code : put(b, arena_printf(a, "%s/%s", dir, unit), &link, e);
}

/* A file of data/ and where it goes. */
struct installed {
    const char *directory, *name, *data;
};

/* A unit is enabled as its [Install] says. */
static int install_data(struct build *b, const struct installed *i, struct err *e)
{
    struct arena *a = b->request->arena;
    struct str text = str_of(data_text(a, i->data, PROGRAM)), rest = text, line;
    const char *slash = cstr_ends(i->directory, "/") ? "" : "/";
    int code = *slash ? make_directory(b, i->directory, e) : 0;
    if (code == 0)
        code = put_file(b, arena_printf(a, "%s%s%s", i->directory, slash, i->name), 0644, text, e);
    while (code == 0 && str_next_line(&rest, &line))
        if (str_starts(line, "WantedBy="))
            code = enable(b, i->name, str_trim(str_slice(line, 9, line.n)), e);
    return code;
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

/* What checks the first boot, what takes unfinished and unconfirmed changes back at boot, and what
 * leads the first administrator to setup, on every kind of console and in the first shell. */
static int install_program(struct build *b, struct str program, struct err *e)
{
    static const struct installed files[] = {
        {UNIT_DIR, "dengbao-first-boot.service", "systemd/dengbao-first-boot.service"},
        {UNIT_DIR, "dengbao-recover.service", "systemd/dengbao-recover.service"},
        {UNIT_DIR "getty@.service.d", "50-dengbao.conf", "systemd/first-login.conf"},
        {UNIT_DIR "serial-getty@.service.d", "50-dengbao.conf", "systemd/first-login.conf"},
        {UNIT_DIR "console-getty.service.d", "50-dengbao.conf", "systemd/first-login.conf"},
        {"/etc/profile.d", "dengbao-setup.sh", "profile.d/dengbao-setup.sh"},
    };
    int code = put_file(b, PROGRAM, 0755, program, e);
    for (size_t i = 0; code == 0 && i < ARRAY_SIZE(files); i++)
        code = install_data(b, &files[i], e);
    return code;
}

/* Without a look at who owns it: in a user namespace root's files are nobody's, and what runs now
 * needs no trust any more. */
static int read_self(struct build *b, struct str *ret)
{
    _cleanup_buf_ struct buf bytes = {0};
    int code = own_read_input(b->request->self, PROGRAM_LIMIT, &bytes, NULL);
    if (code < 0)
        return code;
    char *copy = arena_alloc(b->request->arena, bytes.len + 1);
    memcpy(copy, bytes.data, bytes.len);
    *ret = (struct str){copy, bytes.len};
    return 0;
}

static bool wants_program(struct build *b, struct str *ret)
{
    struct arena *a = b->request->arena;
    struct strings needed = {0};
    unsigned machine = root_machine(b);
    (void)build_architecture(b);
    if (!b->request->self)
        return false;
    int code = read_self(b, ret);
    if (code == 0 && (!machine || machine != elf_machine(*ret))) {
        note(b, text_make(a,
                          "dengbao itself is not put into the image: the image is for %s, this "
                          "program for %s",
                          "镜像中未放入 dengbao：镜像的架构为 %s，而本程序为 %s",
                          machine ? b->architecture : "?", machine_name(a, elf_machine(*ret))));
        return false;
    }
    if (code < 0 || elf_needed_of(a, *ret, &needed) < 0 || needed.n) {
        note(b, TEXT("dengbao itself is not put into the image: this is not the static build",
                     "镜像中未放入 dengbao：当前程序不是静态构建"));
        return false;
    }
    return true;
}

int build_install(struct build *b, struct err *e)
{
    static const struct installed keys = {UNIT_DIR, "dengbao-host-keys.service",
                                          "systemd/dengbao-host-keys.service"};
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
        code = install_data(b, &keys, e);
    return code;
}
