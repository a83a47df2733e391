#include "root/live_audit.h"

#include <errno.h>
#include <libaudit.h>
#include <poll.h>

#include "base/buf.h"
#include "base/cleanup.h"

enum { REPLY_TIMEOUT_MS = 2000, RULE_LIMIT = 100000 };

static const char *op_text(uint32_t flags)
{
    static const struct {
        uint32_t op;
        const char *text;
    } ops[] = {
        {AUDIT_EQUAL, "="},        {AUDIT_NOT_EQUAL, "!="},
        {AUDIT_LESS_THAN, "<"},    {AUDIT_LESS_THAN_OR_EQUAL, "<="},
        {AUDIT_GREATER_THAN, ">"}, {AUDIT_GREATER_THAN_OR_EQUAL, ">="},
        {AUDIT_BIT_MASK, "&"},     {AUDIT_BIT_TEST, "&="},
    };
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
        if (ops[i].op == (flags & AUDIT_OPERATORS))
            return ops[i].text;
    return "=";
}

static bool is_text_field(uint32_t field)
{
    return (field >= AUDIT_SUBJ_USER && field <= AUDIT_SUBJ_CLR) ||
           (field >= AUDIT_OBJ_USER && field <= AUDIT_OBJ_LEV_HIGH) || field == AUDIT_WATCH ||
           field == AUDIT_DIR || field == AUDIT_FILTERKEY || field == AUDIT_EXE;
}

/* linux/audit.h, AUDIT_COMPARE_*: which two of a process or object are compared. */
static const char *const compares[][2] = {
    [AUDIT_COMPARE_UID_TO_OBJ_UID] = {"uid", "obj_uid"},
    [AUDIT_COMPARE_GID_TO_OBJ_GID] = {"gid", "obj_gid"},
    [AUDIT_COMPARE_EUID_TO_OBJ_UID] = {"euid", "obj_uid"},
    [AUDIT_COMPARE_EGID_TO_OBJ_GID] = {"egid", "obj_gid"},
    [AUDIT_COMPARE_AUID_TO_OBJ_UID] = {"auid", "obj_uid"},
    [AUDIT_COMPARE_SUID_TO_OBJ_UID] = {"suid", "obj_uid"},
    [AUDIT_COMPARE_SGID_TO_OBJ_GID] = {"sgid", "obj_gid"},
    [AUDIT_COMPARE_FSUID_TO_OBJ_UID] = {"fsuid", "obj_uid"},
    [AUDIT_COMPARE_FSGID_TO_OBJ_GID] = {"fsgid", "obj_gid"},
    [AUDIT_COMPARE_UID_TO_AUID] = {"uid", "auid"},
    [AUDIT_COMPARE_UID_TO_EUID] = {"uid", "euid"},
    [AUDIT_COMPARE_UID_TO_FSUID] = {"uid", "fsuid"},
    [AUDIT_COMPARE_UID_TO_SUID] = {"uid", "suid"},
    [AUDIT_COMPARE_AUID_TO_FSUID] = {"auid", "fsuid"},
    [AUDIT_COMPARE_AUID_TO_SUID] = {"auid", "suid"},
    [AUDIT_COMPARE_AUID_TO_EUID] = {"auid", "euid"},
    [AUDIT_COMPARE_EUID_TO_SUID] = {"euid", "suid"},
    [AUDIT_COMPARE_EUID_TO_FSUID] = {"euid", "fsuid"},
    [AUDIT_COMPARE_SUID_TO_FSUID] = {"suid", "fsuid"},
    [AUDIT_COMPARE_GID_TO_EGID] = {"gid", "egid"},
    [AUDIT_COMPARE_GID_TO_FSGID] = {"gid", "fsgid"},
    [AUDIT_COMPARE_GID_TO_SGID] = {"gid", "sgid"},
    [AUDIT_COMPARE_EGID_TO_FSGID] = {"egid", "fsgid"},
    [AUDIT_COMPARE_EGID_TO_SGID] = {"egid", "sgid"},
    [AUDIT_COMPARE_SGID_TO_FSGID] = {"sgid", "fsgid"},
};

static void put_compare(struct buf *b, uint32_t which, uint32_t flags)
{
    bool known = which < ARRAY_SIZE(compares) && compares[which][0];
    buf_printf(b, " -C %s%s%s", known ? compares[which][0] : "uid", op_text(flags),
               known ? compares[which][1] : "unknown");
}

/* libaudit names no list that is newer than itself; a rule of such a list is none of the exit list.
 */
static const char *list_name(uint32_t list)
{
    static const char *const names[] = {"user", "task",    "entry",      "exclude",
                                        "exit", "exclude", "filesystem", "io_uring"};
    list &= ~(uint32_t)AUDIT_FILTER_PREPEND;
    return list < ARRAY_SIZE(names) ? names[list] : "unknown";
}

/* A blank inside a text has to be written "\ ". */
static void put_text(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ' || s.p[i] == '\\')
            buf_putc(b, '\\');
        buf_putc(b, s.p[i]);
    }
}

