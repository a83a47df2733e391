#include <string.h>
#include <time.h>

#include "base/str.h"
#include "base/width.h"
#include "report/json_writer.h"
#include "report/report.h"

/*
 * SARIF 2.1.0 (OASIS): one run, the rules as the driver's, one result a rule.  What passes is there
 * too (kind "pass"), so that a consumer sees what was asked.  A waiver is a suppression, evidence
 * that is missing is "review", unknown is "open".  Paths are of the checked root: relative to the
 * base ROOT.  The object is closed to other members, so the digests are only in FILE.sig.
 */

#define SCHEMA                                                                                     \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"                          \
    "sarif-schema-2.1.0.json"
enum { SHOWN_PLACES = 100 };

struct sarif {
    struct json json;
    struct arena *arena;
    const struct result *result;
    enum lang lang;
};

static const char *kind_of(enum verdict v)
{
    static const char *const names[VERDICT_COUNT] = {
        [VERDICT_PASS] = "pass",
        [VERDICT_FAIL] = "fail",
        [VERDICT_WAIVED] = "fail",
        [VERDICT_EVIDENCE_NEEDED] = "review",
        [VERDICT_NOT_APPLICABLE] = "notApplicable",
        [VERDICT_UNKNOWN] = "open",
    };
    return names[v];
}

/* Every kind but "fail" has the level "none" (3.27.10). */
static const char *level_of(const struct rule_result *r)
{
    if (r->verdict != VERDICT_FAIL && r->verdict != VERDICT_WAIVED)
        return "none";
    return r->rule->high_risk ? "error" : "warning";
}

/* {"text": …}; a message may not be empty. */
static void put_message(struct sarif *s, const char *key, const char *text, const char *otherwise)
{
    json_open_flat(&s->json, key, '{');
    json_text(&s->json, "text", text && *text ? text : otherwise);
    json_close(&s->json);
}

static void put_rule(struct sarif *s, const struct item *item, const struct rule *r)
{
    struct json *j = &s->json;
    json_open(j, NULL, '{');
    json_text(j, "id", r->id);
    put_message(s, "shortDescription", text_in(r->title, s->lang), r->id);
    if (r->why.en)
        put_message(s, "fullDescription", text_in(r->why, s->lang), r->id);
    json_open_flat(j, "defaultConfiguration", '{');
    json_text(j, "level", r->high_risk ? "error" : "warning");
    json_close(j);
    json_open_flat(j, "properties", '{');
    json_text(j, "number", r->number);
    json_text(j, "clause", arena_printf(s->arena, "GB/T 22239-2019 %s", item->clause));
    json_text(j, "unit", arena_printf(s->arena, "GB/T 28448-2019 %s", item->unit));
    if (r->high_risk)
        json_text(j, "highRisk", r->high_risk);
    if (r->trigger)
        json_text(j, "trigger", r->trigger);
    json_close(j);
    json_close(j);
}

/* A path as a relative reference (RFC 3986): what is not unreserved or "/" as %XX, of any bytes. */
static const char *uri_of(struct arena *a, const char *path)
{
    static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-._~/";
    struct buf b = {0};
    while (*path == '/')
        path++;
    for (; *path; path++) {
        if (strchr(unreserved, *path))
            buf_putc(&b, *path);
        else
            buf_printf(&b, "%%%02X", (unsigned char)*path);
    }
    const char *uri = arena_strndup(a, b.len ? b.data : "", b.len);
    buf_done(&b);
    return uri;
}

static void put_place(struct sarif *s, const struct where *w)
{
    struct json *j = &s->json;
    json_open_flat(j, NULL, '{');
    json_open(j, "physicalLocation", '{');
    json_open(j, "artifactLocation", '{');
    json_text(j, "uri", uri_of(s->arena, w->path));
    json_text(j, "uriBaseId", "ROOT");
    json_close(j);
    if (w->line) {
        json_open(j, "region", '{');
        json_number(j, "startLine", w->line);
        json_close(j);
    }
    json_close(j);
    json_close(j);
}

/* Of what decides: the observations that did not pass, or all of a rule that does. */
static void put_places(struct sarif *s, const struct rule_result *r)
{
    size_t done = 0;
    json_open(&s->json, "locations", '[');
    vec_each (one, &r->judged) {
        if (r->verdict != VERDICT_PASS && one->verdict == VERDICT_PASS)
            continue;
        for (size_t i = 0; i < one->fact.where.n && done < SHOWN_PLACES; i++, done++)
            put_place(s, &one->fact.where.v[i]);
    }
    json_close(&s->json);
}

