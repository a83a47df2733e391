#include "engine/policy_load.h"

#include "base/near.h"
#include "base/vec.h"
#include "base/width.h"

enum {
    R_ID,
    R_NUMBER,
    R_TITLE,
    R_WHY,
    R_EVIDENCE,
    R_SOURCE,
    R_CLASS,
    R_RISK,
    R_HIGH_RISK,
    R_TRIGGER,
    R_PARAMS,
    R_APPLIES,
    R_WANT,
    R_FIELDS
};

static const struct field rule_fields[R_FIELDS] = {
    [R_ID] = {"id", YAML_TEXT, true},         [R_NUMBER] = {"number", YAML_TEXT, true},
    [R_TITLE] = {"title", YAML_MAP, true},    [R_WHY] = {"why", YAML_MAP, true},
    [R_EVIDENCE] = {"evidence", YAML_MAP},    [R_SOURCE] = {"source", YAML_LIST, true},
    [R_CLASS] = {"class", YAML_TEXT, true},   [R_RISK] = {"risk", YAML_TEXT, true},
    [R_HIGH_RISK] = {"high-risk", YAML_TEXT}, [R_TRIGGER] = {"trigger", YAML_TEXT},
    [R_PARAMS] = {"params", YAML_MAP, false}, [R_APPLIES] = {"applies", YAML_LIST, false},
    [R_WANT] = {"want", YAML_LIST, false},
};

struct draft *draft_find(struct loader *l, const char *id)
{
    vec_each (d, &l->drafts) {
        if (cstr_eq(d->rule.id, id))
            return d;
    }
    return NULL;
}

static bool read_id(struct loader *l, const char *path, const struct yaml_value *v)
{
    if (!v)
        return false;
    if (!is_identifier(v->text)) {
        problem_at(l, path, v, "id: \"%s\" is not lower-case words joined by \"-\"",
                   "id：“%s”应为小写单词，以“-”连接", safe_text(l->arena, v->text));
        return false;
    }
    const struct draft *known = draft_find(l, v->text);
    if (known) {
        problem_at(l, path, v, "rule \"%s\" is already defined at %s:%u", "规则“%s”已在 %s:%u 定义",
                   v->text, known->path, known->node->line);
        return false;
    }
    return true;
}

/* "1.4" of item 1: the item's number, then one or more numbers. */
static bool number_fits(const char *s, unsigned item)
{
    struct str rest = str_of(s), part;
    unsigned parts = 0;
    while (str_next_field(&rest, '.', &part)) {
        int64_t n;
        if (part.n == 0 || part.n > 4 || part.p[0] == '-' || part.p[0] == '+' ||
            str_to_int64(part, 10, &n) < 0 || (parts == 0 && n != (int64_t)item))
            return false;
        parts++;
    }
    return parts >= 2;
}

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n && s.n <= 3;
}

/* The numbering of the 2025 guide for high-risk judgments (2391号): "6.4.1.1". */
static const char *read_high_risk(struct loader *l, const char *path, const struct yaml_value *v)
{
    if (!v)
        return NULL;
    struct str rest = str_of(v->text), part;
    unsigned parts = 0;
    for (; str_next_field(&rest, '.', &part); parts++)
        if (!is_digits(part))
            break;
    if (parts == 4 && !rest.p)
        return v->text;
    problem_at(l, path, v, "high-risk: \"%s\" is not a case of the guide, e.g. \"6.4.1.1\"",
               "high-risk：“%s”不是指引中的判例编号，如“6.4.1.1”", safe_text(l->arena, v->text));
    return NULL;
}

/* The codes of the table of triggers of major hidden dangers: "A-18". */
static const char *read_trigger(struct loader *l, const char *path, const struct yaml_value *v)
{
    if (!v)
        return NULL;
    struct str s = str_of(v->text);
    if (str_starts(s, "A-") && s.n == 4 && is_digits(str_slice(s, 2, s.n)))
        return v->text;
    problem_at(l, path, v, "trigger: \"%s\" is not a code like \"A-18\"",
               "trigger：“%s”不是触发项编码，如“A-18”", safe_text(l->arena, v->text));
    return NULL;
}

static void read_class(struct loader *l, struct draft *d, const struct yaml_value *v)
{
    if (!v || rule_class_from_name(str_of(v->text), &d->rule.class) == 0)
        return;
    struct strings names = {0};
    for (int c = CLASS_IMAGE; c <= CLASS_EVIDENCE; c++)
        strings_add(l->arena, &names, rule_class_name((enum rule_class)c));
    problem_near(l, d->path, v,
                 text_make(l->arena, "class: \"%s\" is none of %s", "class：“%s”不是 %s 之一",
                           safe_text(l->arena, v->text), strings_join(l->arena, &names, ", ", 0)),
                 v->text, &names);
}

