/*
 * Every sentence a person reads exists twice, side by side at the place that says it:
 *
 *     return text_make(arena, "cannot read %s: %s", "无法读取 %s：%s", path, why);
 *
 * Both formats take the same arguments in the same order; the compiler checks both.  A sentence
 * without arguments is TEXT("…", "…").  Which of the two is shown is decided once, in the cli.
 */
#pragma once

#include <stdarg.h>

#include "base/arena.h"

enum lang { LANG_EN, LANG_ZH };

struct text {
    const char *en, *zh; /* both set, or both NULL: no text */
};

#define TEXT(en_, zh_) ((struct text){.en = (en_), .zh = (zh_)})

struct text text_make(struct arena *a, const char *en, const char *zh, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
struct text text_vmake(struct arena *a, const char *en, const char *zh, va_list args)
    __attribute__((format(printf, 2, 0), format(printf, 3, 0)));
const char *text_in(struct text t, enum lang lang); /* "" for no text */
/* One after the other. */
struct text text_concat(struct arena *a, struct text first, struct text second);
