#include "cli/cli.h"

#include <errno.h>
#include <unistd.h>

#include "base/io.h"
#include "base/near.h"
#include "base/str.h"
#include "base/width.h"
#include "root/helper.h"
#include "root/own.h"

enum { SHOWN_PROBLEMS = 50 };

/* What goes wrong while writing to standard error cannot be told anywhere. */
static void put_error(const struct buf *b)
{
    (void)io_write_all(STDERR_FILENO, (struct str){b->data, b->len});
}

int complain(const struct invocation *i, int code, struct text message)
{
    _cleanup_buf_ struct buf b = {0};
    buf_puts(&b, i->lang == LANG_ZH ? "dengbao：" : "dengbao: ");
    buf_put_safe(&b, str_of(text_in(message, i->lang)));
    buf_putc(&b, '\n');
    put_error(&b);
    return code;
}

int complain_unknown(const struct invocation *i, struct text what, const char *name,
                     const struct strings *known)
{
    struct text near = near_text(i->arena, name, known);
    struct text message = {
        arena_printf(i->arena, "%s \"%s\"%s", what.en, name, near.en),
        arena_printf(i->arena, "%s“%s”%s", what.zh, name, near.zh),
    };
    return complain(i, EXIT_USAGE, message);
}

void complain_problems(const struct invocation *i, const struct problems *p)
{
    _cleanup_buf_ struct buf b = {0};
    if (p->n == 1 && !p->v[0].line) { /* a file that cannot be read: one line says it */
        (void)complain(i, 0, p->v[0].message);
        return;
    }
    for (size_t k = 0; k < p->n && k < SHOWN_PROBLEMS; k++) {
        const struct problem *one = &p->v[k];
        if (one->path && one->line) {
            buf_put_safe(&b, str_of(one->path));
            buf_printf(&b, ":%u:%u: ", one->line, one->column);
        }
        buf_put_safe(&b, str_of(text_in(one->message, i->lang)));
        buf_putc(&b, '\n');
    }
    put_error(&b);
    (void)complain(i, 0,
                   p->n == 1 ? TEXT("the policy is refused: 1 problem", "策略被拒绝：1 个问题")
                             : text_make(i->arena, "the policy is refused: %zu problems",
                                         "策略被拒绝：%zu 个问题", p->n));
}

int write_file(const struct invocation *i, const char *path, struct str bytes)
{
    return i->helper ? helper_write(i->helper, path, bytes) : own_write(path, bytes);
}

int put_file(const struct invocation *i, const char *file, struct str bytes)
{
    bool named = file && !cstr_eq(file, "-");
    int r = named ? write_file(i, file, bytes) : io_write_all(STDOUT_FILENO, bytes);
    if (r == 0)
        return EXIT_OK;
    struct text why = errno_text(r);
    return complain(
        i, EXIT_ERROR,
        (struct text){
            arena_printf(i->arena, "cannot write %s: %s", named ? file : "standard output", why.en),
            arena_printf(i->arena, "无法写入 %s：%s", named ? file : "标准输出", why.zh)});
}

int put_output(const struct invocation *i, const struct buf *b)
{
    return put_file(i, i->options[OPTION_OUTPUT], (struct str){b->len ? b->data : "", b->len});
}
