/* After a setup: how many of the 19 items hold, and for each of the others what is still needed. */
#include "base/width.h"
#include "cli/setup_session.h"

#define both(s, en, zh) ((s)->i->lang == LANG_ZH ? (zh) : (en))

static bool is_open(enum verdict v)
{
    return v == VERDICT_FAIL || v == VERDICT_UNKNOWN || v == VERDICT_EVIDENCE_NEEDED;
}

static void put_rule(const struct setup_session *s, const struct rule_result *r, struct buf *b)
{
    bool evidence = r->verdict == VERDICT_EVIDENCE_NEEDED;
    struct text what = evidence ? r->rule->evidence : r->reason;
    buf_printf(b, "    %-5s %s: ", r->rule->number, r->rule->id);
    buf_put_safe(b, str_of(text_in(what, s->i->lang)));
    buf_putc(b, '\n');
}

void setup_items_text(const struct setup_session *s, const struct result *result, struct buf *b)
{
    size_t pass = 0;
    bool evidence = false, open = false;
    if (!result)
        return;
    vec_each (item, &result->items)
        pass += item->verdict == VERDICT_PASS || item->verdict == VERDICT_WAIVED ||
                item->verdict == VERDICT_NOT_APPLICABLE;
    setup_title(s, b, "The 19 items", "19 个检查项");
    buf_printf(b, both(s, "  %zu of %zu hold now.\n", "  现已符合 %zu 项（共 %zu 项）。\n"), pass,
               result->items.n);
    vec_each (item, &result->items) {
        if (!is_open(item->verdict))
            continue;
        open = true;
        buf_printf(b, "  %2d  %s\n", item->item->number,
                   text_in(verdict_text(item->verdict), s->i->lang));
        vec_each (r, &item->rules)
            if (is_open(r->verdict)) {
                evidence = evidence || r->verdict == VERDICT_EVIDENCE_NEEDED;
                put_rule(s, r, b);
            }
    }
    if (evidence)
        buf_puts(b,
                 both(s,
                      "  What the host cannot show is recorded with: dengbao evidence add RULE "
                      "--title TEXT --file FILE --by NAME --until DATE\n",
                      "  主机自身无法证明的内容用以下命令举证：dengbao evidence add 规则 --title "
                      "标题 --file 文件 --by 姓名 --until 日期\n"));
    if (open)
        buf_puts(b, both(s, "  Look again, passwords included: dengbao check --weak-passwords\n",
                         "  再次检查（含弱口令）：dengbao check --weak-passwords\n"));
}