static void read_risk(struct loader *l, struct draft *d, const struct yaml_value *v)
{
    if (!v || risk_from_name(str_of(v->text), &d->rule.risk) == 0)
        return;
    struct strings names = {0};
    for (int r = RISK_NONE; r <= RISK_DATA; r++)
        strings_add(l->arena, &names, risk_name((enum risk)r));
    problem_near(l, d->path, v,
                 text_make(l->arena, "risk: \"%s\" is none of %s", "risk：“%s”不是 %s 之一",
                           safe_text(l->arena, v->text), strings_join(l->arena, &names, ", ", 0)),
                 v->text, &names);
}

static void collect_rule(struct loader *l, const char *path, const struct item *item,
                         const struct yaml_value *node)
{
    const struct yaml_value *f[R_FIELDS];
    if (!fields_take(l, path, node, rule_fields, R_FIELDS, f))
        return;
    struct draft d = {.path = path, .node = node, .item = item ? item->number : 0};
    d.rule.path = path;
    d.rule.line = node->line;
    d.rule.title = f[R_TITLE] ? field_text(l, path, f[R_TITLE]) : d.rule.title;
    d.rule.why = f[R_WHY] ? field_text(l, path, f[R_WHY]) : d.rule.why;
    d.rule.evidence = f[R_EVIDENCE] ? field_text(l, path, f[R_EVIDENCE]) : d.rule.evidence;
    d.rule.sources = field_words(l, path, f[R_SOURCE]);
    d.rule.high_risk = read_high_risk(l, path, f[R_HIGH_RISK]);
    d.rule.trigger = read_trigger(l, path, f[R_TRIGGER]);
    read_class(l, &d, f[R_CLASS]);
    read_risk(l, &d, f[R_RISK]);
    if (f[R_NUMBER] && item && !number_fits(f[R_NUMBER]->text, item->number))
        problem_at(l, path, f[R_NUMBER],
                   "number: \"%s\" is not a sub-item of item %u, e.g. \"%u.1\"",
                   "number：“%s”不是检查项 %u 的子项，如“%u.1”",
                   safe_text(l->arena, f[R_NUMBER]->text), item->number, item->number);
    d.rule.number = f[R_NUMBER] ? f[R_NUMBER]->text : "";
    if (d.rule.class == CLASS_EVIDENCE && f[R_CLASS] && !f[R_EVIDENCE])
        problem_at(l, path, f[R_CLASS],
                   "class evidence needs \"evidence\": exactly what would settle the rule",
                   "class 为 evidence 时须有“evidence”，说明需要什么证据");
    if (!f[R_WANT] && f[R_CLASS] && d.rule.class != CLASS_EVIDENCE)
        problem_at(l, path, node, "\"want\" is missing: a rule states what must hold",
                   "缺少“want”：规则必须说明应成立的状态");
    if (f[R_PARAMS])
        params_collect(l, &d, f[R_PARAMS]);
    if (read_id(l, path, f[R_ID])) {
        d.rule.id = f[R_ID]->text;
        vec_push(l->arena, &l->drafts, d);
    }
}

void rules_collect(struct loader *l, const struct policy_file *file, const struct item *item,
                   const struct yaml_value *list)
{
    for (size_t i = 0; i < list->items.n; i++) {
        if (l->drafts.n >= RULE_LIMIT) {
            problem_at(l, file->path, &list->items.v[i], "more than %d rules", "规则超过 %d 条",
                       RULE_LIMIT);
            return;
        }
        collect_rule(l, file->path, item, &list->items.v[i]);
    }
}

static struct item *item_by_number(struct policy *p, unsigned number)
{
    vec_each (item, &p->items) {
        if (item->number == number)
            return item;
    }
    return NULL;
}

void rules_build(struct loader *l)
{
    vec_each (d, &l->drafts) {
        const struct yaml_value *applies = yaml_member(d->node, "applies");
        const struct yaml_value *want = yaml_member(d->node, "want");
        if (applies && applies->kind == YAML_LIST)
            conditions_build(l, d, applies);
        if (want && want->kind == YAML_LIST)
            wants_build(l, d, want);
        params_publish(l, d);
        struct item *item = item_by_number(l->policy, d->item);
        if (item)
            vec_push(l->arena, &item->rules, d->rule);
    }
}
