#include <inttypes.h>
#include <time.h>

#include "base/arena.h"
#include "report/markup.h"
#include "report/report.h"

/*
 * XCCDF 1.2 (NISTIR 7275 rev. 4): a Benchmark with the rules as they were judged and the
 * TestResult, so that one file validates and imports. Evidence that is missing is "notchecked" and
 * unknown stays "unknown". A waived rule is "informational" with the waiver as a message: an
 * <override> would say more, but the schematron rules of OpenSCAP 1.3 refuse a TestResult in which
 * some rule-results have one and some have none.
 */

#define ID "xccdf_dengbao_"

struct document {
    struct buf *out;
    struct arena *arena;
    const struct result *result;
    enum lang lang;
    char started[40], ended[40];
};

static void put(struct document *d, const char *before, const char *s, const char *after)
{
    buf_puts(d->out, before);
    markup_text(d->out, s);
    buf_puts(d->out, after);
}

/* <name xml:lang="…">text</name>, or nothing for no text. */
static void put_text(struct document *d, const char *name, const char *s)
{
    if (!s || !*s)
        return;
    buf_printf(d->out, "<%s xml:lang=\"%s\">", name, d->lang == LANG_ZH ? "zh-CN" : "en");
    put(d, "", s, "</");
    buf_printf(d->out, "%s>\n", name);
}

static void time_text(time_t when, char *ret, size_t size)
{
    struct tm t;
    ret[0] = 0;
    if (gmtime_r(&when, &t))
        (void)strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &t);
}

static const char *result_name(enum verdict v)
{
    static const char *const names[VERDICT_COUNT] = {
        [VERDICT_PASS] = "pass",
        [VERDICT_FAIL] = "fail",
        [VERDICT_WAIVED] = "informational",
        [VERDICT_EVIDENCE_NEEDED] = "notchecked",
        [VERDICT_NOT_APPLICABLE] = "notapplicable",
        [VERDICT_UNKNOWN] = "unknown",
    };
    return names[v];
}

static const char *severity(const struct rule *r)
{
    return r->high_risk ? "high" : "medium";
}

/* Ours is the checking system; that the rule and its result name the same check is asked for. */
static void put_check(struct document *d, const struct rule *r)
{
    put(d, "<check system=\"urn:dengbao:rule\"><check-content-ref href=\"dengbao\" name=\"", r->id,
        "\"/></check>\n");
}

static void put_rule(struct document *d, const struct item *item, const struct rule *r)
{
    put(d, "<Rule id=\"" ID "rule_", r->id, "\" selected=\"true\" weight=\"1.0\" severity=\"");
    buf_printf(d->out, "%s\">\n", severity(r));
    put_text(d, "title", text_in(r->title, d->lang));
    put_text(d, "description", text_in(r->evidence, d->lang));
    put(d, "<reference>GB/T 22239-2019 ", item->clause, "</reference>\n");
    put(d, "<reference>GB/T 28448-2019 ", item->unit, "</reference>\n");
    put_text(d, "rationale", text_in(r->why, d->lang));
    put_check(d, r);
    buf_puts(d->out, "</Rule>\n");
}

static void put_group(struct document *d, const struct item_result *item)
{
    put(d, "<Group id=\"" ID "group_", item->item->id, "\">\n");
    put_text(
        d, "title",
        arena_printf(d->arena, "%u. %s", item->item->number, text_in(item->item->name, d->lang)));
    vec_each (rule, &item->rules)
        put_rule(d, item->item, rule->rule);
    buf_puts(d->out, "</Group>\n");
}

static void put_fact(struct document *d, const struct judged *j)
{
    if (j->verdict == VERDICT_PASS)
        return;
    put(d, "<message severity=\"info\">", j->want->resource, " ");
    put(d, "", j->want->key_name, "");
    if (j->fact.subject)
        put(d, " (", j->fact.subject, ")");
    put(d, ": ", text_in(j->reason, d->lang), "");
    for (size_t i = 0; i < j->fact.where.n; i++) {
        put(d, " [", j->fact.where.v[i].path, "");
        if (j->fact.where.v[i].line)
            buf_printf(d->out, ":%u", j->fact.where.v[i].line);
        buf_putc(d->out, ']');
    }
    buf_puts(d->out, "</message>\n");
}

static void put_settled(struct document *d, const struct settlement *s)
{
    put(d, "<message severity=\"warning\">", text_in(settlement_kind_text(s->kind), d->lang), ": ");
    put(d, "", s->reason, " (");
    put(d, "", s->person, ", ");
    put(d, "", s->until, ")</message>\n");
}

