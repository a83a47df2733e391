/* Lines as systemd reads them, of units and of sysctl.d alike. */
#pragma once

#include "base/str.h"

/* WHITESPACE of systemd: blank, tab, newline, carriage return. */
bool systemd_is_blank(char c);
struct str systemd_strip(struct str s);

/* The next physical line of *rest, without and with its end, which rest then follows. As in
 * systemd's read_line(): newline, carriage return and NUL end a line, and a run of different ones
 * of them counts once. False at the end of *rest. */
bool systemd_next_line(struct str *rest, struct str *line, struct str *raw);
