#include "engine/result_read.h"

#include <errno.h>
#include <time.h>

#include "engine/result_reader.h"

enum { READ_FACT_LIMIT = 200 }; /* what a check keeps at most: docs/result.schema.json */

/* A number, a text or a list; null leaves *ret alone. */
static void read_value(struct reader *r, struct value *ret)
{
    int64_t n;
    const char *text;
    switch (json_scan_peek(&r->scan)) {
    case '0':
        if (json_scan_number(&r->scan, &n))
            *ret = value_number(n);
        return;
    case '[': {
        struct strings list = {0};
        reader_strings(r, &list);
        *ret = value_list(list);
        return;
    }
    default:
        if (json_scan_text(&r->scan, r->arena, &text))
            *ret = value_text(text);
    }
}

static void read_where(struct reader *r, struct facts *facts, struct fact *f)
{
    struct str key;
    json_scan_enter(&r->scan, '[');
    while (json_scan_element(&r->scan)) {
        const char *path = NULL;
        int64_t line = 0;
        json_scan_enter(&r->scan, '{');
        while (json_scan_key(&r->scan, &key)) {
            if (str_is(key, "path"))
                reader_text(r, &path);
            else if (str_is(key, "line") && json_scan_peek(&r->scan) == '0')
                json_scan_number(&r->scan, &line);
            else
                json_scan_skip(&r->scan);
        }
        if (!path || line < 0 || line > UINT32_MAX)
            reader_refuse(r, "\"where\" has no path or no proper line",
                          "“where”缺少路径或行号无效");
        else
            fact_add_where(facts, f, path, (unsigned)line);
    }
}

struct raw_want {
    struct want *want;
    struct fact fact;
    const char *op, *verdict;
    struct text reason;
    int64_t group, branch;
    bool observed_known;
    struct strings observed;
};

static void read_want_member(struct reader *r, struct facts *facts, struct raw_want *w,
                             struct str key)
{
    if (str_is(key, "resource"))
        reader_text(r, &w->want->resource);
    else if (str_is(key, "key"))
        reader_text(r, &w->want->key_name);
    else if (str_is(key, "subject"))
        reader_text(r, &w->fact.subject);
    else if (str_is(key, "operator"))
        reader_text(r, &w->op);
    else if (str_is(key, "expected"))
        read_value(r, &w->want->expected);
    else if (str_is(key, "configured"))
        read_value(r, &w->fact.configured);
    else if (str_is(key, "running"))
        read_value(r, &w->fact.running);
    else if (str_is(key, "observed")) {
        w->observed_known = true;
        reader_strings(r, &w->observed);
    } else if (str_is(key, "where"))
        read_where(r, facts, &w->fact);
    else if (str_is(key, "verdict"))
        reader_text(r, &w->verdict);
    else if (str_is(key, "reason"))
        reader_text(r, &w->reason.en);
    else if (str_is(key, "reason_zh"))
        reader_text(r, &w->reason.zh);
    else if (str_is(key, "remark"))
        reader_languages(r, &w->fact.reason);
    else if (str_is(key, "group"))
        reader_number(r, UINT32_MAX, &w->group);
    else if (str_is(key, "branch"))
        reader_number(r, UINT32_MAX, &w->branch);
    else
        json_scan_skip(&r->scan);
}

static void read_want(struct reader *r, struct judged *ret)
{
    struct facts facts = {.arena = r->arena};
    struct raw_want w = {.want = arena_make(r->arena, struct want)};
    struct str key;
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key))
        read_want_member(r, &facts, &w, key);
    reader_need(r, w.want->resource, "resource");
    reader_need(r, w.want->key_name, "key");
    reader_need(r, w.op, "operator");
    *ret = (struct judged){.want = w.want, .fact = w.fact, .reason = reader_both(w.reason)};
    if (w.op && want_op_from_name(str_of(w.op), &w.want->op) < 0)
        reader_refuse(r, "an operator is unknown", "运算符未知");
    reader_verdict(r, w.verdict, &ret->verdict);
    w.want->group = (unsigned)w.group;
    w.want->branch = (unsigned)w.branch;
    ret->fact.has_configured = w.observed_known ? strings_find(&w.observed, "configured") >= 0
                                                : w.fact.configured.kind != VALUE_NULL;
    ret->fact.has_running = w.observed_known ? strings_find(&w.observed, "running") >= 0
                                             : w.fact.running.kind != VALUE_NULL;
    if (ret->fact.has_configured || ret->fact.has_running)
        ret->fact.state = FACT_KNOWN;
    else
        ret->fact.state =
            ret->verdict == VERDICT_NOT_APPLICABLE ? FACT_NOT_APPLICABLE : FACT_UNKNOWN;
}

static void read_paths(struct reader *r, struct rule_result *ret)
{
    struct str key;
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key)) {
        if (str_is(key, "read"))
            reader_strings(r, &ret->paths_read);
        else if (str_is(key, "absent"))
            reader_strings(r, &ret->paths_absent);
        else if (str_is(key, "omitted")) {
            int64_t n = 0;
            reader_number(r, INT32_MAX, &n);
            ret->paths_omitted = (size_t)n;
        } else
            json_scan_skip(&r->scan);
    }
}

