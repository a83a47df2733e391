#include "base/near.h"

#include <string.h>

#include "base/str.h"

enum { WORD_LIMIT = 64 };

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

/* Edits between two words, a swap of neighbours counting as one (Damerau), without case. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_LIMIT + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1));
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]) && two_above[j - 2] + 1 < row[j])
                row[j] = two_above[j - 2] + 1;
        }
    }
    return rows[a_length % 3][b_length];
}

const char *near_find(const char *word, const struct strings *candidates)
{
    const char *best = NULL;
    size_t length = strlen(word);
    if (length == 0 || length > WORD_LIMIT)
        return NULL;
    unsigned limit = length < 4 ? 1 : (unsigned)(length + 2) / 3, best_distance = limit + 1;
    for (size_t i = 0; i < candidates->n; i++) {
        size_t other = strlen(candidates->v[i]);
        if (other > WORD_LIMIT)
            continue;
        unsigned d = distance(word, length, candidates->v[i], other);
        /* The beginning of a longer name is what people type: "root-login" is no typo. */
        if (d > limit && length >= 4 && strstr(candidates->v[i], word))
            d = limit;
        if (d < best_distance) {
            best_distance = d;
            best = candidates->v[i];
        }
    }
    return best;
}

struct text near_text(struct arena *a, const char *word, const struct strings *candidates)
{
    const char *near = near_find(word, candidates);
    if (!near)
        return TEXT("", "");
    return text_make(a, " (did you mean \"%s\"?)", "（是否想写“%s”？）", near);
}
