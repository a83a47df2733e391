#include "report/compare.h"

#include <stdio.h>

#include "report/csv_writer.h"

static void put_row(struct csv *csv, struct arena *a, const struct change *c,
                    const struct change_fact *f, enum lang lang)
{
    const struct rule_result *any = c->after ? c->after : c->before;
    csv_cell(csv, change_kind_name(c->kind));
    csv_cell(csv, any->rule->number);
    csv_cell(csv, any->rule->id);
    csv_cell(csv, text_in(any->rule->title, lang));
    csv_cell(csv, c->before ? verdict_name(c->before->verdict) : NULL);
    csv_cell(csv, c->after ? verdict_name(c->after->verdict) : NULL);
    const struct judged *j = f ? (f->after ? f->after : f->before) : NULL;
    csv_cell(csv, j ? j->want->resource : NULL);
    csv_cell(csv, j ? j->want->key_name : NULL);
    csv_cell(csv, j ? j->fact.subject : NULL);
    csv_cell(csv, j && f->before ? judged_found(a, f->before, lang) : NULL);
    csv_cell(csv, j && f->after ? judged_found(a, f->after, lang) : NULL);
    csv_end_row(csv);
}

static void changes_csv(const struct changes_between *c, const struct report_options *o,
                        struct buf *ret)
{
    static const char *const names[] = {"change",  "number",       "rule",       "title",
                                        "before",  "after",        "resource",   "key",
                                        "subject", "found_before", "found_after"};
    _cleanup_arena_ struct arena *a = arena_new();
    struct csv csv = {.out = ret};
    csv_begin(&csv);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        csv_cell(&csv, names[i]);
    csv_end_row(&csv);
    vec_each (one, &c->list) {
        if (!one->facts.n)
            put_row(&csv, a, one, NULL, o->lang);
        vec_each (f, &one->facts)
            put_row(&csv, a, one, f, o->lang);
    }
}

static void table_csv(const struct briefs *all, const struct report_options *o, struct buf *ret)
{
    static const char *const names[] = {"host", "host_id", "system",        "root",
                                        "time", "preset",  "policy_digest", "conclusion"};
    struct csv csv = {.out = ret};
    char name[16];
    csv_begin(&csv);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        csv_cell(&csv, names[i]);
    for (unsigned v = 0; v < VERDICT_COUNT; v++)
        csv_cell(&csv, verdict_name((enum verdict)v));
    for (int i = 1; i <= BRIEF_ITEMS; i++) {
        (void)snprintf(name, sizeof name, "item_%d", i);
        csv_cell(&csv, name);
    }
    csv_cell(&csv, "file");
    csv_end_row(&csv);
    vec_each (b, all) {
        csv_cell(&csv, b->host_name);
        csv_cell(&csv, b->host_id);
        csv_cell(&csv, b->os_name);
        csv_cell(&csv, b->root);
        csv_cell(&csv, b->started);
        csv_cell(&csv, b->preset);
        csv_cell(&csv, b->policy_digest);
        csv_cell(&csv, text_in(b->conclusion, o->lang));
        for (int v = 0; v < VERDICT_COUNT; v++)
            csv_number(&csv, b->items_count[v]);
        for (int i = 0; i < BRIEF_ITEMS; i++)
            csv_cell(&csv, b->has_item[i] ? verdict_name(b->items[i]) : NULL);
        csv_cell(&csv, b->source);
        csv_end_row(&csv);
    }
}

const struct comparison comparison_csv = {"csv", changes_csv, table_csv};
