#include "format/partition.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

static uint32_t le32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const unsigned char *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static uint32_t crc32(const unsigned char *p, size_t n) /* of UEFI: polynomial 0xEDB88320 */
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static int damaged(struct err *e)
{
    return err_set(e, -EINVAL, "the partition table of the image is damaged", "镜像的分区表已损坏");
}

static int add(struct partitions *all, uint64_t image, struct partition p, struct err *e)
{
    if (p.size == 0 || p.offset > image || p.size > image - p.offset)
        return err_set(e, -EINVAL, "a partition reaches beyond the end of the image",
                       "有分区超出镜像末尾");
    if (all->n == PARTITION_MOST)
        return damaged(e);
    all->v[all->n++] = p;
    return 0;
}

/* ---- GPT: UEFI 2.10, chapter 5; types as on disk (the first three fields little-endian) ---- */

struct type {
    unsigned char id[16];
    bool root;
};

static const struct type types[] = {
    {{0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b},
     false}, /* EFI system */
    {{'H', 'a', 'h', '!', 'I', 'd', 'o', 'n', 't', 'N', 'e', 'e', 'd', 'E', 'F', 'I'}, false},
    {{0x6d, 0xfd, 0x57, 0x06, 0xab, 0xa4, 0xc4, 0x43, 0x84, 0xe5, 0x09, 0x33, 0xc8, 0x4b, 0x4f,
      0x4f},
     false}, /* swap */
    {{0xe3, 0xbc, 0x68, 0x4f, 0xcd, 0xe8, 0xb1, 0x4d, 0x96, 0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7,
      0x09},
     true}, /* root, x86-64 */
    {{0x45, 0xb0, 0x21, 0xb9, 0xf0, 0x1d, 0xc3, 0x41, 0xaf, 0x44, 0x4c, 0x6f, 0x28, 0x0d, 0x3f,
      0xae},
     true}, /* root, aarch64 */
};

static int read_gpt_entries(const unsigned char *entries, size_t count, size_t each, uint64_t size,
                            struct partitions *ret, struct err *e)
{
    static const unsigned char unused[16];
    for (size_t i = 0; i < count; i++) {
        const unsigned char *entry = entries + i * each;
        uint64_t first = le64(entry + 32), last = le64(entry + 40);
        if (memcmp(entry, unused, sizeof unused) == 0)
            continue;
        if (last < first || last >= UINT64_MAX / PARTITION_SECTOR)
            return damaged(e);
        struct partition p = {first * PARTITION_SECTOR, (last - first + 1) * PARTITION_SECTOR,
                              false, false};
        for (size_t t = 0; t < ARRAY_SIZE(types); t++)
            if (memcmp(entry, types[t].id, 16) == 0) {
                p.root = types[t].root;
                p.swap_or_boot = !types[t].root;
            }
        int code = add(ret, size, p, e);
        if (code < 0)
            return code;
    }
    return 0;
}

static int read_gpt(partition_read read, void *context, uint64_t size, struct partitions *ret,
                    struct err *e)
{
    unsigned char header[PARTITION_SECTOR];
    if (read(context, PARTITION_SECTOR, header, sizeof header) < 0)
        return -ENOENT;
    if (memcmp(header, "EFI PART", 8) != 0)
        return -ENOENT;
    uint32_t length = le32(header + 12), sum = le32(header + 16), count = le32(header + 80),
             each = le32(header + 84);
    uint64_t at = le64(header + 72);
    memset(header + 16, 0, 4);
    if (length < 92 || length > sizeof header || crc32(header, length) != sum || each < 128 ||
        each > 4096 || count > 1024 || at > size / PARTITION_SECTOR)
        return damaged(e);
    ret->gpt = true;
    if (count == 0)
        return 0;
    _cleanup_free_ unsigned char *entries = mem_alloc((size_t)count * each);
    int code = read(context, at * PARTITION_SECTOR, entries, (size_t)count * each);
    if (code < 0 || crc32(entries, (size_t)count * each) != le32(header + 88))
        return damaged(e);
    return read_gpt_entries(entries, count, each, size, ret, e);
}

/* ---- MBR ---- */

static bool is_extended(unsigned char type)
{
    return type == 0x05 || type == 0x0f || type == 0x85;
}

