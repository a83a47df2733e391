#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/width.h"
#include "cli/commands.h"
#include "cli/output_sign.h"
#include "cli/saved.h"
#include "report/record.h"

static const char *const formats[] = {"md", "xlsx", "csv", "csv-plain", "csv-long", "csv-problems"};

static int refuse_format(const struct invocation *i, const char *name)
{
    struct strings known = {0};
    for (size_t k = 0; k < ARRAY_SIZE(formats); k++) {
        if (cstr_eq(name, formats[k]))
            return 0;
        strings_add(i->arena, &known, formats[k]);
    }
    const char *all = strings_join(i->arena, &known, ", ", 0);
    return complain(i, EXIT_USAGE,
                    text_make(i->arena, "unknown format \"%s\"; a record is one of: %s",
                              "未知格式“%s”；测评记录可用：%s", safe_text(i->arena, name), all));
}

static int write_record(const struct invocation *i, const struct record *rec, const char *format,
                        struct buf *out)
{
    /* It goes to assessors: Chinese unless a language is asked for. */
    enum lang lang = i->options[OPTION_LANG] ? i->lang : LANG_ZH;
    struct arena *a = i->arena;
    struct grid g = {0};
    if (cstr_eq(format, "md")) {
        record_markdown(rec, lang, out);
        return 0;
    }
    if (cstr_eq(format, "xlsx")) {
        int r = record_xlsx(rec, lang, out);
        if (r == -ENOTSUP)
            return complain(i, EXIT_ERROR,
                            TEXT("this build has no xlsx (libxlsxwriter was not there); use "
                                 "--format csv, or the packaged dengbao",
                                 "此构建不含 xlsx（编译时缺少 libxlsxwriter）；请用 --format "
                                 "csv，或使用安装包版本"));
        return r < 0 ? complain(i, EXIT_ERROR, errno_text(r)) : 0;
    }
    if (cstr_eq(format, "csv"))
        g = record_sheet(a, rec, lang, false);
    else if (cstr_eq(format, "csv-plain"))
        g = record_plain(a, rec, lang);
    else if (cstr_eq(format, "csv-long"))
        g = record_long(a, rec, lang);
    else
        g = record_problems(a, rec, lang);
    record_csv(&g, out);
    return 0;
}

static int record(struct invocation *i)
{
    struct policy *policy;
    const struct result *result = NULL;
    struct record *rec = NULL;
    _cleanup_root_ struct root *root = NULL;
    const char *format = i->options[OPTION_FORMAT] ? i->options[OPTION_FORMAT] : "md";
    int r = refuse_format(i, format);
    if (!r && cstr_eq(format, "xlsx") && !i->options[OPTION_OUTPUT] && isatty(STDOUT_FILENO))
        r = complain(i, EXIT_USAGE,
                     TEXT("a workbook is not for the terminal; give -o FILE",
                          "工作簿不能显示在终端上；请用 -o FILE 指定文件"));
    if (!r && i->args.n > 1)
        r = complain(i, EXIT_USAGE, TEXT("one result at a time", "一次只能处理一个结果"));
    if (!r)
        r = sign_ready(i);
    if (!r)
        r = session_policy(i, &policy);
    if (!r)
        r = saved_or_checked(i, policy, &root, &result);
    if (!r)
        r = record_of_result(i, policy, result, &rec);
    if (r)
        return r;
    _cleanup_buf_ struct buf out = {0};
    r = write_record(i, rec, format, &out);
    return r ? r : put_result(i, format, &out);
}

const struct command command_record = {
    .name = "record",
    .arguments = "[RESULT.json]",
    .summary = {"the assessment record: the 34 units in the assessor's terms",
                "测评记录：按测评单元给出结果记录"},
    .about = {"Judges the 34 level 3 units of GB/T 28448-2019 by their own forms, from a saved "
              "result or from a check now, and words what was found as assessors record it. A unit "
              "with an unanswered step is pending. --format md, xlsx, csv, csv-plain, csv-long or "
              "csv-problems. Chinese unless --lang says otherwise. An estimate of the host's part, "
              "never an assessment conclusion.",
              "依据已保存的结果或现场检查，按 GB/T 28448-2019 三级的 34 "
              "个测评单元各自的判定形式给出判定和结果记录。有步骤未得到回答的单元为待定。"
              "--format 可为 md、xlsx、csv、csv-plain、csv-long、csv-problems。"
              "仅为主机部分的估算，不是测评结论。"},
    .set = COMMAND_RECORD,
    .run = record,
};
