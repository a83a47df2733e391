#include "report/record.h"

#include <time.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/width.h"
#include "model/guide.h"
#include "report/by_hand.h"

enum { SHEET_NAME = 31, CELL_LIMIT = 32000 }; /* a cell of a workbook holds 32,767 characters */

struct filler {
    struct arena *arena;
    struct grid *grid;
    enum lang lang;
};

/* Text that a checked system wrote is made safe; line ends stay cells' own. */
static void cell(struct filler *f, const char *s)
{
    const char *safe = s ? safe_text(f->arena, s) : NULL;
    if (safe && strlen(safe) > CELL_LIMIT) {
        size_t n = CELL_LIMIT;
        while (n && ((unsigned char)safe[n] & 0xc0) == 0x80)
            n--;
        safe = arena_printf(f->arena, "%.*s…", (int)n, safe);
    }
    vec_push(f->arena, &f->grid->cells, safe);
}

static void cells(struct filler *f, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cell(f, v[i]);
}

static const char *host_name(const struct record *r)
{
    return r->result->host.name && *r->result->host.name ? r->result->host.name : "localhost";
}

/* "安全计算环境-web01", cut to whole characters, without what a sheet name may not hold. */
static const char *sheet_name(struct arena *a, const char *head, const char *host)
{
    _cleanup_buf_ struct buf b = {0};
    struct str rest = str_of(safe_text(a, arena_printf(a, "%s-%s", head, host)));
    for (unsigned n = 0; rest.n && n < SHEET_NAME; n++) {
        uint32_t code;
        size_t length = utf8_decode(rest, &code);
        if (!length)
            break;
        if (code > 0xffff) /* two units of the workbook's own count */
            n++;
        if (code < 0x80 && strchr("[]:*?/\\'", (int)code))
            buf_putc(&b, '_');
        else
            buf_append(&b, rest.p, length);
        rest = str_slice(rest, length, rest.n);
    }
    return arena_strndup(a, b.data, b.len);
}

static const char *time_of(struct arena *a, const struct record *r)
{
    struct tm t;
    char text[40] = "";
    if (gmtime_r(&r->result->started, &t))
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &t);
    return arena_strdup(a, text);
}

static const char *verdict_of(const struct record_unit *u)
{
    return unit_verdict_text(u->verdict).zh;
}

static const char *remark_of(struct filler *f, const struct record_unit *u)
{
    _cleanup_buf_ struct buf b = {0};
    buf_puts(&b, text_in(u->unit->remark, f->lang));
    if (u->unit->strict_reading)
        buf_printf(&b, "%s%s%s%s", b.len ? "; " : "",
                   f->lang == LANG_ZH ? "标准判定：" : "the standard: ",
                   text_in(unit_verdict_text(u->verdict), f->lang),
                   arena_printf(f->arena, f->lang == LANG_ZH ? "；从严判定：%s" : "; strictly: %s",
                                text_in(unit_verdict_text(u->strict), f->lang)));
    for (size_t i = 0; i < u->cases.n; i++) {
        const struct record_case *c = &u->cases.v[i];
        const struct guide_case *g = guide_case_find(c->high_risk);
        buf_printf(&b, "%s%s%s%s%s", b.len ? "; " : "",
                   c->open ? (f->lang == LANG_ZH ? "可能涉及" : "may meet ")
                           : (f->lang == LANG_ZH ? "涉及" : "meets "),
                   c->high_risk ? c->high_risk : "", c->high_risk && c->trigger ? " / " : "",
                   c->trigger ? c->trigger : "");
        if (g)
            buf_printf(&b, f->lang == LANG_ZH ? " %s（可缓解：%s）" : " %s (mitigated by: %s)",
                       text_in(g->title, f->lang), text_in(g->mitigation, f->lang));
    }
    return arena_strndup(f->arena, b.len ? b.data : "", b.len);
}

static const char *steps_of(struct filler *f, const struct unit *u)
{
    _cleanup_buf_ struct buf b = {0};
    for (size_t k = 0; k < u->steps.n; k++)
        buf_printf(&b, "%s%zu)%s", k ? "；" : "", k + 1, text_in(u->steps.v[k].text, f->lang));
    return arena_strndup(f->arena, b.len ? b.data : "", b.len);
}

