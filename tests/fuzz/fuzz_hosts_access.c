/*
 * hosts.allow, a byte 1, hosts.deny; a first byte 'u' makes the release one that is not known.  The
 * same question has the same answer, and a first line that names everybody decides whatever
 * follows.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "effective/hosts_access.h"

static struct root *open_root(struct arena *a)
{
    static char dir[] = "/tmp/fuzz-hosts.XXXXXX", etc[64];
    static int made;
    struct root *root = NULL;
    if (!made++) {
        if (!mkdtemp(dir))
            abort();
        (void)snprintf(etc, sizeof etc, "%s/etc", dir);
        if (mkdir(etc, 0755) < 0)
            abort();
    }
    if (root_open(a, dir, 0, &root, NULL) < 0)
        abort();
    return root;
}

static void put(struct root *view, const char *path, struct str bytes)
{
    if (stage_write(view, path, bytes, NULL) < 0)
        abort();
}

static struct host *host_with(struct arena *a, struct str allow, struct str deny, bool debian)
{
    static const char status[] = "Package: base-files\nStatus: install ok installed\nVersion: 1\n";
    struct root *view = NULL;
    if (root_stage(open_root(a), &view) < 0)
        abort();
    put(view, "/etc/hosts.allow", allow);
    put(view, "/etc/hosts.deny", deny);
    put(view, "/etc/list", deny); /* a pattern that is a path */
    if (debian && (stage_mkdir(view, "/var", NULL) < 0 || stage_mkdir(view, "/var/lib", NULL) < 0 ||
                   stage_mkdir(view, "/var/lib/dpkg", NULL) < 0))
        abort();
    if (debian)
        put(view, "/var/lib/dpkg/status", STR(status));
    return host_open(view, 0);
}

static void done(struct host *h)
{
    struct root *base = root_staged_base(h->root);
    root_close(h->root);
    root_close(base);
}

static struct str with_line(struct arena *a, const char *line, struct str rest)
{
    char *text = arena_alloc(a, strlen(line) + rest.n + 1);
    memcpy(text, line, strlen(line));
    memcpy(text + strlen(line), rest.p, rest.n);
    return (struct str){text, strlen(line) + rest.n};
}

static void decided(struct arena *a, struct str allow, struct str deny, bool debian, bool expected)
{
    struct host *h = host_with(a, allow, deny, debian);
    struct hosts_answer answer;
    if (hosts_access_any(h, "sshd", "192.0.2.7", &answer, NULL) < 0 || answer.allowed != expected)
        abort();
    done(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const addresses[] = {"192.0.2.7", "2001:db8::7"};
    if (size > 65536)
        return 0;
    _cleanup_arena_ struct arena *a = arena_new();
    bool debian = !size || data[0] != 'u';
    struct str all = {(const char *)data, size};
    all = str_slice(all, debian ? 0 : 1, size);
    int split = str_index(all, '\1');
    size_t end = split < 0 ? all.n : (size_t)split;
    struct str allow = str_slice(all, 0, end), deny = str_slice(all, end + (split >= 0), all.n);
    struct host *h = host_with(a, allow, deny, debian);
    for (size_t i = 0; i < 2; i++) {
        struct err e = {.arena = a};
        struct hosts_answer one = {0}, two = {0};
        struct strings sources = {0};
        int r = hosts_access_any(h, "sshd", addresses[i], &one, &e);
        if (hosts_access_any(h, "sshd", addresses[i], &two, NULL) != r ||
            one.allowed != two.allowed || (r == -EINVAL && !e.message.en))
            abort();
        (void)hosts_access_sources(h, "sshd", &sources);
    }
    done(h);
    decided(a, with_line(a, "ALL: ALL\n", allow), deny, debian, true);
    decided(a, STR(""), with_line(a, "ALL: ALL\n", deny), debian, false);
    return 0;
}
