/*
 * "Did you mean": the name of a list that a misspelt word most likely stands for.
 */
#pragma once

#include "base/text.h"
#include "base/vec.h"

/* The nearest of the candidates within about a third of the word's length, or NULL. */
const char *near_find(const char *word, const struct strings *candidates);
/* " (did you mean \"x\"?)" or "" in both languages. */
struct text near_text(struct arena *a, const char *word, const struct strings *candidates);