static void header_block(struct filler *f, const struct record *r)
{
    const char *const pairs[][2] = {
        {"项目编号", NULL},
        {"系统名称", NULL},
        {"核查对象", host_name(r)},
        {"安全层面/安全类", "安全计算环境"},
        {"IP地址", NULL},
        {"资产类别", "服务器"},
        {"核查时间", time_of(f->arena, r)},
        {"测评作业指导书",
         arena_printf(f->arena, "dengbao %s, %s, sha256 %.12s", r->result->tool_version,
                      r->result->preset, r->result->policy_digest)},
        {"说明", text_in(r->estimate, f->lang)},
    };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        cells(f, pairs[i], 2);
        for (size_t k = 2; k < f->grid->columns; k++)
            cell(f, NULL);
        f->grid->head++;
    }
}

struct grid record_sheet(struct arena *a, const struct record *r, enum lang lang, bool block)
{
    static const char *const names[] = {"序号",     "控制点", "控制项",   "结果记录", "符合情况",
                                        "证据文件", "备注",   "重要程度", "检查内容", "判断标准"};
    struct grid g = {.name = sheet_name(a, "安全计算环境", host_name(r)),
                     .columns = ARRAY_SIZE(names)};
    struct filler f = {a, &g, lang};
    if (block)
        header_block(&f, r);
    cells(&f, names, ARRAY_SIZE(names));
    for (size_t i = 0; i < r->units.n; i++) {
        const struct record_unit *u = &r->units.v[i];
        bool applies = u->unit->applies;
        cell(&f, arena_printf(a, "%zu", i + 1));
        cell(&f, u->unit->point.zh);
        cell(&f, u->unit->text.zh);
        cell(&f, text_in(u->found, lang));
        cell(&f, verdict_of(u));
        cell(&f, strings_join(a, &u->papers, "; ", 0));
        cell(&f, remark_of(&f, u));
        cell(&f, u->unit->importance);
        cell(&f, applies ? steps_of(&f, u->unit) : NULL);
        cell(&f, applies ? text_in(unit_form_text(a, u->unit), lang) : NULL);
    }
    return g;
}

struct grid record_plain(struct arena *a, const struct record *r, enum lang lang)
{
    static const char *const names[] = {"序号", "控制点", "控制项", "结果记录", "符合情况"};
    struct grid g = {.name = sheet_name(a, "简表", host_name(r)), .columns = ARRAY_SIZE(names)};
    struct filler f = {a, &g, lang};
    cells(&f, names, ARRAY_SIZE(names));
    for (size_t i = 0; i < r->units.n; i++) {
        const struct record_unit *u = &r->units.v[i];
        const char *const row[] = {arena_printf(a, "%zu", i + 1), u->unit->point.zh,
                                   u->unit->text.zh, text_in(u->found, lang), verdict_of(u)};
        cells(&f, row, ARRAY_SIZE(row));
    }
    return g;
}

static const char *value_word_of(struct arena *a, const struct value *v)
{
    const char *text = value_show(a, v);
    if (v->kind == VALUE_LIST && !v->list.n)
        return "none";
    return text ? text : "unset";
}

static const char *raw_of(struct arena *a, const struct judged *j, enum lang lang)
{
    _cleanup_buf_ struct buf b = {0};
    for (size_t i = 0; i < j->fact.where.n; i++) {
        buf_printf(&b, "%s%s", i ? " " : "", j->fact.where.v[i].path);
        if (j->fact.where.v[i].line)
            buf_printf(&b, ":%u", j->fact.where.v[i].line);
    }
    buf_printf(&b, "%s%s.%s%s%s", b.len ? " " : "", j->want->resource, j->want->key_name,
               j->fact.subject ? " " : "", j->fact.subject ? j->fact.subject : "");
    if (j->fact.has_configured)
        buf_printf(&b, " configured=%s", value_word_of(a, &j->fact.configured));
    if (j->fact.has_running)
        buf_printf(&b, " running=%s", value_word_of(a, &j->fact.running));
    if (j->fact.state != FACT_KNOWN && j->reason.en)
        buf_printf(&b, ": %s", text_in(j->reason, lang));
    return arena_strndup(a, b.data, b.len);
}

/* What was run, and what shows the same by hand on the running system. */
static const char *command_of(struct arena *a, const struct record *r,
                              const struct record_fact *fact, enum lang lang)
{
    const struct host_facts *h = &r->result->host;
    const char *hand = fact->judged ? by_hand(a, h, fact->judged) : NULL;
    const char *run =
        h->live || !h->root
            ? arena_printf(a, "dengbao check %s", fact->rule->rule->id)
            : arena_printf(a, "dengbao check --root %s %s", h->root, fact->rule->rule->id);
    if (!hand)
        return run;
    return arena_printf(a, lang == LANG_ZH ? "%s（人工核对：%s）" : "%s (by hand: %s)", run, hand);
}

