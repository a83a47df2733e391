/*
 * Preloaded into auditctl inside a throw-away root: stands in for the kernel, so that no audit
 * state of this machine is touched, and writes every rule that the kernel would have got, in order.
 * Like the kernel it refuses a rule that is there already and a path whose directory is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <libaudit.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/str.h"

static struct {
    char *text[4096];
    int count;
} rules;

int audit_can_control(void);
int audit_can_control(void)
{
    return 1;
}

int audit_open(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int audit_is_enabled(int fd)
{
    (void)fd;
    errno = 0;
    return 1;
}

static void write_all(void)
{
    FILE *f = fopen(getenv("SHIM_OUT"), "we");
    for (int i = 0; f && i < rules.count; i++)
        if (rules.text[i])
            (void)fprintf(f, "%s\n", rules.text[i]);
    if (f)
        (void)fclose(f);
}

static void put_syscalls(struct buf *b, const struct audit_rule_data *r)
{
    unsigned machine = MACH_86_64;
    int all = 1;
    const char *names[2048];
    size_t n = 0;
    for (size_t i = 0; i < AUDIT_BITMASK_SIZE - 1; i++)
        all = all && r->mask[i] == ~0u;
    for (size_t i = 0; i < r->field_count; i++)
        if (r->fields[i] == AUDIT_ARCH)
            machine = (unsigned)audit_elf_to_machine(r->values[i]);
    for (unsigned i = 0; !all && i < 2048; i++)
        if (r->mask[i / 32] & 1u << i % 32)
            names[n++] = audit_syscall_to_name((int)i, machine);
    buf_puts(b, all || n == 0 ? " -S all" : " -S ");
    for (size_t i = 0; i < n; i++)
        buf_printf(b, "%s%s", i ? "," : "", names[i] ? names[i] : "?");
}

static int describe(struct buf *b, const struct audit_rule_data *r, int flags, int action)
{
    static const char *const ops[] = {"=", "!=", ">", ">=", "<", "<=", "&", "&="};
    static const uint32_t codes[] = {
        AUDIT_EQUAL,     AUDIT_NOT_EQUAL,          AUDIT_GREATER_THAN, AUDIT_GREATER_THAN_OR_EQUAL,
        AUDIT_LESS_THAN, AUDIT_LESS_THAN_OR_EQUAL, AUDIT_BIT_MASK,     AUDIT_BIT_TEST};
    size_t at = 0;
    struct stat st;
    buf_printf(b, "%s,%s", audit_action_to_name(action),
               audit_flag_to_name(flags & ~AUDIT_FILTER_PREPEND));
    put_syscalls(b, r);
    for (size_t i = 0; i < r->field_count; i++) {
        uint32_t f = r->fields[i];
        const char *op = "?";
        for (size_t k = 0; k < 8; k++)
            if (codes[k] == r->fieldflags[i])
                op = ops[k];
        buf_printf(b, f == AUDIT_FILTERKEY ? " -k " : " -F %s%s", audit_field_to_name((int)f), op);
        if (f == AUDIT_WATCH || f == AUDIT_DIR || f == AUDIT_FILTERKEY || f == AUDIT_EXE) {
            char path[PATH_MAX];
            (void)snprintf(path, sizeof path, "%.*s", (int)r->values[i], r->buf + at);
            at += r->values[i];
            buf_puts(b, path);
            if (f == AUDIT_DIR && stat(path, &st) < 0)
                return -ENOENT;
            if (f == AUDIT_WATCH && strrchr(path, '/') != path) {
                *strrchr(path, '/') = '\0';
                if (stat(path, &st) < 0)
                    return -ENOENT;
            }
        } else {
            buf_printf(b, "%d", (int)r->values[i]);
        }
    }
    return 0;
}

static int find(const char *text)
{
    for (int i = 0; i < rules.count; i++)
        if (rules.text[i] && strcmp(rules.text[i], text) == 0)
            return i;
    return -1;
}

int audit_add_rule_data(int fd, struct audit_rule_data *r, int flags, int action)
{
    struct buf b = {0};
    (void)fd;
    int e = describe(&b, r, flags, action);
    if (e == 0 && find(b.data) >= 0)
        e = -EEXIST;
    if (e < 0 || rules.count == 4096) {
        errno = -e;
        return e;
    }
    int at = rules.count++;
    for (; flags & AUDIT_FILTER_PREPEND && at > 0; at--)
        rules.text[at] = rules.text[at - 1];
    rules.text[at] = b.data;
    write_all();
    return 1;
}

int audit_delete_rule_data(int fd, struct audit_rule_data *r, int flags, int action)
{
    struct buf b = {0};
    (void)fd;
    (void)describe(&b, r, flags, action);
    int at = find(b.data);
    if (at < 0) {
        errno = ENOENT;
        return -ENOENT;
    }
    rules.text[at] = NULL;
    write_all();
    return 1;
}

/* Within a file only -D asks for the list, to delete all of it. */
int audit_request_rules_list_data(int fd)
{
    (void)fd;
    rules.count = 0;
    write_all();
    return 1;
}

int audit_get_reply(int fd, struct audit_reply *rep, reply_t block, int peek)
{
    (void)fd;
    (void)block;
    (void)peek;
    static struct nlmsghdr header = {.nlmsg_type = NLMSG_DONE, .nlmsg_seq = 1};
    *rep = (struct audit_reply){.type = NLMSG_DONE, .nlh = &header};
    return 1;
}

int audit_request_status(int fd)
{
    (void)fd;
    return 1;
}

int audit_set_enabled(int fd, uint32_t enabled)
{
    (void)fd;
    (void)enabled;
    return 1;
}

int audit_set_failure(int fd, uint32_t failure)
{
    (void)fd;
    (void)failure;
    return 1;
}

int audit_set_rate_limit(int fd, uint32_t limit)
{
    (void)fd;
    (void)limit;
    return 1;
}

int audit_set_backlog_limit(int fd, uint32_t limit)
{
    (void)fd;
    (void)limit;
    return 1;
}

int audit_set_backlog_wait_time(int fd, uint32_t limit)
{
    (void)fd;
    (void)limit;
    return 1;
}
