#include "resource/pam_edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resource/parents.h"

static bool names_module(const char *token, const char *module)
{
    const char *slash = token ? strrchr(token, '/') : NULL;
    return cstr_eq(slash ? slash + 1 : token, module);
}

bool pam_edit_is(const struct pam_line *l, enum pam_group type, const char *module)
{
    return l->kind == PAM_LINE_RULE &&
           cstr_eq_nocase(pam_line_type(l, NULL), pam_group_name(type)) &&
           (!module || names_module(pam_token(l, 2), module));
}

int pam_edit_load(struct host *h, const char *path, struct pam_document **ret)
{
    struct str bytes;
    int r = root_read(h->root, path, &bytes);
    if (r < 0)
        return r;
    *ret = pam_parse(h->arena, bytes, false);
    return 0;
}

int pam_edit_store_text(struct host *h, const char *path, const struct buf *text,
                        const struct attributes *attributes)
{
    struct str bytes = {arena_strndup(h->arena, text->data ? text->data : "", text->len),
                        text->len};
    return stage_write(h->root, path, bytes, attributes);
}

int pam_edit_store(struct host *h, const char *path, const struct pam_document *d)
{
    _cleanup_buf_ struct buf out = {0};
    pam_print(d, &out);
    return pam_edit_store_text(h, path, &out, NULL);
}

/* ---- lines ---- */

static size_t blanks_at(struct str s, size_t from)
{
    while (from < s.n && (s.p[from] == ' ' || s.p[from] == '\t'))
        from++;
    return from;
}

const char *pam_edit_like(struct arena *a, const struct pam_line *like, const char *type,
                          const char *control, const char *module_and_arguments)
{
    struct str raw = like->raw;
    const char *type_token = pam_token(like, 0), *module = pam_token(like, 2);
    size_t n = type_token ? strlen(type_token) : 0, start = blanks_at(raw, 0);
    if (start + n < raw.n && raw.p[start + n] == '\t')
        return arena_printf(a, "%s\t%s\t%s%s", type, control, strchr(control, '[') ? "" : "\t\t",
                            module_and_arguments);
    size_t second = blanks_at(raw, start + n) - start;
    const char *at = module ? memmem(raw.p, raw.n, module, strlen(module)) : NULL;
    size_t third = at ? (size_t)(at - raw.p) - start : second + 14;
    if (third <= second || third > 120)
        third = second + 14;
    int first_width = (int)(second > strlen(type) ? second - 1 : strlen(type));
    int second_width = (int)(third - second) - 1;
    return arena_printf(a, "%-*s %-*s %s", first_width, type, second_width, control,
                        module_and_arguments);
}

static const char *line_text(struct arena *a, const struct buf *text)
{
    size_t n = text->len;
    while (n && text->data[n - 1] == '\n')
        n--;
    return arena_strndup(a, text->data ? text->data : "", n);
}

/* The jumps of a rule that end behind `place` become longer by one. Rules are counted from 0. */
static void stretch(struct arena *a, struct pam_document *d, size_t at, size_t rule, size_t place)
{
    struct pam_line *l = &d->lines.v[at];
    const char *control = pam_token(l, 1), *raw = arena_strndup(a, l->raw.p, l->raw.n);
    const char *open = strchr(raw, '['), *close = open ? strchr(open, ']') : NULL;
    if (!control || !strchr(control, '=') || !close)
        return;
    _cleanup_buf_ struct buf text = {0};
    const char *from = raw;
    for (const char *equals = strchr(open, '='); equals && equals < close;
         equals = strchr(equals + 1, '=')) {
        const char *digits = equals + 1;
        while (*digits == ' ')
            digits++;
        char *end;
        unsigned long n = strtoul(digits, &end, 10);
        if (end == digits || rule + n < place)
            continue;
        buf_append(&text, from, (size_t)(digits - from));
        buf_printf(&text, "%lu", n + 1);
        from = end;
    }
    buf_puts(&text, from);
    if (from != raw)
        pam_replace(a, d, at, line_text(a, &text));
}

