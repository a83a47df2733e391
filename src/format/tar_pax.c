#include <errno.h>
#include <limits.h>

#include "base/cleanup.h"
#include "format/tar_parts.h"

static int refuse(struct err *e, const char *key)
{
    return err_set(e, -EINVAL, "the archive has a pax record %s that makes no sense",
                   "归档中的 pax 记录 %s 无效", key);
}

static int text_value(struct arena *a, struct str value, const char **ret)
{
    if (memchr(value.p, 0, value.n) || value.n > TAR_PATH_LIMIT)
        return -EINVAL;
    *ret = str_dup(a, value);
    return 0;
}

static int id_value(struct str value, uint32_t *ret)
{
    int64_t n;
    if (str_to_int64(value, 10, &n) < 0 || n < 0 || n >= UINT32_MAX)
        return -EINVAL;
    *ret = (uint32_t)n;
    return 0;
}

/* "1700000000.25", also negative: the fraction counts forward from the second below. */
static int time_value(struct str value, struct tar_member *m)
{
    int dot = str_index(value, '.');
    struct str whole = dot < 0 ? value : str_slice(value, 0, (size_t)dot);
    struct str fraction = dot < 0 ? STR("") : str_slice(value, (size_t)dot + 1, value.n);
    uint32_t nsec = 0, digit = 100000000;
    int64_t seconds;
    if (str_to_int64(whole, 10, &seconds) < 0)
        return -EINVAL;
    for (size_t i = 0; i < fraction.n; i++, digit /= 10) {
        if (fraction.p[i] < '0' || fraction.p[i] > '9')
            return -EINVAL;
        nsec += (uint32_t)(fraction.p[i] - '0') * digit;
    }
    if (whole.n && whole.p[0] == '-' && nsec) {
        if (seconds == INT64_MIN)
            return -EINVAL;
        seconds--;
        nsec = 1000000000 - nsec;
    }
    m->mtime = seconds;
    m->mtime_nsec = nsec;
    return 0;
}

static int add_xattr(struct arena *a, struct tar_member *m, struct str name, struct str value)
{
    _cleanup_buf_ struct buf decoded = {0};
    const char *text;
    for (size_t i = 0; i < name.n; i++) {
        bool escaped = i + 3 <= name.n &&
                       (memcmp(name.p + i, "%3D", 3) == 0 || memcmp(name.p + i, "%25", 3) == 0);
        buf_putc(&decoded, !escaped ? name.p[i] : name.p[i + 1] == '3' ? '=' : '%');
        i += escaped ? 2 : 0;
    }
    name = (struct str){decoded.data, decoded.len};
    if (name.n == 0 || name.n > 255 || value.n > 65536 || text_value(a, name, &text) < 0)
        return -EINVAL;
    struct tar_xattr x = {text, {arena_strndup(a, value.p, value.n), value.n}};
    vec_each (old, &m->xattrs)
        if (cstr_eq(old->name, text)) {
            *old = x;
            return 0;
        }
    vec_push(a, &m->xattrs, x);
    return 0;
}

/* GNU tar --acls writes ACLs as text with names; the three entries of the mode say nothing new. */
static int acl_value(struct str value, struct err *e)
{
    struct str entry;
    while (str_next_field(&value, ',', &entry) && entry.n)
        if (!str_starts(entry, "user::") && !str_starts(entry, "group::") &&
            !str_starts(entry, "other::"))
            return err_set(e, -EINVAL,
                           "the archive has ACLs as text, which name accounts of another system; "
                           "make it with --xattrs-include='*' and without --acls",
                           "归档以文本保存 ACL，其中的账户名属于别的系统；"
                           "请用 --xattrs-include='*' 且不加 --acls 重新制作");
    return 0;
}

struct field {
    const char *key;
    unsigned bit;
};

static int one_record(struct arena *a, struct str key, struct str value, struct tar_member *m,
                      unsigned *fields, struct err *e)
{
    static const struct field known[] = {{"path", PAX_PATH}, {"linkpath", PAX_LINK},
                                         {"size", PAX_SIZE}, {"uid", PAX_UID},
                                         {"gid", PAX_GID},   {"mtime", PAX_MTIME}};
    static const char xattr[] = "SCHILY.xattr.";
    unsigned bit = 0;
    int64_t size = 0;
    int code = 0;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (str_is(key, known[i].key))
            bit = known[i].bit;
    if (str_starts(key, "GNU.sparse."))
        return err_set(e, -EINVAL, "the archive has sparse members; make it without --sparse",
                       "归档含有稀疏成员；请不加 --sparse 重新制作");
    if (str_starts(key, xattr))
        code = add_xattr(a, m, str_slice(key, sizeof xattr - 1, key.n), value);
    else if (str_is(key, "RHT.security.selinux"))
        code = add_xattr(a, m, STR("security.selinux"), value);
    else if (str_is(key, "SCHILY.acl.access") || str_is(key, "SCHILY.acl.default"))
        return acl_value(value, e);
    else if (bit == PAX_PATH || bit == PAX_LINK)
        code = text_value(a, value, bit == PAX_PATH ? &m->path : &m->link);
    else if (bit == PAX_UID || bit == PAX_GID)
        code = id_value(value, bit == PAX_UID ? &m->uid : &m->gid);
    else if (bit == PAX_MTIME)
        code = time_value(value, m);
    else if (bit == PAX_SIZE) {
        code = str_to_int64(value, 10, &size) < 0 || size < 0 ? -EINVAL : 0;
        m->size = (uint64_t)size;
    }
    *fields |= bit;
    return code < 0 ? refuse(e, str_dup(a, str_slice(key, 0, key.n < 40 ? key.n : 40))) : 0;
}

int tar_read_pax(struct arena *a, struct str records, struct tar_member *m, unsigned *fields,
                 struct err *e)
{
    while (records.n) { /* "LENGTH KEY=VALUE\n", the length counts all of it */
        int64_t length;
        int blank = str_index(records, ' ');
        if (blank <= 0 || str_to_int64(str_slice(records, 0, (size_t)blank), 10, &length) < 0 ||
            length < blank + 3 || length > (int64_t)records.n || records.p[length - 1] != '\n')
            return refuse(e, "?");
        struct str record = str_slice(records, (size_t)blank + 1, (size_t)length - 1);
        int equals = str_index(record, '=');
        if (equals <= 0)
            return refuse(e, "?");
        int code = one_record(a, str_slice(record, 0, (size_t)equals),
                              str_slice(record, (size_t)equals + 1, record.n), m, fields, e);
        if (code < 0)
            return code;
        records = str_slice(records, (size_t)length, records.n);
    }
    return 0;
}
