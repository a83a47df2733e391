/*
 * The seccomp filter of a check (seccomp(2)): calls that write, start programs, connect or change
 * the system answer EPERM.  What is not named is allowed: a libc that uses a new call for reading
 * must not break a check, and what could do harm with less is held by Landlock and by the missing
 * capabilities.
 */
#include "root/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#if defined __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined __riscv && __riscv_xlen == 64
#define NATIVE AUDIT_ARCH_RISCV64
#endif

#ifdef NATIVE

/* Newer than the headers of old distributions; the same number on every architecture here. */
enum {
    NR_OPEN_TREE = 428,
    NR_MOVE_MOUNT = 429,
    NR_FSOPEN = 430,
    NR_FSMOUNT = 432,
    NR_CLONE3 = 435,
    NR_OPENAT2 = 437,
    NR_MOUNT_SETATTR = 442,
    NR_IO_URING_SETUP = 425,
    NR_FCHMODAT2 = 452,
    NR_SETXATTRAT = 463,
    NR_REMOVEXATTRAT = 466,
};

/* What a walk does most, first. */
static const int frequent[] = {
    SYS_getdents64, SYS_read,  SYS_close, SYS_fstat, SYS_pread64, SYS_mmap, SYS_munmap,
#ifdef SYS_newfstatat
    SYS_newfstatat,
#endif
#ifdef SYS_statx
    SYS_statx,
#endif
    SYS_readlinkat, SYS_futex, SYS_brk,
};

static const int refused[] = {
    SYS_execve,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_socketpair,
#ifdef SYS_execveat
    SYS_execveat,
#endif
/* files */
#ifdef SYS_creat
    SYS_creat,
    SYS_rename,
    SYS_unlink,
    SYS_rmdir,
    SYS_mkdir,
    SYS_mknod,
    SYS_link,
    SYS_symlink,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#endif
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_renameat2
    SYS_renameat2,
#endif
    SYS_unlinkat,
    SYS_mkdirat,
    SYS_mknodat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_fchmod,
    SYS_fchmodat,
    NR_FCHMODAT2,
    SYS_fchown,
    SYS_fchownat,
    SYS_truncate,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_utimensat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    NR_SETXATTRAT,
    NR_REMOVEXATTRAT,
    SYS_open_by_handle_at,
    SYS_quotactl,
    SYS_acct,
    NR_IO_URING_SETUP,
    /* processes */
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_setns,
    SYS_unshare,
    SYS_setuid,
    SYS_setgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setgroups,
    SYS_personality,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
    /* the system */
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_perf_event_open,
    NR_OPEN_TREE,
    NR_MOVE_MOUNT,
    NR_FSOPEN,
    NR_FSMOUNT,
    NR_MOUNT_SETATTR,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_bpf
    SYS_bpf,
#endif
#ifdef SYS_userfaultfd
    SYS_userfaultfd,
#endif
#ifdef SYS_iopl
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
#endif
};

/* They would type into our terminal, or make a file immutable. */
static const unsigned refused_ioctls[] = {TIOCSTI, TIOCLINUX, 0x40086602, 0x401c5820};

/* SECCOMP_FILTER_FLAG_SPEC_ALLOW of Linux 4.17. */
enum { SPEC_ALLOW = 1 << 2 };
enum { MOST = 700, WRITING = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY) };
#define REFUSE(code) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
/* The low half of an argument: all that is looked at are ints. */
#define ARGUMENT(n) LOAD((unsigned)offsetof(struct seccomp_data, args) + 8 * (n))
#define CALL LOAD((unsigned)offsetof(struct seccomp_data, nr))

struct program {
    struct sock_filter at[MOST];
    unsigned short n;
};

static void add(struct program *p, struct sock_filter one)
{
    if (p->n < MOST)
        p->at[p->n++] = one;
}

/* If the loaded word is `value` (or has one of its bits): `then`, else what follows. */
static void when(struct program *p, unsigned short test, unsigned value, struct sock_filter then)
{
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, 1));
    add(p, then);
}

/* The call `nr` is looked at by its argument n: refused where the test holds (or does not). */
static void by_argument(struct program *p, int nr, unsigned n, unsigned short test, unsigned value,
                        bool refused_if)
{
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 4));
    add(p, (struct sock_filter)ARGUMENT(n));
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, 1));
    add(p, refused_if ? (struct sock_filter)REFUSE(EPERM) : (struct sock_filter)ALLOW);
    add(p, refused_if ? (struct sock_filter)ALLOW : (struct sock_filter)REFUSE(EPERM));
}

static void build(struct program *p, bool openat2)
{
    add(p, (struct sock_filter)LOAD(offsetof(struct seccomp_data, arch)));
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0));
    add(p, (struct sock_filter)REFUSE(EPERM));
    add(p, (struct sock_filter)CALL);
#ifdef __x86_64__
    when(p, BPF_JGE, 0x40000000, (struct sock_filter)REFUSE(EPERM)); /* x32 */
#endif
    for (size_t i = 0; i < ARRAY_SIZE(frequent); i++)
        when(p, BPF_JEQ, (unsigned)frequent[i], (struct sock_filter)ALLOW);
    by_argument(p, SYS_openat, 2, BPF_JSET, WRITING, true);
#ifdef SYS_open
    by_argument(p, SYS_open, 1, BPF_JSET, WRITING, true);
#endif
    by_argument(p, SYS_socket, 0, BPF_JEQ, AF_NETLINK, false); /* the audit rules in the kernel */
    when(p, BPF_JEQ, NR_OPENAT2,
         openat2 ? (struct sock_filter)ALLOW : (struct sock_filter)REFUSE(ENOSYS));
#ifndef __SANITIZE_ADDRESS__ /* which starts a process of its own at the end, to look for leaks */
    by_argument(p, SYS_clone, 0, BPF_JSET, CLONE_THREAD, false);
    when(p, BPF_JEQ, NR_CLONE3, (struct sock_filter)REFUSE(ENOSYS)); /* libc then uses clone */
#endif
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
#ifdef __SANITIZE_ADDRESS__
        if (refused[i] == SYS_ptrace || refused[i] == SYS_kill)
            continue;
#endif
        when(p, BPF_JEQ, (unsigned)refused[i], (struct sock_filter)REFUSE(EPERM));
    }
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 1, 0));
    add(p, (struct sock_filter)ALLOW);
    add(p, (struct sock_filter)ARGUMENT(1));
    for (size_t i = 0; i < ARRAY_SIZE(refused_ioctls); i++)
        when(p, BPF_JEQ, refused_ioctls[i], (struct sock_filter)REFUSE(EPERM));
    add(p, (struct sock_filter)ALLOW);
}

int sandbox_filter(bool openat2)
{
    struct program p = {.n = 0};
    build(&p, openat2);
    struct sock_fprog program = {p.n, p.at};
    if (p.n >= MOST)
        return -E2BIG;
    /* Without the flag the kernel turns off speculation for a process that might run code of
     * others, which this one does not: a walk over the file systems took 1.7 times as long. */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SPEC_ALLOW, &program) == 0)
        return 0;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

#else

int sandbox_filter(bool openat2)
{
    (void)openat2;
    return -EOPNOTSUPP; /* the numbers of this architecture's calls are not known here */
}

#endif