static void long_row(struct filler *f, const struct record *r, const struct record_unit *u,
                     const struct record_fact *fact)
{
    struct arena *a = f->arena;
    const struct rule *rule = fact->rule->rule;
    const struct settlement *s = fact->rule->settled;
    const char *const row[] = {
        u->unit->id,
        u->unit->clause,
        arena_printf(a, "%u", fact->step),
        host_name(r),
        NULL,
        command_of(a, r, fact, f->lang),
        fact->judged ? raw_of(a, fact->judged, f->lang) : text_in(fact->rule->reason, f->lang),
        fact->rule->digest,
        time_of(a, r),
        answer_text(u->answers[fact->step - 1]).zh,
        verdict_of(u),
        text_in(unit_form_text(a, u->unit), f->lang),
        rule->high_risk,
        rule->trigger,
        s ? arena_printf(a, "%s %s", text_in(settlement_kind_text(s->kind), f->lang), s->until)
          : NULL,
    };
    cells(f, row, ARRAY_SIZE(row));
}

struct grid record_long(struct arena *a, const struct record *r, enum lang lang)
{
    static const char *const names[] = {"测评单元编码", "条款号",     "步骤号",   "主机",
                                        "IP",           "命令",       "原始输出", "sha256",
                                        "时间",         "步骤结果",   "单元结果", "依据",
                                        "高风险判例号", "触发项编码", "豁免/举证"};
    struct grid g = {.name = sheet_name(a, "明细", host_name(r)), .columns = ARRAY_SIZE(names)};
    struct filler f = {a, &g, lang};
    cells(&f, names, ARRAY_SIZE(names));
    for (size_t i = 0; i < r->units.n; i++)
        for (size_t k = 0; k < r->units.v[i].facts.n; k++)
            long_row(&f, r, &r->units.v[i], &r->units.v[i].facts.v[k]);
    return g;
}

struct grid record_assets(struct arena *a, const struct record *r, enum lang lang)
{
    static const char *const names[] = {
        "序号", "设备名称", "虚拟设备", "操作系统及版本", "数据库系统及版本", "中间件及版本",
        "数量", "IP地址",   "备注",     "重要程度",       "测评对象"};
    struct grid g = {.name = "服务器", .columns = ARRAY_SIZE(names)};
    struct filler f = {a, &g, lang};
    const struct host_facts *h = &r->result->host;
    const char *const row[] = {
        "1",  host_name(r), NULL, h->os_name, NULL, NULL, "1", NULL, h->live ? NULL : h->root,
        NULL, "√"};
    cells(&f, names, ARRAY_SIZE(names));
    cells(&f, row, ARRAY_SIZE(row));
    return g;
}

static const char *risk_of(const struct record_unit *u)
{
    for (size_t i = 0; i < u->cases.n; i++)
        if (!u->cases.v[i].open && u->cases.v[i].high_risk)
            return "高";
    return NULL; /* medium or low is the assessor's judgment */
}

struct grid record_problems(struct arena *a, const struct record *r, enum lang lang)
{
    static const char *const names[] = {"序号",     "风险等级", "安全域",   "测评对象", "控制点",
                                        "控制项",   "问题标题", "问题描述", "整改建议", "整改日期",
                                        "整改描述", "测评人",   "状态",     "创建时间"};
    struct grid g = {.name = "问题清单", .columns = ARRAY_SIZE(names)};
    struct filler f = {a, &g, lang};
    unsigned number = 0;
    cells(&f, names, ARRAY_SIZE(names));
    for (size_t i = 0; i < r->units.n; i++) {
        const struct record_unit *u = &r->units.v[i];
        if (u->verdict == UNIT_CONFORMS || u->verdict == UNIT_NOT_APPLICABLE)
            continue;
        const char *const row[] = {
            arena_printf(a, "%u", ++number),
            risk_of(u),
            "安全计算环境",
            host_name(r),
            u->unit->point.zh,
            u->unit->text.zh,
            text_in(u->problem, lang),
            text_in(u->found, lang),
            u->verdict == UNIT_PENDING
                ? (lang == LANG_ZH ? "补充举证：dengbao evidence add" : "dengbao evidence add")
                : (lang == LANG_ZH ? "查看更改计划：dengbao plan" : "dengbao plan"),
            NULL,
            NULL,
            NULL,
            verdict_of(u),
            time_of(a, r)};
        cells(&f, row, ARRAY_SIZE(row));
    }
    return g;
}
