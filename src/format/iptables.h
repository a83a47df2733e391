/*
 * Lines of iptables-restore(8) input, cut into words as its add_param_to_argv() does: blanks
 * separate, double quotes hold together, a backslash inside them takes the next byte as it is.
 */
#pragma once

#include "base/str.h"
#include "base/vec.h"

/* 0; -EINVAL: a quote that is not closed. */
int iptables_words(struct arena *a, struct str line, struct strings *ret);
