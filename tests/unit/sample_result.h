/* A result with one of everything, and with the names an attacker would choose. */
#pragma once

#include <string.h>

#include "base/vec.h"
#include "model/result.h"

#define HOSTILE "<script>alert('x')</script>\"&\x1b[31m\xe2\x80\xae=cmd|' /C calc'!A0"
#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static inline void sample_rule(struct arena *a, struct item_result *item, const char *id,
                               enum verdict v)
{
    struct rule *rule = arena_make(a, struct rule);
    *rule = (struct rule){.id = id,
                          .number = "1.1",
                          .title = {"title <b>", "题目 <b>"},
                          .why = {"why", "原因"},
                          .class = v == VERDICT_EVIDENCE_NEEDED ? CLASS_EVIDENCE : CLASS_IMAGE,
                          .high_risk = v == VERDICT_FAIL ? "6.4.1.1" : NULL,
                          .trigger = v == VERDICT_FAIL ? "A-18" : NULL};
    if (v == VERDICT_EVIDENCE_NEEDED)
        rule->evidence = TEXT("a scan report", "扫描报告");
    struct rule_result r = {.rule = rule, .verdict = v, .found = v, .digest = DIGEST_A};
    if (v != VERDICT_PASS)
        r.reason = TEXT("because " HOSTILE, "因为 " HOSTILE);
    struct want *w = arena_make(a, struct want);
    *w = (struct want){.resource = "file", .key_name = "mode", .op = WANT_AT_MOST};
    w->expected = value_mode(0640);
    struct judged j = {.want = w, .verdict = v, .fact.subject = HOSTILE};
    if (v == VERDICT_UNKNOWN || v == VERDICT_NOT_APPLICABLE) {
        j.fact.state = v == VERDICT_UNKNOWN ? FACT_UNKNOWN : FACT_NOT_APPLICABLE;
        j.reason = TEXT("nobody knows", "无法得知");
    } else {
        j.fact.has_configured = j.fact.has_running = true;
        j.fact.configured = value_mode(v == VERDICT_PASS ? 0600 : 0666);
        j.fact.running = VALUE_UNSET;
        j.reason = v == VERDICT_PASS ? (struct text){0} : TEXT("found 0666", "当前为 0666");
    }
    struct facts facts = {.arena = a};
    fact_add_where(&facts, &j.fact, "/etc/" HOSTILE, 7);
    vec_push(a, &r.judged, j);
    item->counts[v]++;
    vec_push(a, &item->rules, r);
}

static inline struct result *sample_result(struct arena *a)
{
    static const char *const ids[VERDICT_COUNT] = {"a-pass",     "b-fail", "c-waived",
                                                   "d-evidence", "e-na",   "f-unknown"};
    struct result *r = arena_make(a, struct result);
    struct item *item = arena_make(a, struct item);
    *item = (struct item){.number = 1,
                          .id = "user-identity",
                          .clause = "8.1.4.1 a",
                          .unit = "L3-CES1-01",
                          .domain = {"Identification", "身份鉴别"},
                          .name = {"Users are identified", "应对登录的用户进行身份标识和鉴别"}};
    struct item_result one = {.item = item, .verdict = VERDICT_FAIL};
    for (unsigned v = 0; v < VERDICT_COUNT; v++)
        sample_rule(a, &one, ids[v], (enum verdict)v);
    one.conclusion = conclusion_text(one.counts);
    *r = (struct result){.tool_version = "0.1.0",
                         .started = 1700000000,
                         .duration_us = 1500,
                         .host = {.name = HOSTILE, .os_name = HOSTILE, .root = "/"},
                         .preset = "alinux",
                         .policy_digest = DIGEST_A,
                         .state_digest = DIGEST_A,
                         .conclusion = one.conclusion};
    r->items_count[VERDICT_FAIL] = 1;
    memcpy(r->rules_count, one.counts, sizeof r->rules_count);
    vec_push(a, &r->items, one);
    return r;
}
