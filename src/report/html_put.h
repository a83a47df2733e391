/*
 * Between the HTML writers only.  Whatever comes from the checked system or from a policy goes
 * through html_text(), which leaves nothing a browser could take for markup, in text and in quoted
 * attributes alike, and makes control and bidirectional characters visible.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "model/record.h"
#include "model/result.h"

struct page {
    struct buf *out;
    struct arena *arena;
    enum lang lang;
};

/* A macro, so that the compiler sees both formats. */
#define both(p, en, zh) ((p)->lang == LANG_ZH ? (zh) : (en))

void html_raw(struct page *p, const char *markup); /* our own markup */
void html_rawf(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void html_text(struct page *p, const char *s); /* anything; NULL: nothing */
void html_in(struct page *p, struct text t);   /* the one of the page's language */
/* <head> and the opening of <body>, with the style and a policy that allows our script alone. */
void html_begin(struct page *p, const char *title);
void html_end(struct page *p, bool script);
/* "✓ pass" as a badge. */
void html_verdict(struct page *p, enum verdict v);
void html_badge(struct page *p, enum verdict colour, const char *text);
/* One <div><dt><dd> row of a definition list, or nothing where the value is NULL. */
void html_meta(struct page *p, const char *name, const char *value);
const char *html_time(struct page *p, time_t when); /* "2026-01-02 03:04:05 UTC" */

/* ---- html_chart.c ---- */
void html_donut(struct page *p, const struct result *r);
void html_domains(struct page *p, const struct result *r);
void html_keys(struct page *p, const unsigned counts[VERDICT_COUNT]);

/* ---- html_item.c ---- */
void html_items(struct page *p, const struct result *r);

/* ---- html_record.c ---- */
void html_record(struct page *p, const struct record *r);

/* ---- generated from web/ ---- */
extern const char report_css[], report_css_hash[], report_js[], report_js_hash[];
