/* What goes into an evidence pack: docs/integrity.md. */
#include <errno.h>

#include "cli/commands.h"
#include "cli/output_sign.h"
#include "cli/saved.h"
#include "engine/pack.h"
#include "engine/trailer.h"
#include "report/record.h"
#include "report/report.h"

struct packer {
    const struct invocation *i;
    struct pack pack;
    const struct result *result;
    const struct record *record;
};

static void keep(struct packer *p, const char *path, const struct buf *b)
{
    struct arena *a = p->i->arena;
    pack_add(a, &p->pack, path, (struct str){arena_strndup(a, b->data, b->len), b->len});
}

static int add_report(struct packer *p, const char *format, enum lang lang, const char *path)
{
    struct report_options looks = {.lang = lang, .verbose = true, .record = p->record};
    _cleanup_buf_ struct buf b = {0};
    int r = report_find(format)->write(p->result, &looks, &b);
    if (r < 0)
        return complain(p->i, EXIT_ERROR, errno_text(r));
    trailer_add(p->i->arena, trailer_of_format(format), &b);
    keep(p, path, &b);
    return 0;
}

static void add_grid(struct packer *p, struct grid g, const char *path)
{
    _cleanup_buf_ struct buf b = {0};
    record_csv(&g, &b);
    keep(p, path, &b);
}

static int add_record(struct packer *p)
{
    struct arena *a = p->i->arena;
    _cleanup_buf_ struct buf md = {0};
    _cleanup_buf_ struct buf book = {0};
    record_markdown(p->record, LANG_ZH, &md);
    trailer_add(a, TRAILER_MARKUP, &md);
    keep(p, "record.md", &md);
    add_grid(p, record_sheet(a, p->record, LANG_ZH, false), "record.csv");
    add_grid(p, record_long(a, p->record, LANG_ZH), "record-long.csv");
    add_grid(p, record_problems(a, p->record, LANG_ZH), "record-problems.csv");
    int r = record_xlsx(p->record, LANG_ZH, &book);
    if (r == 0)
        keep(p, "record.xlsx", &book);
    return r == 0 || r == -ENOTSUP ? 0 : complain(p->i, EXIT_ERROR, errno_text(r));
}

static int write_pack(struct packer *p)
{
    const struct invocation *i = p->i;
    struct err e = {.arena = i->arena};
    _cleanup_key_ struct sign_key *key = NULL;
    _cleanup_buf_ struct buf out = {0};
    int r = sign_key_of(i, &key);
    if (r)
        return r;
    if (pack_write(i->arena, &p->pack, p->result, key, &out, &e) < 0)
        return complain(i, EXIT_ERROR, e.message);
    return put_file(i, i->options[OPTION_PACK], (struct str){out.data, out.len});
}

/* The system whose files are the evidence: the one that was checked, or that --root names. */
static int collect(struct packer *p, struct root **root)
{
    const struct invocation *i = p->i;
    if (!*root && i->options[OPTION_ROOT]) {
        int r = session_root(i, root);
        if (r)
            return r;
    }
    if (*root) {
        pack_add_evidence(i->arena, &p->pack, *root, p->result);
        return 0;
    }
    p->pack.no_root = true;
    return complain(i, 0,
                    TEXT("a saved result alone: the pack has no files of the host; give --root, or "
                         "no result to check now",
                         "仅有已保存的结果：证据包不含主机上的文件；可给出 --root，或不给出结果而"
                         "立即检查"));
}

int pack_make(const struct invocation *i)
{
    struct policy *policy;
    struct record *record = NULL;
    _cleanup_root_ struct root *root = NULL;
    struct packer p = {.i = i};
    if (i->args.n > 1)
        return complain(i, EXIT_USAGE, TEXT("one result at a time", "一次只能处理一个结果"));
    int r = session_policy(i, &policy);
    if (!r)
        r = saved_or_checked(i, policy, &root, &p.result);
    if (!r)
        r = record_of_result(i, policy, p.result, &record);
    if (r)
        return r;
    p.record = record;
    p.pack.when = p.result->started;
    r = add_report(&p, "json", LANG_EN, "result.json");
    if (!r)
        r = add_report(&p, "html", LANG_ZH, "report.zh.html");
    if (!r)
        r = add_report(&p, "html", LANG_EN, "report.en.html");
    if (!r)
        r = add_record(&p);
    if (!r)
        r = collect(&p, &root);
    return r ? r : write_pack(&p);
}
