#include "effective/boot.h"

#include <errno.h>

#include "base/buf.h"
#include "base/cleanup.h"

static const char *const grub_cfgs[] = {
    "/boot/grub2/grub.cfg",
    "/boot/grub/grub.cfg",
    "/boot/efi/EFI/centos/grub.cfg",
    "/boot/efi/EFI/redhat/grub.cfg",
    "/boot/efi/EFI/openEuler/grub.cfg",
    "/boot/efi/EFI/alinux/grub.cfg",
    "/boot/efi/EFI/anolis/grub.cfg",
};
static const char *const grubenvs[] = {"/boot/grub2/grubenv", "/boot/grub/grubenv"};

const char *cmdline_value(struct arena *a, const char *cmdline, const char *name)
{
    const char *value = NULL;
    struct str s = str_of(cmdline);
    size_t name_len = strlen(name);
    for (size_t i = 0; i < s.n;) {
        bool quoted = false;
        size_t start = i;
        for (; i < s.n && (quoted || (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\n')); i++)
            quoted ^= s.p[i] == '"';
        struct str word = str_slice(s, start, i);
        if (str_starts(word, "\""))
            word = str_slice(word, 1, word.n);
        if (str_starts(word, name) && (word.n == name_len || word.p[name_len] == '=')) {
            struct str v = str_slice(word, word.n == name_len ? name_len : name_len + 1, word.n);
            if (v.n && v.p[0] == '"')
                v = str_slice(v, 1, v.n);
            if (v.n && v.p[v.n - 1] == '"')
                v.n--;
            value = str_dup(a, v);
        }
        i++;
    }
    return value;
}

static bool is_rescue(struct str title)
{
    static const char *const words[] = {"rescue", "recovery", "救援", "恢复"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (title.n && memmem(title.p, title.n, words[i], strlen(words[i])))
            return true;
    return false;
}

/* `kernelopts=…` of grubenv, for entries that say `options $kernelopts`. */
static const char *kernelopts(struct host *h)
{
    for (size_t i = 0; i < ARRAY_SIZE(grubenvs); i++) {
        struct str rest, line;
        if (root_read(h->root, grubenvs[i], &rest) < 0)
            continue;
        while (str_next_line(&rest, &line))
            if (str_starts(line, "kernelopts="))
                return str_dup(h->arena, str_slice(line, strlen("kernelopts="), line.n));
    }
    return "";
}

static void expand(struct host *h, struct buf *ret, struct str options)
{
    struct str word;
    while (str_next_word(&options, &word)) {
        if (ret->len)
            buf_putc(ret, ' ');
        if (str_is(word, "$kernelopts") || str_is(word, "${kernelopts}"))
            buf_puts(ret, kernelopts(h));
        else if (!str_starts(word, "$"))
            buf_append(ret, word.p, word.n);
    }
}

static void read_bls_entry(struct host *h, struct boot *b, const char *path)
{
    struct str rest, line;
    int r = root_read(h->root, path, &rest);
    if (r < 0) {
        b->error = r;
        b->error_path = path;
        return;
    }
    _cleanup_buf_ struct buf options = {0};
    struct boot_entry entry = {.name = path, .path = path};
    struct str title = {0};
    for (unsigned n = 1; str_next_line(&rest, &line); n++) {
        struct str key;
        if (!str_next_word(&line, &key))
            continue;
        if (str_is(key, "options")) {
            expand(h, &options, str_trim(line));
            entry.line = n;
        } else if (str_is(key, "title")) {
            title = str_trim(line);
        }
    }
    if (is_rescue(title) || is_rescue(str_of(path)))
        return;
    if (title.n)
        entry.name = str_dup(h->arena, title);
    entry.cmdline = arena_strndup(h->arena, options.data ? options.data : "", options.len);
    vec_push(h->arena, &b->entries, entry);
}

static struct str quoted_title(struct str line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] != '\'' && line.p[i] != '"')
            continue;
        struct str rest = str_slice(line, i + 1, line.n);
        int end = str_index(rest, line.p[i]);
        return end < 0 ? rest : str_slice(rest, 0, (size_t)end);
    }
    return line;
}

/* Recovery entries by what they give the kernel: their titles are in the language of whoever ran
 * grub-mkconfig (GRUB_CMDLINE_LINUX_RECOVERY: "single", Ubuntu "recovery nomodeset"). */
static bool recovers(struct str options)
{
    static const char *const words[] = {"single",
                                        "recovery",
                                        "rescue",
                                        "emergency",
                                        "systemd.unit=rescue.target",
                                        "systemd.unit=emergency.target"};
    struct str word;
    while (str_next_word(&options, &word))
        for (size_t i = 0; i < ARRAY_SIZE(words); i++)
            if (str_is(word, words[i]))
                return true;
    return false;
}

static bool is_kernel(struct str path)
{
    struct str name = path;
    for (size_t i = path.n; i-- > 0;)
        if (path.p[i] == '/') {
            name = str_slice(path, i + 1, path.n);
            break;
        }
    return !str_starts(name, "memtest");
}

/* grub-mkconfig marks what each of its scripts wrote; os-prober's entries start other systems. */
static bool of_other_systems(struct str line, bool now)
{
    static const char begin[] = "### BEGIN /etc/grub.d/30_os-prober";
    static const char end[] = "### END /etc/grub.d/30_os-prober";
    return str_starts(line, begin) || (now && !str_starts(line, end));
}

static void read_grub_cfg(struct host *h, struct boot *b, const char *path, struct str rest)
{
    struct str line, title = STR("");
    bool other = false;
    for (unsigned n = 1; str_next_line(&rest, &line); n++) {
        struct str s = str_trim(line), key, kernel;
        other = of_other_systems(s, other);
        if (str_starts(s, "menuentry ") || str_starts(s, "submenu ")) {
            title = quoted_title(s);
            continue;
        }
        if (other || !str_next_word(&s, &key))
            continue;
        if (!str_is(key, "linux") && !str_is(key, "linux16") && !str_is(key, "linuxefi"))
            continue;
        if (!str_next_word(&s, &kernel) || !is_kernel(kernel) || is_rescue(title) || recovers(s))
            continue;
        _cleanup_buf_ struct buf options = {0};
        expand(h, &options, s);
        struct boot_entry entry = {str_dup(h->arena, title), NULL, path, n};
        entry.cmdline = arena_strndup(h->arena, options.data ? options.data : "", options.len);
        vec_push(h->arena, &b->entries, entry);
    }
}

/* ---- /etc/default/grub, which grub-mkconfig reads as a shell does ---- */

struct defaults {
    const char *all, *normal; /* GRUB_CMDLINE_LINUX, GRUB_CMDLINE_LINUX_DEFAULT */
    const char *path;         /* of the first */
    unsigned line;
};

/* The first word of a shell assignment's right side: quotes gone, the two variables put in. */
static const char *shell_value(struct host *h, const struct defaults *d, struct str s)
{
    _cleanup_buf_ struct buf out = {0};
    char quote = '\0';
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == quote) {
            quote = '\0';
        } else if (!quote && (c == '"' || c == '\'')) {
            quote = c;
        } else if (!quote && (c == ' ' || c == '\t' || c == ';')) {
            break;
        } else if (c == '\\' && quote != '\'' && i + 1 < s.n) {
            buf_putc(&out, s.p[++i]);
        } else if (c == '$' && quote != '\'') {
            bool brace = i + 1 < s.n && s.p[i + 1] == '{';
            size_t start = i + 1 + brace, end = start;
            while (end < s.n && (s.p[end] == '_' || (s.p[end] >= 'A' && s.p[end] <= 'Z')))
                end++;
            struct str name = str_slice(s, start, end);
            const char *value = str_is(name, "GRUB_CMDLINE_LINUX")           ? d->all
                                : str_is(name, "GRUB_CMDLINE_LINUX_DEFAULT") ? d->normal
                                                                             : "";
            buf_puts(&out, value);
            i = end - (brace && end < s.n ? 0 : 1);
        } else {
            buf_putc(&out, c);
        }
    }
    return arena_strndup(h->arena, out.data ? out.data : "", out.len);
}

