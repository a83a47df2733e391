/*
 * A growable byte buffer.  `data` is NULL while empty, otherwise NUL-terminated at data[len].
 * Ownership: the buffer owns data; buf_done() frees; _cleanup_buf_ does so at scope end.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct buf {
    char *data;
    size_t len, cap;
};

void buf_reserve(struct buf *b, size_t more); /* room for that many bytes more */
void buf_append(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_fill(struct buf *b, char c, size_t times);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void buf_clear(struct buf *b); /* keeps the memory */
void buf_done(struct buf *b);  /* frees; the buffer can be used again */
#define _cleanup_buf_ __attribute__((cleanup(buf_done)))
