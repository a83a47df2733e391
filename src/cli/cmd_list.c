#include "base/str.h"
#include "base/width.h"
#include "base/wrap.h"
#include "cli/commands.h"
#include "cli/manual.h"
#include "cli/session.h"
#include "report/report.h"
#include "resource/resource.h"

static void put_items(const struct invocation *i, const struct policy *p, struct buf *b, bool rules)
{
    unsigned columns = i->columns ? i->columns : 100;
    for (size_t n = 0; n < p->items.n; n++) {
        const struct item *item = &p->items.v[n];
        buf_printf(b, "%2u  ", item->number);
        buf_put_padded(b, item->id, 26);
        buf_put_cut(b, text_in(item->name, i->lang), columns - 30);
        buf_putc(b, '\n');
        for (size_t k = 0; rules && k < item->rules.n; k++) {
            const struct rule *rule = &item->rules.v[k];
            buf_puts(b, "    ");
            buf_put_padded(b, rule->number, 6);
            buf_put_padded(b, rule->id, 30);
            buf_puts(b, " ");
            if (rule->skipped)
                buf_puts(b, i->lang == LANG_ZH ? "（未选用）" : "(not selected) ");
            buf_put_cut(b, text_in(rule->title, i->lang), columns - 42 - (rule->skipped ? 16 : 0));
            buf_putc(b, '\n');
        }
    }
}

static void put_row(const struct invocation *i, struct buf *b, const char *name, struct text text)
{
    unsigned columns = i->columns ? i->columns : 100;
    buf_put_padded(b, name, 24);
    buf_puts(b, " ");
    buf_put_wrapped(b, text_in(text, i->lang), 25, columns);
    buf_putc(b, '\n');
}

static void put_args(struct buf *b, const char *label, const char *const *args)
{
    for (size_t n = 0; args && args[n]; n++)
        buf_printf(b, "%s%s", n ? ", " : label, args[n]);
}

static void put_keys(const struct invocation *i, struct buf *b, const struct resource *r)
{
    buf_printf(b, "%s: %s", r->name, text_in(r->summary, i->lang));
    put_args(b, i->lang == LANG_ZH ? "；参数：" : "; arguments: ", r->args);
    buf_putc(b, '\n');
    for (const struct key *k = r->keys; k && k->name; k++) {
        const char *kind = text_in(value_kind_text(k->kind), i->lang);
        buf_puts(b, "  ");
        buf_put_padded(b, k->name, 28);
        buf_puts(b, " ");
        _cleanup_buf_ struct buf line = {0};
        buf_printf(&line, "%s (%s", text_in(k->doc, i->lang), kind);
        if (k->builtin)
            buf_printf(&line, i->lang == LANG_ZH ? "；未设置时 %s" : "; unset means %s",
                       k->builtin);
        if (k->source)
            buf_printf(&line, "; %s", k->source);
        put_args(&line, i->lang == LANG_ZH ? "；参数：" : "; arguments: ", k->args);
        buf_putc(&line, ')');
        buf_put_wrapped(b, line.data, 31, i->columns ? i->columns : 100);
        buf_putc(b, '\n');
    }
    if (r->any_key)
        buf_puts(b, i->lang == LANG_ZH ? "  （其他键均可使用）\n" : "  (any other key as well)\n");
}

static int list_keys(const struct invocation *i, struct buf *b)
{
    struct strings known = {0};
    for (const struct resource *const *r = resource_all(); *r; r++) {
        strings_add(i->arena, &known, (*r)->name);
        if (!i->args.n || strings_find(&i->args, (*r)->name) >= 0)
            put_keys(i, b, *r);
    }
    for (size_t n = 0; n < i->args.n; n++)
        if (strings_find(&known, i->args.v[n]) < 0)
            return complain_unknown(i, TEXT("unknown resource", "未知资源"), i->args.v[n], &known);
    return 0;
}

static int list_policy(const struct invocation *i, struct buf *b, const char *what)
{
    struct policy *p;
    int r = session_policy(i, &p);
    if (r)
        return r;
    if (cstr_eq(what, "presets"))
        for (size_t n = 0; n < p->presets.n; n++)
            put_row(i, b, p->presets.v[n].name, p->presets.v[n].title);
    else
        put_items(i, p, b, !cstr_eq(what, "items"));
    return 0;
}

static int list(struct invocation *i)
{
    static const char *const kinds[] = {"items",     "rules",   "presets",
                                        "resources", "formats", "pages"};
    struct strings known = {.v = (const char **)kinds, .n = sizeof kinds / sizeof kinds[0]};
    _cleanup_buf_ struct buf b = {0};
    const char *what = i->args.n ? i->args.v[0] : "rules";
    int r = 0;
    if (i->options[OPTION_KEYS]) {
        r = list_keys(i, &b);
    } else if (i->args.n > 1 || strings_find(&known, what) < 0) {
        const char *wrong = i->args.n > 1 ? i->args.v[1] : what;
        struct text expected =
            text_make(i->arena, "list takes one of %s; unknown:", "list 可列出 %s；未知：",
                      strings_join(i->arena, &known, ", ", 0));
        return complain_unknown(i, expected, wrong, &known);
    } else if (cstr_eq(what, "resources")) {
        for (const struct resource *const *one = resource_all(); *one; one++)
            put_row(i, &b, (*one)->name, (*one)->summary);
    } else if (cstr_eq(what, "formats")) {
        for (const struct report *const *one = report_all(); *one; one++)
            put_row(i, &b, (*one)->name, (*one)->summary);
    } else if (cstr_eq(what, "pages")) {
        struct strings pages = manual_pages(i->arena);
        for (size_t n = 0; n < pages.n; n++)
            buf_printf(&b, "%s %d\n", pages.v[n], manual_section(pages.v[n]));
    } else {
        r = list_policy(i, &b, what);
    }
    return r ? r : put_output(i, &b);
}

const struct command command_list = {
    .name = "list",
    .arguments = "[items|rules|presets|resources|formats|pages|--keys [RESOURCE…]]",
    .summary = {"list items, rules, presets, resources and formats",
                "列出检查项、规则、预设、资源和格式"},
    .about =
        {"Lists the 19 items with their rules (the default), only the items, the presets, the "
         "resources that rules may speak of (--keys: with their keys), the report formats, or the "
         "man pages with their sections.",
         "列出 19 "
         "个检查项及其规则（默认）、仅检查项、预设、规则可用的资源（--"
         "keys：及其键）、报告格式或手册页及其章节。"},
    .set = COMMAND_LIST,
    .run = list,
};
