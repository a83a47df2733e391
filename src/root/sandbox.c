#include "root/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/handle.h"

/* linux/capability.h of EL7 has neither. */
enum { AUDIT_CONTROL = 30, LAST_KNOWN = 63 };

/* To read what its owner keeps from others; on a running system also whose sockets those of other
 * accounts are (/proc/PID/fd), and the audit rules in the kernel. */
static uint64_t needed(const struct root *r)
{
    uint64_t image = 1ull << CAP_DAC_READ_SEARCH;
    return r->live ? image | 1ull << CAP_SYS_PTRACE | 1ull << AUDIT_CONTROL : image;
}

static bool drop_capabilities(uint64_t keep)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &head, data) < 0)
        return false;
    /* Without the right to (not root) there is nothing to gain by a program either: no new
     * privileges. */
    for (unsigned long c = 0; c <= LAST_KNOWN; c++)
        if (!(keep >> c & 1))
            (void)prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
    for (int i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(keep >> (32 * i));
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    head.pid = 0;
    return syscall(SYS_capset, &head, data) == 0;
}

/* landlock(7). Nothing is granted, so whatever is handled is refused: to write, make, remove or run
 * anything. Reading is not handled and stays as it is. */
static int landlock(void)
{
    enum { CREATE = 444, RESTRICT = 446, VERSION = 1 };
    enum {
        EXECUTE = 1,
        WRITE_FILE = 2,
        REMOVE_AND_MAKE = 0x1ff0,
        REFER = 1 << 13,
        TRUNCATE = 1 << 14
    };
    long abi = syscall(CREATE, NULL, 0, VERSION);
    if (abi < 1)
        return 0;
    uint64_t handled = EXECUTE | WRITE_FILE | REMOVE_AND_MAKE;
    handled |= abi >= 2 ? REFER : 0;
    handled |= abi >= 3 ? TRUNCATE : 0;
    _cleanup_close_ int fd = (int)syscall(CREATE, &handled, sizeof handled, 0);
    return fd >= 0 && syscall(RESTRICT, fd, 0) == 0 ? (int)abi : 0;
}

void sandbox_enter(struct root *r, struct sandbox_limits *ret)
{
    *ret = (struct sandbox_limits){0};
#ifndef DENGBAO_COVERAGE /* counts are written when the program ends */
    ret->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    ret->capabilities = drop_capabilities(needed(r));
    if (ret->no_new_privs && !r->live)
        ret->landlock = landlock();
    if (ret->no_new_privs)
        ret->seccomp = sandbox_filter(ret->landlock != 0) == 0;
    if (ret->seccomp && !ret->landlock)
        r->use_openat2 = false;
#endif
}

struct text sandbox_text(struct arena *a, const struct root *r, const struct sandbox_limits *l)
{
    struct text comma = TEXT(", ", "，");
    struct text all = l->no_new_privs ? TEXT("limits of this check: no new privileges",
                                             "本次检查受到的限制：不得获得新特权")
                                      : TEXT("limits of this check: new privileges are possible",
                                             "本次检查受到的限制：可获得新特权");
    all = text_concat(a, all, comma);
    all = text_concat(a, all,
                      !l->capabilities ? TEXT("all capabilities", "保留全部权能")
                      : r->live        ? TEXT("3 capabilities at most", "至多 3 项权能")
                                       : TEXT("1 capability at most", "至多 1 项权能"));
    all = text_concat(a, all, comma);
    all = text_concat(a, all,
                      l->seccomp ? TEXT("seccomp", "seccomp") : TEXT("no seccomp", "无 seccomp"));
    all = text_concat(a, all, comma);
    return text_concat(a, all,
                       l->landlock ? text_make(a, "Landlock %d", "Landlock %d", l->landlock)
                       : r->live   ? TEXT("no Landlock (it would hide the processes of others)",
                                          "无 Landlock（会隐藏其他进程）")
                                   : TEXT("no Landlock", "无 Landlock"));
}