void pam_edit_insert(struct arena *a, struct pam_document *d, size_t at, const char *text)
{
    struct pam_document *fresh = pam_parse(a, str_of(text), false);
    const char *type = fresh->lines.n ? pam_line_type(&fresh->lines.v[0], NULL) : NULL;
    size_t place = 0, rule = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < at; i++) {
            if (d->lines.v[i].kind != PAM_LINE_RULE ||
                !cstr_eq_nocase(pam_line_type(&d->lines.v[i], NULL), type))
                continue;
            if (pass == 0)
                place++;
            else
                stretch(a, d, i, rule++, place);
        }
    pam_insert(a, d, at, text);
}

/* ---- options ---- */

static bool is_option(struct str token, const char *name)
{
    size_t n = strlen(name);
    return token.n >= n && memcmp(token.p, name, n) == 0 && (token.n == n || token.p[n] == '=');
}

static void edit_option(struct arena *a, struct pam_document *d, size_t at, const char *name,
                        const char *put)
{
    const struct pam_line *l = &d->lines.v[at];
    _cleanup_buf_ struct buf text = {0};
    struct str rest = l->raw;
    size_t words = 0, end_of_words = 0;
    bool done = put == NULL, comment = false;
    while (rest.n) { /* token by token, keeping blanks and comments */
        size_t blank = 0, word;
        while (blank < rest.n && strchr(" \t\n\\", rest.p[blank]))
            blank++;
        for (word = blank; word < rest.n && !strchr(" \t\n", rest.p[word]);)
            word++;
        struct str token = str_slice(rest, blank, word);
        comment = comment || (token.n && token.p[0] == '#');
        if (!comment && words > 2 && token.n && is_option(token, name)) {
            if (!done) {
                buf_append(&text, rest.p, blank);
                buf_puts(&text, put);
                done = true;
            }
        } else {
            buf_append(&text, rest.p, word);
        }
        words += token.n > 0;
        if (!comment && token.n)
            end_of_words = text.len;
        rest = str_slice(rest, word, rest.n);
    }
    if (!done) {
        const char *tail = arena_strndup(a, text.data + end_of_words, text.len - end_of_words);
        text.len = end_of_words;
        buf_printf(&text, " %s%s", put, tail);
    }
    pam_replace(a, d, at, line_text(a, &text));
}

void pam_edit_drop_option(struct arena *a, struct pam_document *d, size_t at, const char *name)
{
    edit_option(a, d, at, name, NULL);
}

void pam_edit_set_option(struct arena *a, struct pam_document *d, size_t at, const char *name,
                         const char *text)
{
    edit_option(a, d, at, name, text);
}

const struct pam_handler *pam_edit_find(const struct pam_service *s, enum pam_group group,
                                        const char *name)
{
    for (size_t i = 0; i < s->stacks[group].n; i++)
        if (s->stacks[group].v[i].kind == PAM_HANDLER_MODULE &&
            cstr_eq(s->stacks[group].v[i].name, name))
            return &s->stacks[group].v[i];
    return NULL;
}

/* ---- authselect ---- */

bool pam_edit_is_authselect(const char *path)
{
    return cstr_starts(path, "/etc/authselect/");
}

#define AUTHSELECT_CONF "/etc/authselect/authselect.conf"

bool pam_edit_feature_exists(struct host *h, const char *feature)
{
    static const char *const files[] = {"system-auth", "password-auth"};
    struct str rest, id;
    if (root_read(h->root, AUTHSELECT_CONF, &rest) < 0 || !str_next_line(&rest, &id))
        return true;
    id = str_trim(id);
    for (size_t i = 0; i < 2; i++) {
        struct str bytes;
        const char *name = str_dup(h->arena, id);
        const char *path =
            cstr_starts(name, "custom/")
                ? arena_printf(h->arena, "/etc/authselect/%s/%s", name, files[i])
                : arena_printf(h->arena, "/usr/share/authselect/default/%s/%s", name, files[i]);
        if (root_read(h->root, path, &bytes) == 0 &&
            !memmem(bytes.p, bytes.n, feature, strlen(feature)))
            return false;
    }
    return true;
}

