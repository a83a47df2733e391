/* What a walk leaves out: numbers from statfs(2) and linux/magic.h. */
#include "root/walk.h"

#include "base/cleanup.h"

static const struct {
    long magic;
    struct text reason;
} filesystems[] = {
    {0x9fa0, {"proc", "proc"}},
    {0x62656572, {"sysfs", "sysfs"}},
    {0x27e0eb, {"cgroup", "cgroup"}},
    {0x63677270, {"cgroup2", "cgroup2"}},
    {0x64626720, {"debugfs", "debugfs"}},
    {0x74726163, {"tracefs", "tracefs"}},
    {0x73636673, {"securityfs", "securityfs"}},
    {0xf97cff8c, {"selinuxfs", "selinuxfs"}},
    {0xcafe4a11, {"bpf", "bpf"}},
    {0x6165676c, {"pstore", "pstore"}},
    {0xde5e81e4, {"efivarfs", "efivarfs"}},
    {0x1cd1, {"devpts", "devpts"}},
    {0x19800202, {"mqueue", "mqueue"}},
    {0x958458f6, {"hugetlbfs", "hugetlbfs"}},
    {0x42494e4d, {"binfmt_misc", "binfmt_misc"}},
    {0x62656570, {"configfs", "configfs"}},
    {0x65735543, {"fusectl", "fusectl"}},
    {0x67596969, {"rpc_pipefs", "rpc_pipefs"}},
    {0x6e736673, {"nsfs", "nsfs"}},
    {0x0187, {"autofs", "autofs"}},
    {0x6969, {"network file system (NFS)", "网络文件系统（NFS）"}},
    {0xff534d42, {"network file system (CIFS)", "网络文件系统（CIFS）"}},
    {0xfe534d42, {"network file system (SMB)", "网络文件系统（SMB）"}},
    {0x517b, {"network file system (SMB)", "网络文件系统（SMB）"}},
    {0x00c36400, {"network file system (Ceph)", "网络文件系统（Ceph）"}},
    {0x0bd00bd0, {"network file system (Lustre)", "网络文件系统（Lustre）"}},
    {0x01021997, {"network file system (9p)", "网络文件系统（9p）"}},
    {0x5346414f, {"network file system (AFS)", "网络文件系统（AFS）"}},
    {0x47504653, {"network file system (GPFS)", "网络文件系统（GPFS）"}},
    {0x65735546, {"FUSE (may be remote)", "FUSE（可能为远程）"}},
    {0x794c7630, {"container layer (overlay)", "容器层（overlay）"}},
    {0x61756673, {"container layer (aufs)", "容器层（aufs）"}},
    {0x73717368, {"read-only squashfs image", "只读 squashfs 镜像"}},
    {0x9660, {"read-only disc", "只读光盘"}},
};

const struct text *walk_skip_filesystem(long magic)
{
    for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
        if ((filesystems[i].magic & 0xffffffffL) == (magic & 0xffffffffL))
            return &filesystems[i].reason;
    return NULL;
}

/* Their files belong to containers, with the containers' own accounts. */
static const char *const layers[] = {
    "/var/lib/docker/overlay2",
    "/var/lib/docker/aufs",
    "/var/lib/docker/vfs",
    "/var/lib/docker/btrfs",
    "/var/lib/docker/devicemapper",
    "/var/lib/docker/containers",
    "/containers/storage/overlay",
    "/containers/storage/vfs",
    "/var/lib/containerd",
    "/var/lib/kubelet/pods",
    "/var/lib/machines",
    "/var/lib/lxc",
    "/var/lib/lxd/storage-pools",
    "/var/lib/buildkit",
};

const struct text *walk_skip_path(const char *path)
{
    static const struct text reason = {"container layers", "容器层"};
    for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
        if (cstr_starts(layers[i], "/var/") ? cstr_eq(path, layers[i]) : cstr_ends(path, layers[i]))
            return &reason;
    }
    return NULL;
}
