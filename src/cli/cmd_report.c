#include <errno.h>

#include "base/near.h"
#include "base/str.h"
#include "base/width.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/output_sign.h"
#include "cli/saved.h"
#include "engine/result_read.h"
#include "report/compare.h"

static int read_brief(const struct invocation *i, const char *path, struct buf *bytes,
                      struct brief *ret)
{
    struct err e = {.arena = i->arena};
    buf_clear(bytes);
    int r = saved_bytes(i, path, bytes);
    if (r)
        return r;
    if (result_read_brief(i->arena, (struct str){bytes->data, bytes->len}, ret, &e) < 0)
        return saved_refused(i, path, &e);
    ret->source = path;
    saved_warn(i, path, ret->altered);
    return 0;
}

static void looks_of(const struct invocation *i, struct report_options *ret)
{
    *ret = (struct report_options){.lang = i->lang, .verbose = i->options[OPTION_VERBOSE] != NULL};
    if (i->options[OPTION_OUTPUT])
        return;
    ret->colour = i->colour;
    ret->columns = i->columns;
}

/* The units of the record are data of the policy. */
static int add_record(const struct invocation *i, const struct result *result,
                      struct report_options *looks)
{
    struct policy *policy;
    struct record *record = NULL;
    int r = session_policy(i, &policy);
    if (!r)
        r = record_of_result(i, policy, result, &record);
    looks->record = record;
    return r;
}

static int report_one(const struct invocation *i)
{
    const struct report *format;
    const struct result *result;
    struct report_options looks;
    _cleanup_buf_ struct buf out = {0};
    int r = format_of(i, &format);
    if (!r)
        r = saved_read(i, i->args.v[0], &result);
    if (r)
        return r;
    looks_of(i, &looks);
    r = cstr_eq(format->name, "html") ? add_record(i, result, &looks) : 0;
    if (r)
        return r;
    r = format->write(result, &looks, &out);
    return r < 0 ? complain(i, EXIT_ERROR, errno_text(r)) : put_result(i, format->name, &out);
}

static int changes_of(const struct invocation *i, const struct comparison *format,
                      const struct buf bytes[2])
{
    const struct result *both[2];
    struct report_options looks;
    _cleanup_buf_ struct buf out = {0};
    for (size_t k = 0; k < 2; k++) {
        struct err e = {.arena = i->arena};
        int r = result_read(i->arena, (struct str){bytes[k].data, bytes[k].len}, &both[k], &e);
        if (r < 0)
            return saved_refused(i, i->args.v[k], &e);
    }
    size_t first = both[0]->started > both[1]->started;
    looks_of(i, &looks);
    format->changes(changes_find(i->arena, both[first], both[!first]), &looks, &out);
    return put_result(i, format->name, &out);
}

static int put_table(const struct invocation *i, const struct comparison *format,
                     const struct briefs *all)
{
    struct report_options looks;
    _cleanup_buf_ struct buf out = {0};
    looks_of(i, &looks);
    format->table(all, &looks, &out);
    return put_result(i, format->name, &out);
}

/* Each is read once only: it may be a pipe. */
static int report_two(const struct invocation *i, const struct comparison *format)
{
    struct brief ends[2];
    _cleanup_buf_ struct buf before = {0};
    _cleanup_buf_ struct buf after = {0};
    int r = read_brief(i, i->args.v[0], &before, &ends[0]);
    if (!r)
        r = read_brief(i, i->args.v[1], &after, &ends[1]);
    if (r)
        return r;
    if (results_same_host(&ends[0], &ends[1]))
        return changes_of(i, format, (const struct buf[]){before, after});
    return put_table(i, format, &(const struct briefs){.v = ends, .n = 2});
}

/* One file at a time: of each only its line of the table stays. */
static int report_many(const struct invocation *i, const struct comparison *format)
{
    struct briefs all = {0};
    _cleanup_buf_ struct buf bytes = {0};
    for (size_t k = 0; k < i->args.n; k++) {
        struct brief one;
        int r = read_brief(i, i->args.v[k], &bytes, &one);
        if (r)
            return r;
        vec_push(i->arena, &all, one);
    }
    return put_table(i, format, &all);
}

static int report_pack(const struct invocation *i)
{
    if (i->options[OPTION_FORMAT] || i->options[OPTION_OUTPUT])
        return complain(i, EXIT_USAGE,
                        TEXT("--pack writes its own file in formats of its own; leave out --format "
                             "and -o",
                             "--pack 自有文件和格式；请勿同时使用 --format 和 -o"));
    int r = sign_ready(i);
    return r ? r : pack_make(i);
}

static int report_run(struct invocation *i)
{
    const char *name = i->options[OPTION_FORMAT] ? i->options[OPTION_FORMAT] : "text";
    if (i->options[OPTION_PACK])
        return report_pack(i);
    if (i->options[OPTION_ROOT] || i->options[OPTION_NO_WALK])
        return complain(i, EXIT_USAGE,
                        TEXT("--root and --no-walk are for --pack; a saved result needs neither",
                             "--root 和 --no-walk 仅用于 --pack；已保存的结果不需要"));
    if (!i->args.n)
        return complain(i, EXIT_USAGE,
                        TEXT("which result? make one with: dengbao check --format json -o "
                             "RESULT.json",
                             "缺少结果文件；请先执行：dengbao check --format json -o RESULT.json"));
    int r = sign_ready(i);
    if (r)
        return r;
    if (i->args.n == 1)
        return report_one(i);
    const struct comparison *format = comparison_find(name);
    if (format)
        return i->args.n == 2 ? report_two(i, format) : report_many(i, format);
    return complain(
        i, EXIT_USAGE,
        text_make(i->arena, "format \"%s\" is not for several results; there is: text, html, csv",
                  "格式“%s”不能用于多个结果；可用：text, html, csv", safe_text(i->arena, name)));
}

const struct command command_report = {
    .name = "report",
    .arguments = "RESULT.json…",
    .summary = {"saved results in another format, compared, or as a table of hosts",
                "将已保存的结果转换格式、比较变化或汇总为主机总表"},
    .about = {"Reads what \"dengbao check --format json\" wrote. One result is written in any "
              "format (see: dengbao list formats). Of two results of one host it shows what "
              "changed, the earlier one first by its time; of results of several hosts a table of "
              "hosts and items; both as text, html or csv. \"-\" is standard input. --pack "
              "writes an evidence pack, of a check now unless a result is given.",
              "读取 dengbao check --format json 保存的结果。一个结果：可写成任意格式（见 dengbao "
              "list formats）；同一主机的两个结果：显示变化，按检查时间先后；多台主机的结果：显示"
              "主机与检查项的总表；后两者可用 text、html 或 csv。“-”表示标准输入。"
              "--pack 生成证据包；未给出结果时立即检查。"},
    .set = COMMAND_REPORT,
    .run = report_run,
};