static void put_rule_result(struct document *d, const struct rule_result *r)
{
    put(d, "<rule-result idref=\"" ID "rule_", r->rule->id, "\" weight=\"1.0\" severity=\"");
    buf_printf(d->out, "%s\" time=\"%s\">\n<result>%s</result>\n", severity(r->rule), d->started,
               result_name(r->verdict));
    if (r->settled)
        put_settled(d, r->settled);
    if (r->verdict != VERDICT_PASS) {
        put(d, "<message severity=\"info\">", text_in(r->reason, d->lang), "</message>\n");
        vec_each (j, &r->judged)
            put_fact(d, j);
    }
    put_check(d, r->rule);
    buf_puts(d->out, "</rule-result>\n");
}

static void put_target_fact(struct document *d, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(d->out, "<fact name=\"urn:dengbao:fact:%s\" type=\"string\">", name);
    put(d, "", value, "</fact>\n");
}

static void put_result(struct document *d)
{
    const struct result *r = d->result;
    const struct host_facts *h = &r->host;
    unsigned good = r->rules_count[VERDICT_PASS];
    unsigned most = good + r->rules_count[VERDICT_FAIL] + r->rules_count[VERDICT_UNKNOWN];
    put(d, "<TestResult id=\"" ID "testresult_mlps-level3\" version=\"1\" test-system=\"dengbao ",
        r->tool_version, "\" start-time=\"");
    buf_printf(d->out, "%s\" end-time=\"%s\">\n", d->started, d->ended);
    put_text(d, "title", text_in(r->conclusion, d->lang));
    put(d, "<identity authenticated=\"true\" privileged=\"", h->privileged ? "true" : "false",
        "\">dengbao</identity>\n");
    put(d, "<target>", h->name ? h->name : h->root, "</target>\n<target-facts>\n");
    put_target_fact(d, "host-id", h->id);
    put_target_fact(d, "os", h->os_name);
    put_target_fact(d, "kernel", h->kernel);
    put_target_fact(d, "root", h->root);
    put_target_fact(d, "preset", r->preset);
    put_target_fact(d, "policy-sha256", r->policy_digest);
    put_target_fact(d, "state-sha256", r->state_digest);
    buf_puts(d->out, "</target-facts>\n");
    vec_each (item, &r->items)
        vec_each (rule, &item->rules)
            put_rule_result(d, rule);
    buf_printf(d->out,
               "<score system=\"urn:xccdf:scoring:flat-unweighted\" maximum=\"%u\">%u</score>\n"
               "</TestResult>\n",
               most, good);
}

static int write_xccdf(const struct result *r, const struct report_options *o, struct buf *ret)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct document d = {.out = ret, .arena = a, .result = r, .lang = o->lang};
    size_t rules = 0;
    time_text(r->started, d.started, sizeof d.started);
    time_text(r->started + (time_t)(r->duration_us / 1000000), d.ended, sizeof d.ended);
    buf_printf(ret,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<Benchmark xmlns=\"http://checklists.nist.gov/xccdf/1.2\" id=\"" ID
               "benchmark_mlps-level3\" resolved=\"true\" xml:lang=\"%s\">\n"
               "<status date=\"%.10s\">accepted</status>\n",
               o->lang == LANG_ZH ? "zh-CN" : "en", d.started);
    put_text(&d, "title",
             o->lang == LANG_ZH ? "网络安全等级保护三级 Linux 主机检查"
                                : "MLPS 2.0 level 3 check of a Linux host");
    put_text(&d, "description",
             o->lang == LANG_ZH ? "GB/T 22239-2019 第三级 安全计算环境"
                                : "GB/T 22239-2019, level 3, secure computing environment");
    /* The form with cpe:2.3: would be preferred, but oscap 1.3 takes a document that its rules have
     * nothing to say about for an invalid one. */
    buf_puts(ret, "<platform idref=\"cpe:/o:linux:linux_kernel\"/>\n");
    put(&d, "<version>", r->tool_version, "</version>\n");
    put(&d, "<metadata><dc:creator xmlns:dc=\"http://purl.org/dc/elements/1.1/\">dengbao ",
        r->tool_version, "</dc:creator></metadata>\n");
    vec_each (item, &r->items) {
        put_group(&d, item);
        rules += item->rules.n;
    }
    if (rules) /* a TestResult needs at least one */
        put_result(&d);
    buf_puts(ret, "</Benchmark>\n");
    return 0;
}

const struct report report_xccdf = {
    .name = "xccdf",
    .summary = {"XCCDF 1.2 with the test result", "XCCDF 1.2 及检测结果"},
    .write = write_xccdf,
};
