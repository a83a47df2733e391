#include "cli/output_sign.h"

#include "engine/trailer.h"
#include "root/own.h"

int sign_key_of(const struct invocation *i, struct sign_key **ret)
{
    struct err e = {.arena = i->arena};
    const char *path = i->options[OPTION_SIGN];
    if (!path)
        return 0;
    return sign_key_read(i->arena, path, ret, &e) < 0 ? complain(i, EXIT_ERROR, e.message) : 0;
}

static bool wants_statement(const struct invocation *i)
{
    return i->options[OPTION_SIGN] || i->options[OPTION_DIGEST];
}

int sign_ready(const struct invocation *i)
{
    _cleanup_key_ struct sign_key *key = NULL;
    const char *file = i->options[OPTION_OUTPUT] ? i->options[OPTION_OUTPUT] : "";
    if (!wants_statement(i))
        return 0;
    if (i->options[OPTION_PACK])
        file = i->options[OPTION_PACK];
    if (!*file || cstr_eq(file, "-") || cstr_starts(file, "/dev/"))
        return complain(i, EXIT_USAGE,
                        TEXT("a signature lies beside a file: say which with -o FILE",
                             "签名保存在文件旁边：请以 -o 指定文件"));
    return sign_key_of(i, &key);
}

int put_statement(const struct invocation *i, const char *path, const struct sums *sums)
{
    struct err e = {.arena = i->arena};
    _cleanup_key_ struct sign_key *key = NULL;
    _cleanup_buf_ struct buf b = {0};
    const char *beside = arena_printf(i->arena, "%s" STATEMENT_SUFFIX, path);
    int r = sign_key_of(i, &key);
    if (r)
        return r;
    r = statement_write(i->arena, path, sums, key, &b, &e);
    if (r < 0)
        return complain(i, EXIT_ERROR, e.message);
    r = write_file(i, beside, (struct str){b.data, b.len});
    if (r == 0)
        return 0;
    struct text why = errno_text(r);
    return complain(i, EXIT_ERROR,
                    (struct text){arena_printf(i->arena, "cannot write %s: %s", beside, why.en),
                                  arena_printf(i->arena, "无法写入 %s：%s", beside, why.zh)});
}

int put_result(const struct invocation *i, const char *format, struct buf *b)
{
    trailer_add(i->arena, trailer_of_format(format), b);
    int r = put_output(i, b);
    if (r || !wants_statement(i))
        return r;
    struct sums sums = sums_of(i->arena, (struct str){b->len ? b->data : "", b->len});
    return put_statement(i, i->options[OPTION_OUTPUT], &sums);
}
