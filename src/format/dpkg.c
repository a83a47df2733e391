#include "format/dpkg.h"

#include <stddef.h>

static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    {"Package", offsetof(struct dpkg_stanza, package)},
    {"Version", offsetof(struct dpkg_stanza, version)},
    {"Architecture", offsetof(struct dpkg_stanza, architecture)},
    {"Status", offsetof(struct dpkg_stanza, status)},
    {"Depends", offsetof(struct dpkg_stanza, depends)},
    {"Pre-Depends", offsetof(struct dpkg_stanza, pre_depends)},
    {"Provides", offsetof(struct dpkg_stanza, provides)},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The field a line begins, or NULL. First letter first: most lines are none of ours. */
static struct str *field_of(struct dpkg_stanza *s, struct str line, struct str *ret_value)
{
    if (!line.n || !strchr("PVASDpvasd", line.p[0]))
        return NULL;
    int colon = str_index(line, ':');
    if (colon < 0)
        return NULL;
    struct str name = str_slice(line, 0, (size_t)colon);
    while (name.n && is_blank(name.p[name.n - 1]))
        name.n--;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!str_is_nocase(name, fields[i].name))
            continue;
        *ret_value = str_trim(str_slice(line, (size_t)colon + 1, line.n));
        return (struct str *)((char *)s + fields[i].offset);
    }
    return NULL;
}

bool dpkg_next(struct dpkg_reader *r, struct dpkg_stanza *ret)
{
    struct str line, *field = NULL;
    bool any = false;
    *ret = (struct dpkg_stanza){0};
    while (str_next_line(&r->rest, &line)) {
        r->line++;
        if (line.n == 0 || (line.n == 1 && line.p[0] == '\r')) {
            if (any)
                return true;
            continue;
        }
        if (!any)
            ret->line = r->line;
        any = true;
        if (is_blank(line.p[0])) {
            if (field) /* the value goes on: a slice over both lines */
                field->n = (size_t)(line.p + line.n - field->p);
            continue;
        }
        struct str value = {0};
        field = field_of(ret, line, &value);
        if (field)
            *field = value.p ? value : (struct str){line.p + line.n, 0};
        else if (line.n > 10 && str_is_nocase(str_slice(line, 0, 10), "Essential:"))
            ret->essential = str_is_nocase(str_trim(str_slice(line, 10, line.n)), "yes");
    }
    return any;
}

bool dpkg_installed(const struct dpkg_stanza *s)
{
    static const char *const states[] = {"installed", "triggers-awaited", "triggers-pending"};
    struct str rest = s->status, want, flag, state;
    if (!str_next_word(&rest, &want) || !str_next_word(&rest, &flag) ||
        !str_next_word(&rest, &state))
        return false;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (str_is_nocase(state, states[i]))
            return true;
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool dpkg_next_dependency(struct str *rest, struct dpkg_dependency *ret)
{
    struct str s = *rest;
    while (s.n && (is_space(s.p[0]) || s.p[0] == ',' || s.p[0] == '|'))
        s = str_slice(s, 1, s.n);
    if (!s.n) {
        *rest = s;
        return false;
    }
    size_t end = 0;
    while (end < s.n && s.p[end] != ',' && s.p[end] != '|')
        end++;
    size_t name = 0;
    while (name < end && !is_space(s.p[name]) && !strchr("(:[<", s.p[name]))
        name++;
    ret->name = str_slice(s, 0, name);
    ret->last = end == s.n || s.p[end] == ',';
    *rest = str_slice(s, end, s.n);
    return true;
}
