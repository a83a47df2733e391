/*
 * Allocation that does not fail: when memory is exhausted the program writes one line and aborts.
 * A transaction that dies this way is finished or undone by the journal like any other crash, so
 * no caller carries an untestable out-of-memory path (docs/decisions/0001-out-of-memory.md).
 */
#pragma once

#include <stddef.h>

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *mem_resize(void *p, size_t count, size_t size) __attribute__((returns_nonnull));
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull, nonnull));
char *mem_strndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
