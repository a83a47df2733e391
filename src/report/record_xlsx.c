#include <errno.h>

#include "report/record.h"

#ifdef USES_XLSXWRITER
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Strings only: nothing that a host wrote can become a formula or a link. */
static int put_grid(lxw_workbook *book, const struct grid *g, lxw_format *plain, lxw_format *bold)
{
    lxw_worksheet *sheet = workbook_add_worksheet(book, g->name);
    if (!sheet)
        return -EINVAL;
    for (size_t i = 0; i < g->cells.n; i++) {
        size_t row = i / g->columns, column = i % g->columns;
        if (!g->cells.v[i] || !*g->cells.v[i])
            continue;
        lxw_error e =
            worksheet_write_string(sheet, (lxw_row_t)row, (lxw_col_t)column, g->cells.v[i],
                                   row == g->head  ? bold
                                   : row < g->head ? NULL
                                                   : plain);
        if (e != LXW_NO_ERROR)
            return -EINVAL;
    }
    for (size_t c = 0; c < g->columns; c++) {
        double width = g->columns > 3 && (c == 2 || c == 3) ? 60 : 14;
        (void)worksheet_set_column(sheet, (lxw_col_t)c, (lxw_col_t)c, width, NULL);
    }
    worksheet_freeze_panes(sheet, (lxw_row_t)g->head + 1, 0);
    worksheet_set_landscape(sheet);
    worksheet_set_paper(sheet, 9); /* A4 */
    worksheet_fit_to_pages(sheet, 1, 0);
    return 0;
}

static int fill(lxw_workbook *book, struct arena *a, const struct record *r, enum lang lang)
{
    lxw_format *plain = workbook_add_format(book), *bold = workbook_add_format(book);
    format_set_text_wrap(plain);
    format_set_align(plain, LXW_ALIGN_VERTICAL_TOP);
    format_set_bold(bold);
    const struct grid grids[] = {
        record_sheet(a, r, lang, true), record_plain(a, r, lang),    record_long(a, r, lang),
        record_assets(a, r, lang),      record_problems(a, r, lang),
    };
    /* The same result gives the same bytes. */
    char title[] = "安全计算环境 现场记录";
    lxw_doc_properties about = {.title = title, .created = r->result->started};
    (void)workbook_set_properties(book, &about);
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof grids / sizeof grids[0]; i++)
        code = put_grid(book, &grids[i], plain, bold);
    return code;
}

static int read_back(int fd, struct buf *ret)
{
    char block[16384];
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : ret->len ? 0 : -EIO;
        buf_append(ret, block, (size_t)n);
    }
}

/* The library writes only to a path; here one without a place in the file system. */
int record_xlsx(const struct record *r, enum lang lang, struct buf *ret)
{
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_close_ int fd = memfd_create("record", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    lxw_workbook *book = workbook_new(arena_printf(a, "/proc/self/fd/%d", fd));
    if (!book)
        return -ENOMEM;
    int code = fill(book, a, r, lang);
    if (workbook_close(book) != LXW_NO_ERROR && code == 0)
        code = -EIO;
    return code < 0 ? code : read_back(fd, ret);
}
#else
int record_xlsx(const struct record *r, enum lang lang, struct buf *ret)
{
    (void)r, (void)lang, (void)ret;
    return -ENOTSUP;
}
#endif
