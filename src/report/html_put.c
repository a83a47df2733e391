#include "report/html_put.h"

#include <time.h>

#include "report/markup.h"

void html_raw(struct page *p, const char *markup)
{
    buf_puts(p->out, markup);
}

void html_rawf(struct page *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(p->out, format, args);
    va_end(args);
}

void html_text(struct page *p, const char *s)
{
    markup_text(p->out, s);
}

void html_in(struct page *p, struct text t)
{
    html_text(p, text_in(t, p->lang));
}

void html_begin(struct page *p, const char *title)
{
    html_rawf(p, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
              both(p, "en", "zh-CN"));
    html_raw(p, "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
    html_rawf(p,
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
              "style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'\">\n",
              report_css_hash, report_js_hash);
    html_raw(p, "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" "
                "content=\"light dark\">\n<title>");
    html_text(p, title);
    html_rawf(p, "</title>\n<style>%s</style>\n</head>\n<body>\n", report_css);
    html_rawf(p, "<a class=\"skip\" href=\"#main\">%s</a>\n",
              both(p, "Skip to the result", "跳到检查结果"));
}

void html_end(struct page *p, bool script)
{
    if (script)
        html_rawf(p, "<script>%s</script>\n", report_js);
    html_raw(p, "</body>\n</html>\n");
}

void html_badge(struct page *p, enum verdict colour, const char *text)
{
    static const char *const signs[VERDICT_COUNT] = {
        [VERDICT_PASS] = "✓",           [VERDICT_FAIL] = "✗",
        [VERDICT_WAIVED] = "◇",         [VERDICT_EVIDENCE_NEEDED] = "✎",
        [VERDICT_NOT_APPLICABLE] = "–", [VERDICT_UNKNOWN] = "?",
    };
    html_rawf(p, "<span class=\"b %s\"><span aria-hidden=\"true\">%s</span> ", verdict_name(colour),
              signs[colour]);
    html_text(p, text);
    html_raw(p, "</span>");
}

void html_verdict(struct page *p, enum verdict v)
{
    html_badge(p, v,
               v == VERDICT_FAIL ? both(p, "fail", "不通过") : text_in(verdict_text(v), p->lang));
}

void html_meta(struct page *p, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    html_rawf(p, "<div><dt>%s</dt><dd>", name);
    html_text(p, value);
    html_raw(p, "</dd></div>\n");
}

const char *html_time(struct page *p, time_t when)
{
    struct tm t;
    char text[64] = "";
    if (gmtime_r(&when, &t))
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &t);
    return arena_strdup(p->arena, text);
}