static void put_value(struct buf *b, const struct audit_rule_data *r, size_t i)
{
    uint32_t field = r->fields[i], value = r->values[i];
    if (field == AUDIT_PERM) {
        static const char letters[] = "xwra"; /* AUDIT_PERM_EXEC 1, WRITE 2, READ 4, ATTR 8 */
        for (size_t k = 0; k < 4; k++)
            if (value & 1u << k)
                buf_putc(b, letters[k]);
    } else if (field == AUDIT_ARCH) {
        buf_puts(b, value & __AUDIT_ARCH_64BIT ? "b64" : "b32");
    } else if (field == AUDIT_EXIT) {
        buf_printf(b, "%d", (int)value);
    } else if (field == AUDIT_MSGTYPE && audit_msg_type_to_name((int)value)) {
        buf_puts(b, audit_msg_type_to_name((int)value));
    } else {
        buf_printf(b, "%u", value);
    }
}

static void put_syscalls(struct buf *b, const struct audit_rule_data *r)
{
    bool all = true;
    int machine = audit_detect_machine();
    for (size_t i = 0; i < AUDIT_BITMASK_SIZE - 1; i++)
        all = all && r->mask[i] == ~0u;
    for (size_t i = 0; i < r->field_count; i++)
        if (r->fields[i] == AUDIT_ARCH)
            machine = audit_elf_to_machine(r->values[i]);
    if (all) {
        buf_puts(b, " -S all");
        return;
    }
    for (unsigned n = 0; n < AUDIT_BITMASK_SIZE * 32; n++) {
        if (!(r->mask[n / 32] & 1u << n % 32))
            continue;
        const char *name = audit_syscall_to_name((int)n, (unsigned)machine);
        if (name)
            buf_printf(b, " -S %s", name);
        else
            buf_printf(b, " -S %u", n);
    }
}

static void put_rule(struct buf *b, const struct audit_rule_data *r)
{
    const char *list = list_name(r->flags);
    const char *action = audit_action_to_name((int)r->action);
    size_t at = 0;
    buf_printf(b, "-a %s,%s", action ? action : "always", list);
    size_t fields = r->field_count < AUDIT_MAX_FIELDS ? r->field_count : AUDIT_MAX_FIELDS;
    for (size_t i = 0; i < fields; i++) { /* arch has to stand before the syscalls */
        if (r->fields[i] == AUDIT_ARCH) {
            buf_printf(b, " -F arch%s", op_text(r->fieldflags[i]));
            put_value(b, r, i);
        }
    }
    if (r->flags == AUDIT_FILTER_EXIT)
        put_syscalls(b, r);
    for (size_t i = 0; i < fields; i++) {
        uint32_t field = r->fields[i];
        const char *name = audit_field_to_name((int)field);
        struct str text = {0};
        if (is_text_field(field) && at + r->values[i] <= r->buflen) {
            text = (struct str){r->buf + at, r->values[i]};
            at += r->values[i];
        }
        if (field == AUDIT_ARCH)
            continue;
        if (field == AUDIT_FIELD_COMPARE) {
            put_compare(b, r->values[i], r->fieldflags[i]);
            continue;
        }
        if (field == AUDIT_FILTERKEY) {
            struct str key;
            while (str_next_field(&text, AUDIT_KEY_SEPARATOR, &key)) {
                buf_puts(b, " -F key=");
                put_text(b, key);
            }
            continue;
        }
        buf_printf(b, " -F %s%s", name ? name : "unknown", op_text(r->fieldflags[i]));
        if (is_text_field(field))
            put_text(b, text);
        else
            put_value(b, r, i);
    }
    buf_putc(b, '\n');
}

/* Reads replies until the list ends (rules) or the one reply came (status). */
static int read_replies(int fd, struct buf *lines, struct live_audit *state)
{
    for (unsigned n = 0; n < RULE_LIMIT; n++) {
        struct audit_reply reply;
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int r = poll(&p, 1, REPLY_TIMEOUT_MS);
        if (r <= 0)
            return r < 0 ? -errno : -ETIMEDOUT;
        r = audit_get_reply(fd, &reply, GET_REPLY_NONBLOCKING, 0);
        if (r < 0)
            return r;
        if (reply.type == NLMSG_ERROR && reply.error->error)
            return reply.error->error;
        if (reply.type == AUDIT_LIST_RULES && lines) {
            put_rule(lines, reply.ruledata);
        } else if (reply.type == AUDIT_GET && state) {
            state->enabled = reply.status->enabled;
            state->failure = reply.status->failure;
            state->backlog = reply.status->backlog_limit;
            state->daemon = reply.status->pid;
            return 0;
        } else if (reply.type == NLMSG_DONE && lines) {
            return 0;
        }
    }
    return -E2BIG;
}

struct answer {
    int error;
    struct live_audit audit;
};

static void *ask(struct root *r, void *context)
{
    (void)context;
    struct answer *a = arena_make(root_arena(r), struct answer);
    _cleanup_buf_ struct buf lines = {0};
    _cleanup_close_ int fd = audit_open();
    if (fd < 0) {
        a->error = -errno;
        return a;
    }
    int e = audit_request_status(fd);
    a->error = e > 0 ? read_replies(fd, NULL, &a->audit) : e ? e : -EIO;
    if (a->error < 0)
        return a;
    e = audit_request_rules_list_data(fd);
    a->error = e > 0 ? read_replies(fd, &lines, NULL) : e ? e : -EIO;
    a->audit.lines = (struct str){
        arena_strndup(root_arena(r), lines.data ? lines.data : "", lines.len), lines.len};
    return a;
}

int live_audit(struct root *r, const struct live_audit **ret)
{
    static const char memo_key;
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    const struct answer *a = root_memo(r, &memo_key, ask, NULL);
    if (a->error == 0)
        *ret = &a->audit;
    return a->error;
}