static struct partition mbr_partition(const unsigned char *entry, uint64_t base)
{
    unsigned char type = entry[4];
    return (struct partition){
        (base + le32(entry + 8)) * PARTITION_SECTOR, (uint64_t)le32(entry + 12) * PARTITION_SECTOR,
        type == 0x82 || type == 0xef || type == 0x01 || type == 0x0b || type == 0x0c, false};
}

/* A chain of tables, each with one partition and the place of the next table. */
static int read_logical(partition_read read, void *context, uint64_t size, uint64_t start,
                        struct partitions *ret, struct err *e)
{
    uint64_t at = start;
    for (int links = 0; links < PARTITION_MOST; links++) {
        unsigned char sector[PARTITION_SECTOR];
        if (read(context, at * PARTITION_SECTOR, sector, sizeof sector) < 0 ||
            sector[510] != 0x55 || sector[511] != 0xaa)
            return damaged(e);
        const unsigned char *first = sector + 446, *second = sector + 462;
        if (first[4]) {
            int code = add(ret, size, mbr_partition(first, at), e);
            if (code < 0)
                return code;
        }
        if (!is_extended(second[4]))
            return 0;
        at = start + le32(second + 8);
    }
    return damaged(e); /* a chain in a circle */
}

static int read_mbr(partition_read read, void *context, uint64_t size,
                    const unsigned char sector[PARTITION_SECTOR], struct partitions *ret,
                    struct err *e)
{
    bool any = false;
    for (int i = 0; i < 4; i++) { /* a boot sector of FAT has the signature too, but no table */
        const unsigned char *entry = sector + 446 + 16 * i;
        if (entry[0] & 0x7f)
            return -ENOENT;
        any |= entry[4] != 0;
    }
    for (int i = 0; i < 4 && any; i++) {
        const unsigned char *entry = sector + 446 + 16 * i;
        int code = 0;
        if (is_extended(entry[4]))
            code = read_logical(read, context, size, le32(entry + 8), ret, e);
        else if (entry[4])
            code = add(ret, size, mbr_partition(entry, 0), e);
        if (code < 0)
            return code;
    }
    return any ? 0 : -ENOENT;
}

int partition_table(partition_read read, void *context, uint64_t size, struct partitions *ret,
                    struct err *e)
{
    unsigned char sector[PARTITION_SECTOR];
    *ret = (struct partitions){.n = 0};
    if (size < sizeof sector || read(context, 0, sector, sizeof sector) < 0)
        return -ENOENT;
    int code = read_gpt(read, context, size, ret, e);
    if (code != -ENOENT)
        return code;
    if (sector[510] != 0x55 || sector[511] != 0xaa)
        return -ENOENT;
    return read_mbr(read, context, size, sector, ret, e);
}

/* ---- file systems ---- */

struct magic {
    enum filesystem kind;
    size_t at;
    struct str bytes;
};

enum filesystem filesystem_of(struct str head)
{
    static const struct magic table[] = {
        {FILESYSTEM_LUKS, 0, {"LUKS\xba\xbe", 6}},
        {FILESYSTEM_LVM, 512, {"LABELONE", 8}}, /* in one of the first four sectors */
        {FILESYSTEM_LVM, 0, {"LABELONE", 8}},
        {FILESYSTEM_LVM, 1024, {"LABELONE", 8}},
        {FILESYSTEM_LVM, 1536, {"LABELONE", 8}},
        {FILESYSTEM_RAID, 4096, {"\xfc\x4e\x2b\xa9", 4}}, /* version 1.2 */
        {FILESYSTEM_RAID, 0, {"\xfc\x4e\x2b\xa9", 4}},    /* version 1.1 */
        {FILESYSTEM_XFS, 0, {"XFSB", 4}},
        {FILESYSTEM_SQUASHFS, 0, {"hsqs", 4}},
        {FILESYSTEM_EXT4, 1080, {"\x53\xef", 2}},
        {FILESYSTEM_BTRFS, 65600, {"_BHRfS_M", 8}},
        {FILESYSTEM_SWAP, 4086, {"SWAPSPACE2", 10}},
        {FILESYSTEM_FAT, 54, {"FAT1", 4}},
        {FILESYSTEM_FAT, 82, {"FAT32", 5}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (head.n >= table[i].at + table[i].bytes.n &&
            memcmp(head.p + table[i].at, table[i].bytes.p, table[i].bytes.n) == 0)
            return table[i].kind;
    return FILESYSTEM_NONE;
}
