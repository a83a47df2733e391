#include "format/systemd_line.h"

bool systemd_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str systemd_strip(struct str s)
{
    while (s.n && systemd_is_blank(s.p[0]))
        s = str_slice(s, 1, s.n);
    while (s.n && systemd_is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool systemd_next_line(struct str *rest, struct str *line, struct str *raw)
{
    if (rest->n == 0)
        return false;
    size_t i = 0;
    while (i < rest->n && rest->p[i] != '\n' && rest->p[i] != '\r' && rest->p[i] != '\0')
        i++;
    *line = str_slice(*rest, 0, i);
    bool seen_newline = false, seen_return = false, seen_nul = false;
    for (; i < rest->n; i++) {
        char c = rest->p[i];
        bool *seen = c == '\n'   ? &seen_newline
                     : c == '\r' ? &seen_return
                     : c == '\0' ? &seen_nul
                                 : NULL;
        if (!seen || *seen || seen_nul)
            break;
        *seen = true;
    }
    *raw = str_slice(*rest, 0, i);
    *rest = str_slice(*rest, i, rest->n);
    return true;
}