struct raw_rule {
    struct rule *rule;
    const char *class, *risk, *verdict, *found;
    struct text reason;
    int64_t omitted;
};

static bool read_rule_text(struct reader *r, struct raw_rule *w, struct str key)
{
    const struct {
        const char *name;
        const char **to;
    } texts[] = {
        {"id", &w->rule->id},           {"number", &w->rule->number},
        {"trigger", &w->rule->trigger}, {"high_risk", &w->rule->high_risk},
        {"class", &w->class},           {"risk", &w->risk},
        {"verdict", &w->verdict},       {"reason", &w->reason.en},
        {"reason_zh", &w->reason.zh},   {"found", &w->found},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!str_is(key, texts[i].name))
            continue;
        reader_text(r, texts[i].to);
        return true;
    }
    return false;
}

static void read_rule_member(struct reader *r, struct raw_rule *w, struct rule_result *ret,
                             struct str key)
{
    if (read_rule_text(r, w, key))
        return;
    if (str_is(key, "title"))
        reader_languages(r, &w->rule->title);
    else if (str_is(key, "why"))
        reader_languages(r, &w->rule->why);
    else if (str_is(key, "evidence"))
        reader_languages(r, &w->rule->evidence);
    else if (str_is(key, "sources"))
        reader_strings(r, &w->rule->sources);
    else if (str_is(key, "duration_us"))
        reader_number(r, INT64_MAX, &ret->duration_us);
    else if (str_is(key, "digest"))
        reader_text(r, &ret->digest);
    else if (str_is(key, "omitted"))
        reader_number(r, INT32_MAX, &w->omitted);
    else if (str_is(key, "paths"))
        read_paths(r, ret);
    else if (str_is(key, "wants")) {
        json_scan_enter(&r->scan, '[');
        while (json_scan_element(&r->scan)) {
            struct judged one;
            if (ret->judged.n == READ_FACT_LIMIT) { /* as a check does: counted, not kept */
                json_scan_skip(&r->scan);
                ret->omitted++;
                continue;
            }
            read_want(r, &one);
            vec_push(r->arena, &ret->judged, one);
        }
    } else
        json_scan_skip(&r->scan);
}

static void read_rule(struct reader *r, struct rule_result *ret)
{
    struct raw_rule w = {.rule = arena_make(r->arena, struct rule)};
    struct str key;
    *ret = (struct rule_result){.rule = w.rule};
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key))
        read_rule_member(r, &w, ret, key);
    reader_identifier(r, w.rule->id);
    reader_need(r, w.rule->number, "number");
    reader_numbers(r, w.rule->number);
    reader_numbers(r, w.rule->high_risk);
    reader_trigger(r, w.rule->trigger);
    reader_need(r, w.rule->title.en, "title");
    reader_digest(r, ret->digest, "digest");
    ret->reason = reader_both(w.reason);
    ret->omitted += (size_t)w.omitted;
    reader_verdict(r, w.verdict, &ret->verdict);
    ret->found = ret->verdict;
    if (w.found) /* results of before 0.1 have none */
        reader_verdict(r, w.found, &ret->found);
    if ((w.class && rule_class_from_name(str_of(w.class), &w.rule->class) < 0) ||
        (w.risk && risk_from_name(str_of(w.risk), &w.rule->risk) < 0))
        reader_refuse(r, "a class or risk is unknown", "类别或风险未知");
}

struct raw_item {
    struct item *item;
    const char *verdict;
    struct text conclusion;
    int64_t number;
};

static void read_item_member(struct reader *r, struct raw_item *w, struct item_result *ret,
                             struct str key)
{
    if (str_is(key, "number"))
        reader_number(r, UINT32_MAX, &w->number);
    else if (str_is(key, "id"))
        reader_text(r, &w->item->id);
    else if (str_is(key, "domain"))
        reader_text(r, &w->item->domain.en);
    else if (str_is(key, "domain_zh"))
        reader_text(r, &w->item->domain.zh);
    else if (str_is(key, "clause"))
        reader_text(r, &w->item->clause);
    else if (str_is(key, "unit"))
        reader_text(r, &w->item->unit);
    else if (str_is(key, "name"))
        reader_languages(r, &w->item->name);
    else if (str_is(key, "verdict"))
        reader_text(r, &w->verdict);
    else if (str_is(key, "conclusion"))
        reader_text(r, &w->conclusion.en);
    else if (str_is(key, "conclusion_zh"))
        reader_text(r, &w->conclusion.zh);
    else if (str_is(key, "pending"))
        reader_languages(r, &w->item->pending);
    else if (str_is(key, "skipped"))
        reader_strings(r, &ret->skipped);
    else if (str_is(key, "rules")) {
        json_scan_enter(&r->scan, '[');
        while (json_scan_element(&r->scan)) {
            struct rule_result one;
            read_rule(r, &one);
            ret->counts[one.verdict]++;
            vec_push(r->arena, &ret->rules, one);
        }
    } else
        json_scan_skip(&r->scan);
}