/* The first line is the profile, each further one a feature. */
int pam_edit_feature(struct host *h, const char *feature, bool *ret_new)
{
    _cleanup_buf_ struct buf out = {0};
    struct str rest, line;
    int r = root_read(h->root, AUTHSELECT_CONF, &rest);
    if (r < 0)
        return r;
    while (str_next_line(&rest, &line)) {
        if (str_is(str_trim(line), feature)) {
            *ret_new = false;
            return 0;
        }
        buf_append(&out, line.p, line.n);
        buf_putc(&out, '\n');
    }
    buf_printf(&out, "%s\n", feature);
    *ret_new = true;
    return pam_edit_store_text(h, AUTHSELECT_CONF, &out, NULL);
}

/* ---- pam-auth-update ---- */

bool pam_edit_is_managed(struct host *h, const char *path)
{
    struct str bytes;
    static const char mark[] = "# here are the per-package modules (the \"Primary\" block)";
    return root_read(h->root, path, &bytes) == 0 &&
           memmem(bytes.p, bytes.n, mark, sizeof mark - 1) != NULL;
}

int pam_profile_record(struct host *h, const char *type, const char *name, const char *line,
                       const char *before)
{
    _cleanup_buf_ struct buf out = {0};
    const char *path = arena_printf(h->arena, "/var/lib/pam/%s", type);
    const char *mark = before ? arena_printf(h->arena, "Module: %s", before) : NULL;
    const char *own = arena_printf(h->arena, "Module: %s", name);
    struct str rest, row;
    int r = root_read(h->root, path, &rest);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    bool done = false;
    while (str_next_line(&rest, &row)) {
        if (str_is(row, own))
            return 0;
        if (!done && mark && str_is(row, mark)) {
            buf_printf(&out, "%s\n%s\n", own, line);
            done = true;
        }
        buf_append(&out, row.p, row.n);
        buf_putc(&out, '\n');
    }
    if (!done)
        buf_printf(&out, "%s\n%s\n", own, line);
    return pam_edit_store_text(h, path, &out, NULL);
}

int pam_profile_option(struct host *h, const char *type, const char *module, const char *name,
                       const char *text)
{
    _cleanup_buf_ struct buf out = {0};
    const char *path = arena_printf(h->arena, "/var/lib/pam/%s", type);
    struct str rest, row;
    int r = root_read(h->root, path, &rest);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    while (str_next_line(&rest, &row)) {
        const char *line = arena_printf(h->arena, "%s\t%.*s", "auth", (int)row.n, row.p);
        struct pam_document *d = pam_parse(h->arena, str_of(line), false);
        if (!str_starts(row, "Module: ") && d->lines.n &&
            pam_edit_is(&d->lines.v[0], PAM_GROUP_AUTH, module)) {
            edit_option(h->arena, d, 0, name, text);
            struct str raw = d->lines.v[0].raw;
            row = str_slice(raw, strlen("auth\t"), raw.n);
            while (row.n && row.p[row.n - 1] == '\n')
                row.n--;
        }
        buf_append(&out, row.p, row.n);
        buf_putc(&out, '\n');
    }
    return pam_edit_store_text(h, path, &out, NULL);
}

/* seen: the profiles this pam-auth-update knows, one a line; what is new there is asked about. */
int pam_profile_write(struct host *h, const char *name, const char *text)
{
    _cleanup_buf_ struct buf out = {0};
    const struct attributes attributes = {.set = true, .mode = 0644};
    const char *path = arena_printf(h->arena, "/usr/share/pam-configs/%s", name);
    struct str rest, row;
    int r = stage_parents(h->root, path);
    if (r == 0)
        r = stage_write(h->root, path, str_of(text), &attributes);
    if (r < 0)
        return r;
    r = root_read(h->root, "/var/lib/pam/seen", &rest);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    while (str_next_line(&rest, &row)) {
        if (str_is(row, name))
            return 0;
        buf_append(&out, row.p, row.n);
        buf_putc(&out, '\n');
    }
    buf_printf(&out, "%s\n", name);
    return pam_edit_store_text(h, "/var/lib/pam/seen", &out, NULL);
}
