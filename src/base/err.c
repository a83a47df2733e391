#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"

int err_set(struct err *e, int code, const char *en, const char *zh, ...)
{
    if (!e)
        return code;
    va_list args;
    va_start(args, zh);
    e->message = text_vmake(e->arena, en, zh, args);
    va_end(args);
    return code;
}

int err_errno(struct err *e, int code, const char *en, const char *zh, ...)
{
    if (!e)
        return code;
    va_list args;
    va_start(args, zh);
    struct text what = text_vmake(e->arena, en, zh, args);
    va_end(args);
    e->message =
        text_concat(e->arena, text_concat(e->arena, what, TEXT(": ", "：")), errno_text(code));
    return code;
}

int err_at(struct err *e, int code, const char *path, unsigned line, unsigned column)
{
    if (e) {
        e->path = path ? arena_strdup(e->arena, path) : NULL;
        e->line = line;
        e->column = column;
    }
    return code;
}

void problems_add(struct problems *p, const char *path, unsigned line, unsigned column,
                  const char *en, const char *zh, ...)
{
    va_list args;
    va_start(args, zh);
    struct text message = text_vmake(p->arena, en, zh, args);
    va_end(args);
    problems_add_text(p, path, line, column, message);
}

void problems_add_text(struct problems *p, const char *path, unsigned line, unsigned column,
                       struct text message)
{
    struct problem problem = {path ? arena_strdup(p->arena, path) : NULL, line, column, message};
    vec_push(p->arena, p, problem);
}

struct text errno_text(int code)
{
    static const struct {
        int code;
        struct text text;
    } rows[] = {
        {ENOENT, {"no such file", "文件不存在"}},
        {EACCES, {"permission denied", "没有权限"}},
        {EPERM, {"operation not permitted", "操作不被允许"}},
        {ENOTDIR, {"not a directory", "不是目录"}},
        {EISDIR, {"is a directory", "是目录"}},
        {ELOOP, {"too many levels of links", "链接层数过多"}},
        {EFBIG, {"file too large", "文件过大"}},
        {ENODEV, {"not a regular file", "不是普通文件"}},
        {EXDEV, {"leads out of the root", "指向根目录之外"}},
        {EOPNOTSUPP, {"needs a running system, this is an image", "需要运行中的系统，当前为镜像"}},
        {EINVAL, {"malformed", "格式错误"}},
        {EILSEQ, {"contains bytes that text must not have", "含有文本不允许的字节"}},
        {ENOSPC, {"no space left", "空间不足"}},
        {EDQUOT, {"disk quota exceeded", "磁盘配额已用尽"}},
        {EBUSY, {"busy", "正被占用"}},
        {EEXIST, {"exists already", "已存在"}},
        {ENOTEMPTY, {"directory not empty", "目录非空"}},
        {EMLINK, {"too many links", "链接过多"}},
        {ENOMEM, {"out of memory", "内存不足"}},
        {EROFS, {"read-only file system", "只读文件系统"}},
        {ETIMEDOUT, {"timed out", "超时"}},
        {EIO, {"input/output error", "输入输出错误"}},
        {ENAMETOOLONG, {"name too long", "名称过长"}},
    };
    int positive = abs(code);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].code == positive)
            return rows[i].text;
    const char *message = strerror(positive);
    return TEXT(message, message);
}
