#include "base/text.h"

struct text text_vmake(struct arena *a, const char *en, const char *zh, va_list args)
{
    va_list again;
    va_copy(again, args);
    struct text t = {.en = arena_vprintf(a, en, args)};
    t.zh = arena_vprintf(a, zh, again);
    va_end(again);
    return t;
}

struct text text_make(struct arena *a, const char *en, const char *zh, ...)
{
    va_list args;
    va_start(args, zh);
    struct text t = text_vmake(a, en, zh, args);
    va_end(args);
    return t;
}

const char *text_in(struct text t, enum lang lang)
{
    const char *s = lang == LANG_ZH ? t.zh : t.en;
    return s ? s : "";
}

struct text text_concat(struct arena *a, struct text first, struct text second)
{
    return (struct text){
        .en = arena_printf(a, "%s%s", text_in(first, LANG_EN), text_in(second, LANG_EN)),
        .zh = arena_printf(a, "%s%s", text_in(first, LANG_ZH), text_in(second, LANG_ZH)),
    };
}
