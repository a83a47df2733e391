#include "engine/result_read.h"
#include "engine/result_reader.h"

static void read_counts(struct reader *r, unsigned counts[VERDICT_COUNT])
{
    struct str key;
    enum verdict v;
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key)) {
        int64_t n = 0;
        reader_number(r, UINT32_MAX, &n);
        if (verdict_from_name(key, &v) == 0)
            counts[v] = (unsigned)n;
    }
}

static void read_summary(struct reader *r, struct brief *ret)
{
    struct str key;
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key)) {
        if (str_is(key, "items"))
            read_counts(r, ret->items_count);
        else if (str_is(key, "rules"))
            read_counts(r, ret->rules_count);
        else if (str_is(key, "conclusion"))
            reader_text(r, &ret->conclusion.en);
        else if (str_is(key, "conclusion_zh"))
            reader_text(r, &ret->conclusion.zh);
        else
            json_scan_skip(&r->scan);
    }
    ret->conclusion = reader_both(ret->conclusion);
}

static void read_host(struct reader *r, struct brief *ret)
{
    struct str key;
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key)) {
        if (str_is(key, "id"))
            reader_text(r, &ret->host_id);
        else if (str_is(key, "name"))
            reader_name(r, HOST_NAME_LIMIT, &ret->host_name);
        else if (str_is(key, "os_name"))
            reader_name(r, HOST_NAME_LIMIT, &ret->os_name);
        else if (str_is(key, "root"))
            reader_name(r, ROOT_NAME_LIMIT, &ret->root);
        else
            json_scan_skip(&r->scan);
    }
    reader_need(r, ret->root, "root");
}

static void read_items(struct reader *r, struct brief *ret)
{
    struct str key;
    json_scan_enter(&r->scan, '[');
    while (json_scan_element(&r->scan)) {
        int64_t number = 0;
        const char *verdict = NULL;
        enum verdict v = VERDICT_UNKNOWN;
        json_scan_enter(&r->scan, '{');
        while (json_scan_key(&r->scan, &key)) {
            if (str_is(key, "number"))
                reader_number(r, UINT32_MAX, &number);
            else if (str_is(key, "verdict"))
                reader_text(r, &verdict);
            else
                json_scan_skip(&r->scan);
        }
        reader_verdict(r, verdict, &v);
        if (number < 1 || number > BRIEF_ITEMS)
            continue; /* an item of the site's own */
        ret->has_item[number - 1] = true;
        ret->items[number - 1] = v;
    }
}

int result_read_brief(struct arena *a, struct str bytes, struct brief *ret, struct err *e)
{
    struct reader r = reader_of(a, bytes);
    struct brief b = {0};
    const char *version = NULL;
    bool has_items = false;
    struct str key;
    json_scan_enter(&r.scan, '{');
    while (reader_member(&r, &key)) {
        if (str_is(key, "tool"))
            reader_tool(&r, &version);
        else if (str_is(key, "started"))
            reader_text(&r, &b.started);
        else if (str_is(key, "host"))
            read_host(&r, &b);
        else if (str_is(key, "preset"))
            reader_text(&r, &b.preset);
        else if (str_is(key, "policy_digest"))
            reader_text(&r, &b.policy_digest);
        else if (str_is(key, "summary"))
            read_summary(&r, &b);
        else if (str_is(key, "items")) {
            has_items = true;
            read_items(&r, &b);
        } else
            json_scan_skip(&r.scan);
    }
    reader_need(&r, has_items ? "" : NULL, "items");
    reader_need(&r, b.root, "host");
    reader_need(&r, b.started, "started");
    reader_need(&r, b.preset, "preset");
    reader_digest(&r, b.policy_digest, "policy_digest");
    int code = reader_finish(&r, e);
    if (code == 0) {
        b.altered = reader_altered(a, bytes, &b.conclusion);
        *ret = b;
    }
    return code;
}
