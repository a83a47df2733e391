#include "base/str.h"
#include "report/html_put.h"

/* Charts as inline SVG: sizes in its own units, colours from the style, numbers as text beside. */

enum { BAR_WIDTH = 590, BAR_HEIGHT = 20, BAR_DOWN = 20, BAR_STEP = 50 };

static unsigned total_of(const unsigned counts[VERDICT_COUNT])
{
    unsigned n = 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        n += counts[v];
    return n;
}

static const char *name_of(const struct page *p, enum verdict v)
{
    return v == VERDICT_FAIL ? both(p, "fail", "不通过") : text_in(verdict_text(v), p->lang);
}

/* "pass 3, fail 2": what a chart says to who cannot see it. */
static void put_words(struct page *p, const unsigned counts[VERDICT_COUNT])
{
    bool first = true;
    for (unsigned v = 0; v < VERDICT_COUNT; v++) {
        if (!counts[v])
            continue;
        html_rawf(p, "%s%s %u", first ? "" : both(p, ", ", "，"), name_of(p, (enum verdict)v),
                  counts[v]);
        first = false;
    }
}

void html_keys(struct page *p, const unsigned counts[VERDICT_COUNT])
{
    html_raw(p, "<ul class=\"keys\">");
    for (unsigned v = 0; v < VERDICT_COUNT; v++)
        if (counts[v])
            html_rawf(p, "<li><i class=\"%s\"></i>%s %u</li>", verdict_name((enum verdict)v),
                      name_of(p, (enum verdict)v), counts[v]);
    html_raw(p, "</ul>\n");
}

void html_donut(struct page *p, const struct result *r)
{
    unsigned total = total_of(r->items_count);
    double at = 0;
    /* A circle of circumference 100, so that lengths are per cent. */
    html_rawf(p,
              "<svg class=\"donut\" viewBox=\"0 0 240 240\" role=\"img\" "
              "aria-labelledby=\"c1\"><title id=\"c1\">%s",
              both(p, "Items by verdict: ", "检查项判定分布："));
    put_words(p, r->items_count);
    html_raw(p, "</title><g transform=\"translate(120 120) rotate(-90) scale(6.1)\">"
                "<circle class=\"t\" r=\"15.9155\" stroke-width=\"5\"></circle>");
    for (unsigned v = 0; total && v < VERDICT_COUNT; v++) {
        double share = 100.0 * r->items_count[v] / total;
        if (!r->items_count[v])
            continue;
        html_rawf(p,
                  "<circle class=\"f-%s\" r=\"15.9155\" stroke-width=\"5\" "
                  "stroke-dasharray=\"%.2f 100\" stroke-dashoffset=\"%.2f\"></circle>",
                  verdict_name((enum verdict)v), share > 1 && share < 100 ? share - 0.5 : share,
                  -at);
        at += share;
    }
    html_rawf(p,
              "</g><text class=\"n\" x=\"120\" y=\"126\" text-anchor=\"middle\">%u/%u</text>"
              "<text class=\"s\" x=\"120\" y=\"150\" text-anchor=\"middle\">%s</text></svg>\n",
              r->items_count[VERDICT_PASS] + r->items_count[VERDICT_WAIVED] +
                  r->items_count[VERDICT_NOT_APPLICABLE],
              total, both(p, "items conform", "项符合或不适用"));
}

static void put_domain(struct page *p, const char *name, const unsigned counts[VERDICT_COUNT],
                       unsigned row, unsigned most)
{
    unsigned total = total_of(counts), y = row * BAR_STEP;
    double x = 0, unit = (double)BAR_WIDTH / (most ? most : 1);
    html_rawf(p, "<text x=\"0\" y=\"%u\">", y + 14);
    html_text(p, name);
    html_raw(p, "</text>");
    for (unsigned v = 0; v < VERDICT_COUNT; v++) {
        double width = unit * counts[v];
        if (!counts[v])
            continue;
        html_rawf(p,
                  "<rect class=\"f-%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%d\"></rect>",
                  verdict_name((enum verdict)v), x, y + BAR_DOWN, width > 2 ? width - 1.5 : width,
                  BAR_HEIGHT);
        if (width >= 12)
            html_rawf(p, "<text class=\"w\" x=\"%.1f\" y=\"%u\" text-anchor=\"middle\">%u</text>",
                      x + width / 2 - 0.7, y + BAR_DOWN + 15, counts[v]);
        x += width;
    }
    html_rawf(p, "<text class=\"s\" x=\"%.1f\" y=\"%u\">%u</text>", x + 6, y + BAR_DOWN + 15,
              total);
}

struct domain {
    const char *name;
    unsigned counts[VERDICT_COUNT];
};

/* Rules by domain: with few items per domain, the rules show more. */
void html_domains(struct page *p, const struct result *r)
{
    VEC(struct domain) domains = {0};
    unsigned most = 0;
    vec_each (item, &r->items) {
        const char *name = text_in(item->item->domain, p->lang);
        if (!domains.n || !cstr_eq(domains.v[domains.n - 1].name, name))
            vec_push(p->arena, &domains, (struct domain){.name = name});
        for (int v = 0; v < VERDICT_COUNT; v++)
            domains.v[domains.n - 1].counts[v] += item->counts[v];
    }
    vec_each (d, &domains) {
        unsigned n = total_of(d->counts);
        most = n > most ? n : most;
    }
    html_rawf(p,
              "<svg class=\"domains\" viewBox=\"0 0 %d %zu\" role=\"img\" "
              "aria-labelledby=\"c2\"><title id=\"c2\">%s",
              BAR_WIDTH + 32, domains.n * BAR_STEP,
              both(p, "Rules by domain and verdict. ", "各安全控制点的规则判定分布。"));
    vec_each (d, &domains) {
        html_text(p, d->name);
        html_raw(p, both(p, ": ", "："));
        put_words(p, d->counts);
        html_raw(p, both(p, ". ", "。"));
    }
    html_raw(p, "</title>");
    for (size_t i = 0; i < domains.n; i++)
        put_domain(p, domains.v[i].name, domains.v[i].counts, (unsigned)i, most);
    html_raw(p, "</svg>\n");
}