static void put_suppressions(struct sarif *s, const struct rule_result *r)
{
    struct json *j = &s->json;
    const struct settlement *w = r->settled;
    if (r->verdict != VERDICT_WAIVED)
        return;
    json_open(j, "suppressions", '[');
    json_open_flat(j, NULL, '{');
    json_text(j, "kind", "external");
    json_text(j, "status", "accepted");
    if (w)
        json_text(j, "justification",
                  arena_printf(s->arena, "%s (%s, %s)", w->reason ? w->reason : "",
                               w->person ? w->person : "", w->until ? w->until : ""));
    json_close(j);
    json_close(j);
}

static void put_result(struct sarif *s, const struct rule_result *r, int64_t index)
{
    struct json *j = &s->json;
    json_open(j, NULL, '{');
    json_text(j, "ruleId", r->rule->id);
    json_number(j, "ruleIndex", index);
    json_text(j, "kind", kind_of(r->verdict));
    json_text(j, "level", level_of(r));
    put_message(s, "message", text_in(r->reason, s->lang), text_in(r->rule->title, s->lang));
    put_places(s, r);
    json_open_flat(j, "partialFingerprints", '{');
    json_text(j, "dengbaoRule/v1", r->digest ? r->digest : "");
    json_close(j);
    put_suppressions(s, r);
    json_open_flat(j, "properties", '{');
    json_text(j, "verdict", verdict_name(r->verdict));
    json_number(j, "observations", (int64_t)(r->judged.n + r->omitted));
    json_close(j);
    json_close(j);
}

static const char *time_text(struct arena *a, time_t when)
{
    struct tm t;
    char text[40] = "";
    if (gmtime_r(&when, &t))
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &t);
    return arena_strdup(a, text);
}

static void put_run(struct sarif *s)
{
    struct json *j = &s->json;
    const struct result *r = s->result;
    const struct host_facts *h = &r->host;
    const char *name = h->name ? h->name : h->root;
    json_open(j, "invocations", '[');
    json_open(j, NULL, '{');
    json_bool(j, "executionSuccessful", true);
    json_text(j, "startTimeUtc", time_text(s->arena, r->started));
    json_text(j, "endTimeUtc",
              time_text(s->arena, r->started + (time_t)(r->duration_us / 1000000)));
    if (name)
        json_text(j, "machine", name);
    json_close(j);
    json_close(j);
    json_open(j, "originalUriBaseIds", '{');
    json_open_flat(j, "ROOT", '{');
    json_text(j, "uri", "file:///");
    json_close(j);
    json_close(j);
    json_open(j, "properties", '{');
    json_text(j, "conclusion", text_in(r->conclusion, s->lang));
    json_text(j, "os", h->os_name);
    json_text(j, "root", h->root);
    json_text(j, "preset", r->preset);
    json_text(j, "policySha256", r->policy_digest);
    json_text(j, "stateSha256", r->state_digest);
    json_close(j);
}

static int write_sarif(const struct result *r, const struct report_options *o, struct buf *ret)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct sarif s = {.json.out = ret, .arena = a, .result = r, .lang = o->lang};
    struct json *j = &s.json;
    int64_t index = 0;
    json_open(j, NULL, '{');
    json_text(j, "$schema", SCHEMA);
    json_text(j, "version", "2.1.0");
    json_open(j, "runs", '[');
    json_open(j, NULL, '{');
    json_open(j, "tool", '{');
    json_open(j, "driver", '{');
    json_text(j, "name", "dengbao");
    json_text(j, "version", r->tool_version);
    json_text(j, "language", o->lang == LANG_ZH ? "zh-CN" : "en");
    json_open(j, "rules", '[');
    vec_each (item, &r->items)
        vec_each (rule, &item->rules)
            put_rule(&s, item->item, rule->rule);
    json_close(j);
    json_close(j);
    json_close(j);
    put_run(&s);
    json_open(j, "results", '[');
    vec_each (item, &r->items)
        vec_each (rule, &item->rules)
            put_result(&s, rule, index++);
    json_close(j);
    json_close(j);
    json_close(j);
    json_close(j);
    return 0;
}

const struct report report_sarif = {
    .name = "sarif",
    .summary = {"SARIF 2.1.0, for code scanning and dashboards", "SARIF 2.1.0，供代码扫描平台使用"},
    .write = write_sarif,
};