static void read_item(struct reader *r, struct item_result *ret)
{
    struct raw_item w = {.item = arena_make(r->arena, struct item)};
    struct str key;
    *ret = (struct item_result){.item = w.item};
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key))
        read_item_member(r, &w, ret, key);
    reader_identifier(r, w.item->id);
    reader_need(r, w.item->clause, "clause");
    reader_need(r, w.item->unit, "unit");
    reader_need(r, w.item->name.en, "name");
    reader_verdict(r, w.verdict, &ret->verdict);
    w.item->number = (unsigned)w.number;
    w.item->domain = reader_both(w.item->domain);
    ret->conclusion = reader_both(w.conclusion);
    /* engine/check.c: an item that asked for all its rules and selected none is pending, too. */
    ret->pending = w.item->pending.en || (!ret->rules.n && ret->verdict == VERDICT_UNKNOWN);
}

static void read_items(struct reader *r, struct result *ret)
{
    json_scan_enter(&r->scan, '[');
    while (json_scan_element(&r->scan)) {
        struct item_result one;
        read_item(r, &one);
        for (int v = 0; v < VERDICT_COUNT; v++)
            ret->rules_count[v] += one.counts[v];
        ret->items_count[one.verdict]++;
        vec_push(r->arena, &ret->items, one);
    }
}

static void read_summary(struct reader *r, struct result *ret)
{
    struct str key;
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key)) {
        if (str_is(key, "conclusion"))
            reader_text(r, &ret->conclusion.en);
        else if (str_is(key, "conclusion_zh"))
            reader_text(r, &ret->conclusion.zh);
        else
            json_scan_skip(&r->scan); /* counted again from the items */
    }
    ret->conclusion = reader_both(ret->conclusion);
}

static void read_host(struct reader *r, struct host_facts *ret)
{
    struct str key;
    const struct {
        const char *name;
        const char **to;
    } texts[] = {
        {"id", &ret->id},           {"name", &ret->name},
        {"os_id", &ret->os_id},     {"os_version", &ret->os_version},
        {"os_name", &ret->os_name}, {"kernel", &ret->kernel},
        {"root", &ret->root},
    };
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key)) {
        size_t i = 0, n = sizeof texts / sizeof texts[0];
        while (i < n && !str_is(key, texts[i].name))
            i++;
        if (i < n)
            reader_name(r, texts[i].to == &ret->root ? ROOT_NAME_LIMIT : HOST_NAME_LIMIT,
                        texts[i].to);
        else if (str_is(key, "live"))
            json_scan_bool(&r->scan, &ret->live);
        else if (str_is(key, "privileged"))
            json_scan_bool(&r->scan, &ret->privileged);
        else
            json_scan_skip(&r->scan);
    }
    reader_need(r, ret->root, "root");
}

static void read_started(struct reader *r, time_t *ret)
{
    struct tm t = {0};
    const char *text = NULL;
    reader_text(r, &text);
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &t) : NULL;
    if (end && !*end)
        *ret = timegm(&t);
    else
        reader_refuse(r, "\"started\" is no time", "“started”不是时间");
}

int result_read(struct arena *a, struct str bytes, const struct result **ret, struct err *e)
{
    struct reader r = reader_of(a, bytes);
    struct result *result = arena_make(a, struct result);
    bool has_items = false, has_host = false;
    struct str key;
    json_scan_enter(&r.scan, '{');
    while (reader_member(&r, &key)) {
        if (str_is(key, "tool"))
            reader_tool(&r, &result->tool_version);
        else if (str_is(key, "started"))
            read_started(&r, &result->started);
        else if (str_is(key, "duration_us"))
            reader_number(&r, INT64_MAX, &result->duration_us);
        else if (str_is(key, "host")) {
            has_host = true;
            read_host(&r, &result->host);
        } else if (str_is(key, "preset"))
            reader_text(&r, &result->preset);
        else if (str_is(key, "policy_digest"))
            reader_text(&r, &result->policy_digest);
        else if (str_is(key, "state_digest"))
            reader_text(&r, &result->state_digest);
        else if (str_is(key, "summary"))
            read_summary(&r, result);
        else if (str_is(key, "settlements"))
            reader_settlements(&r, &result->settlements);
        else if (str_is(key, "items")) {
            has_items = true;
            read_items(&r, result);
        } else
            json_scan_skip(&r.scan);
    }
    reader_need(&r, has_items ? "" : NULL, "items");
    reader_need(&r, has_host ? "" : NULL, "host");
    reader_need(&r, result->preset, "preset");
    reader_digest(&r, result->policy_digest, "policy_digest");
    reader_digest(&r, result->state_digest, "state_digest");
    int code = reader_finish(&r, e);
    reader_link_settlements(result);
    if (code == 0)
        result->altered = reader_altered(a, bytes, &result->conclusion);
    if (code == 0)
        *ret = result;
    return code;
}
