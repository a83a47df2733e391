#include "engine/site_rule.h"

/* 'it''s' */
static void put_quoted(struct buf *b, const char *s)
{
    buf_putc(b, '\'');
    for (; *s; s++) {
        if (*s == '\'')
            buf_putc(b, '\'');
        buf_putc(b, *s);
    }
    buf_putc(b, '\'');
}

void site_put_list(struct buf *b, const struct strings *list)
{
    buf_putc(b, '[');
    for (size_t i = 0; i < list->n; i++) {
        if (i)
            buf_puts(b, ", ");
        put_quoted(b, list->v[i]);
    }
    buf_puts(b, "]\n");
}

void site_put_rule(struct buf *b, const char *id, const char *number, enum risk risk,
                   struct text title, struct text why)
{
    buf_printf(b,
               "- id: %s\n  number: \"%s\"\n  title: {zh: '%s', en: '%s'}\n"
               "  why: {zh: '%s', en: '%s'}\n  source: [site]\n  class: setup\n  risk: %s\n"
               "  want:\n",
               id, number, title.zh, title.en, why.zh, why.en,
               risk == RISK_ACCESS ? "access" : "none");
}

const char *site_quoted(struct arena *a, const char *s)
{
    _cleanup_buf_ struct buf b = {0};
    put_quoted(&b, s);
    return arena_strndup(a, b.data, b.len);
}

struct str site_text(struct arena *a, const struct buf *b)
{
    return (struct str){arena_strndup(a, b->data ? b->data : "", b->len), b->len};
}