static int read_defaults_file(struct host *h, struct defaults *d, const char *path)
{
    static const char all[] = "GRUB_CMDLINE_LINUX=", normal[] = "GRUB_CMDLINE_LINUX_DEFAULT=";
    struct str rest, line;
    int r = root_read(h->root, path, &rest);
    for (unsigned n = 1; r == 0 && str_next_line(&rest, &line); n++) {
        struct str s = str_trim(line);
        if (str_starts(s, "export "))
            s = str_trim(str_slice(s, strlen("export "), s.n));
        if (str_starts(s, all)) {
            d->all = shell_value(h, d, str_slice(s, sizeof all - 1, s.n));
            d->path = path;
            d->line = n;
        } else if (str_starts(s, normal)) {
            d->normal = shell_value(h, d, str_slice(s, sizeof normal - 1, s.n));
        }
    }
    return r;
}

/* GRUB_CMDLINE_LINUX, then GRUB_CMDLINE_LINUX_DEFAULT: the order grub-mkconfig writes them in.
 * Debian's reads /etc/default/grub.d/NAME.cfg after the file; cloud images have their arguments
 * there. */
static bool read_defaults(struct host *h, struct boot *b)
{
    static const char path[] = "/etc/default/grub";
    struct defaults d = {"", "", path, 0};
    struct strings more = {0};
    bool found = read_defaults_file(h, &d, path) == 0;
    if (h->release->family == FAMILY_DEBIAN &&
        root_glob(h->root, "/etc/default/grub.d/*.cfg", &more) == 0)
        for (size_t i = 0; i < more.n; i++)
            found = read_defaults_file(h, &d, more.v[i]) == 0 || found;
    if (!found)
        return false;
    struct boot_entry entry = {path, NULL, d.path, d.line};
    entry.cmdline = arena_printf(h->arena, "%s %s", d.all, d.normal);
    vec_push(h->arena, &b->entries, entry);
    b->from_defaults = true;
    return true;
}

static void *make_boot(struct root *root, void *context)
{
    struct host *h = context;
    struct boot *b = arena_make(h->arena, struct boot);
    struct strings found = {0};
    if (root_glob(root, "/boot/loader/entries/*.conf", &found) == 0)
        for (size_t i = 0; i < found.n; i++)
            read_bls_entry(h, b, found.v[i]);
    for (size_t i = 0; !b->entries.n && !b->error && i < ARRAY_SIZE(grub_cfgs); i++) {
        struct str bytes;
        int r = root_read(root, grub_cfgs[i], &bytes);
        if (r == 0)
            read_grub_cfg(h, b, grub_cfgs[i], bytes);
        else if (r != -ENOENT && r != -ENOTDIR) {
            b->error = r;
            b->error_path = grub_cfgs[i];
        }
    }
    if (!b->entries.n && !b->error && !read_defaults(h, b))
        b->error = -ENOENT;
    return b;
}

const struct boot *host_boot(struct host *h)
{
    static const char key;
    return root_memo(h->root, &key, make_boot, h);
}
