#include "effective/sysctl.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/conf_files.h"
#include "effective/packages.h"
#include "effective/unit.h"
#include "format/sysctl.h"

/*
 * Compiled defaults of the kernel, the same from 3.10 to 6.18, where Documentation/ (ip-sysctl,
 * sysctl/kernel, sysctl/fs) states them and the configuration of the kernel does not decide.
 */
static const struct {
    const char *path, *value;
} kernel_defaults[] = {
    {"net/ipv4/ip_forward", "0"},
    {"net/ipv4/icmp_echo_ignore_all", "0"},
    {"net/ipv4/icmp_echo_ignore_broadcasts", "1"},
    {"net/ipv4/icmp_ignore_bogus_error_responses", "1"},
    {"net/ipv4/tcp_syncookies", "1"},
    {"net/ipv4/conf/all/accept_redirects", "1"},
    {"net/ipv4/conf/default/accept_redirects", "1"},
    {"net/ipv4/conf/all/accept_source_route", "0"},
    {"net/ipv4/conf/default/accept_source_route", "1"},
    {"net/ipv4/conf/all/secure_redirects", "1"},
    {"net/ipv4/conf/default/secure_redirects", "1"},
    {"net/ipv4/conf/all/send_redirects", "1"},
    {"net/ipv4/conf/default/send_redirects", "1"},
    {"net/ipv4/conf/all/log_martians", "0"},
    {"net/ipv4/conf/default/log_martians", "0"},
    {"net/ipv4/conf/all/rp_filter", "0"},
    {"net/ipv4/conf/default/rp_filter", "0"},
    {"net/ipv6/conf/all/accept_redirects", "1"},
    {"net/ipv6/conf/default/accept_redirects", "1"},
    {"net/ipv6/conf/all/accept_ra", "1"},
    {"net/ipv6/conf/default/accept_ra", "1"},
    {"net/ipv6/conf/all/accept_source_route", "0"},
    {"net/ipv6/conf/default/accept_source_route", "0"},
    {"net/ipv6/conf/all/forwarding", "0"},
    {"fs/suid_dumpable", "0"},
};

static const char *const dirs[] = {"/etc/sysctl.d",     "/run/sysctl.d", "/usr/local/lib/sysctl.d",
                                   "/usr/lib/sysctl.d", "/lib/sysctl.d", NULL};

static bool is_glob(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}

static void add_file(struct host *h, struct sysctl_settings *s, const char *path)
{
    struct str bytes;
    struct sysctl_doc d;
    int r = root_read(h->root, path, &bytes);
    if (r < 0) {
        if (r != -ENOENT && !s->error) {
            s->error = r;
            s->error_path = path;
        }
        return;
    }
    sysctl_doc_parse(h->arena, bytes, &d);
    for (size_t i = 0; i < d.lines.n; i++) {
        const struct sysctl_line *l = &d.lines.v[i];
        if (!l->key || !*l->key)
            continue;
        struct sysctl_setting one = {sysctl_path(h->arena, l->key), l->value, {path, l->line}};
        vec_push(h->arena, &s->list, one);
    }
}

struct memo_context {
    struct host *host;
};

static void *make_settings(struct root *r, void *context)
{
    struct host *h = ((struct memo_context *)context)->host;
    struct sysctl_settings *s = arena_make(h->arena, struct sysctl_settings);
    struct strings files = {0};
    s->error = conf_files(r, dirs, ".conf", &files);
    s->error_path = s->error ? dirs[0] : NULL;
    for (size_t i = 0; i < files.n; i++)
        add_file(h, s, files.v[i]);
    return s;
}

const struct sysctl_settings *sysctl_settings(struct host *h)
{
    static const char memo_key;
    struct memo_context context = {h};
    return root_memo(h->root, &memo_key, make_settings, &context);
}

/* The upstream version of the installed systemd; 0: not known. */
static int64_t systemd_version(struct host *h)
{
    const struct package *p = NULL;
    if (host_package(h, "systemd", &p) < 0)
        return 0;
    const char *colon = strchr(p->version, ':'), *start = colon ? colon + 1 : p->version;
    int64_t n = 0;
    struct str digits = {start, strspn(start, "0123456789")};
    return str_to_int64(digits, 10, &n) == 0 ? n : 0;
}

struct glob_hit {
    const struct sysctl_setting *setting;
    size_t position;
};

static int by_path(const void *x, const void *y)
{
    const struct glob_hit *a = x, *b = y;
    int c = strcmp(a->setting->path, b->setting->path);
    return c ? c : a->position < b->position ? -1 : a->position > b->position;
}

/* Of the globs that fit, the one whose value changed last is written last: an assignment that
 * repeats the value its glob has keeps the place of the earlier one. */
static const struct sysctl_setting *last_glob(struct host *h, const struct sysctl_settings *s,
                                              const char *path)
{
    VEC(struct glob_hit) hits = {0};
    for (size_t i = 0; i < s->list.n; i++) {
        const struct sysctl_setting *g = &s->list.v[i];
        if (is_glob(g->path) && fnmatch(g->path, path, FNM_PATHNAME | FNM_PERIOD) == 0) {
            struct glob_hit hit = {g, i};
            vec_push(h->arena, &hits, hit);
        }
    }
    if (hits.n > 1)
        qsort(hits.v, hits.n, sizeof *hits.v, by_path);
    const struct glob_hit *best = NULL, *current = NULL;
    for (size_t i = 0; i < hits.n; i++) {
        const struct glob_hit *hit = &hits.v[i];
        if (!current || strcmp(current->setting->path, hit->setting->path) != 0 ||
            !cstr_eq(current->setting->value, hit->setting->value))
            current = hit;
        bool ends = i + 1 == hits.n || strcmp(hits.v[i + 1].setting->path, hit->setting->path) != 0;
        if (ends && current->setting->value && *current->setting->value &&
            (!best || current->position > best->position))
            best = current;
    }
    return best ? best->setting : NULL;
}

/* An explicit assignment, even "-key", beats every glob, whatever the order; of several the last
 * one counts. Globs came with systemd 246. */
static const struct sysctl_setting *find(struct host *h, const struct sysctl_settings *s,
                                         const char *path)
{
    const struct sysctl_setting *last = NULL;
    for (size_t i = 0; i < s->list.n; i++)
        if (strcmp(s->list.v[i].path, path) == 0)
            last = &s->list.v[i];
    if (last)
        return last->value ? last : NULL;
    int64_t version = systemd_version(h);
    return version && version < 246 ? NULL : last_glob(h, s, path);
}

/* procps reads /etc/sysctl.conf whatever the links say; the value there is lost at boot. */
static struct text procps_remark(struct host *h, const char *path, const struct sysctl_answer *boot)
{
    struct str bytes;
    struct sysctl_doc d;
    const char *value = NULL;
    if (root_read(h->root, "/etc/sysctl.conf", &bytes) < 0)
        return (struct text){0};
    sysctl_doc_parse(h->arena, bytes, &d);
    for (size_t i = 0; i < d.lines.n; i++)
        if (d.lines.v[i].key && d.lines.v[i].value &&
            strcmp(sysctl_path(h->arena, d.lines.v[i].key), path) == 0)
            value = sysctl_tidy(h->arena, d.lines.v[i].value);
    if (!value || cstr_eq(value, boot->value))
        return (struct text){0};
    return text_make(h->arena,
                     "/etc/sysctl.conf says %s, but no link in sysctl.d leads to it: `sysctl "
                     "--system` sets it, a boot does not",
                     "/etc/sysctl.conf 中为 %s，但 sysctl.d 中没有指向它的链接："
                     "sysctl --system 会设置，开机时不会生效",
                     value);
}

const char *sysctl_tidy(struct arena *a, const char *value)
{
    struct str rest = str_of(value), word;
    _cleanup_buf_ struct buf b = {0};
    char *copy = str_dup(a, rest);
    for (char *p = copy; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    rest = str_of(copy);
    while (str_next_word(&rest, &word)) {
        if (b.len)
            buf_putc(&b, ' ');
        buf_append(&b, word.p, word.n);
    }
    return arena_strndup(a, b.data ? b.data : "", b.len);
}

int sysctl_at_boot(struct host *h, const char *key, struct sysctl_answer *ret, struct err *e)
{
    struct sysctl_answer answer = {0};
    const struct sysctl_settings *s = sysctl_settings(h);
    const char *path = sysctl_path(h->arena, key);
    if (s->error)
        return file_failed(h->root, e, s->error_path, s->error);
    struct unit_view v;
    const struct sysctl_setting *hit = find(h, s, path);
    bool masked = host_unit(h, "systemd-sysctl.service", &v, NULL) == 0 && v.masked;
    if (hit && masked)
        answer.remark =
            text_make(h->arena, "%s sets it, but systemd-sysctl.service is masked",
                      "%s 中有设置，但 systemd-sysctl.service 已被屏蔽", hit->where.path);
    if (hit && !masked && *hit->value) { /* "key =" writes nothing */
        answer.value = sysctl_tidy(h->arena, hit->value);
        answer.where = hit->where;
    }
    for (size_t i = 0; !answer.value && i < ARRAY_SIZE(kernel_defaults); i++) {
        if (strcmp(kernel_defaults[i].path, path) != 0)
            continue;
        answer.value = kernel_defaults[i].value;
        answer.kernel_default = true;
    }
    if (!answer.remark.en)
        answer.remark = procps_remark(h, path, &answer);
    if (!answer.remark.en && answer.kernel_default)
        answer.remark = TEXT("no file sets it: the kernel's own value", "没有文件设置：内核默认值");
    *ret = answer;
    return 0;
}
