/*
 * Resolving a path inside the root, as path_resolution(7) describes it for a process whose root
 * directory this is: ".." stops at the root, absolute links start again there, at most 40 links.
 * One resolver for the disk and for the staged view.
 */
#include "root/handle.h"

#include <errno.h>
#include <sys/stat.h>

struct resolver {
    struct root *root;
    struct place *at;
    struct buf rest; /* what is still to be walked, from `next` on */
    size_t next;
    struct lookup *out;
};

static bool requires_directory(const char *path)
{
    return cstr_ends(path, "/");
}

/* "." and ".." ask for the right to search the directory they stand in, so they are walked. */
static bool has_dots(const char *path)
{
    struct str rest = str_of(path), part;
    while (str_next_field(&rest, '/', &part))
        if (str_is(part, ".") || str_is(part, ".."))
            return true;
    return false;
}

/* Puts the text of a link in front of what is left. */
static void follow(struct resolver *s, const char *target)
{
    struct buf rest = {0};
    buf_puts(&rest, target);
    buf_append(&rest, s->rest.data + s->next, s->rest.len - s->next);
    buf_done(&s->rest);
    s->rest = rest;
    s->next = 0;
    if (target[0] == '/')
        s->at = s->root->top;
}

static int dot(struct resolver *s, size_t n)
{
    int code = view_search(s->root, s->at);
    if (code == 0 && n == 2 && s->at->parent)
        s->at = s->at->parent;
    return code;
}

/* One component; sets at to the place it names. Where it fails, at is the place that failed. */
static int step(struct resolver *s, const char *name, size_t n, bool follow_last)
{
    bool more = s->next < s->rest.len;
    struct place *parent = s->at;
    s->at = place_child(s->root, parent, name, n);
    if (s->at->len > ROOT_PATH_LIMIT)
        return -ENAMETOOLONG;
    struct node node = view_node(s->root, s->at);
    if (node.code < 0)
        return node.code;
    if (S_ISLNK(node.info.mode) && (more || follow_last)) {
        if (node.magic || s->out->links.n >= ROOT_LINK_LIMIT)
            return -ELOOP;
        if (node.target[0] == '\0')
            return -ENOENT;
        vec_push(s->root->arena, &s->out->links, s->at);
        s->at = parent;
        follow(s, node.target);
        return 0;
    }
    return more && !S_ISDIR(node.info.mode) ? -ENOTDIR : 0;
}

static int run(struct resolver *s, bool follow_last)
{
    for (;;) {
        const char *rest = s->rest.data ? s->rest.data : "";
        s->next += strspn(rest + s->next, "/");
        const char *name = rest + s->next;
        size_t n = strcspn(name, "/");
        if (n == 0)
            return 0;
        s->next += n;
        bool is_dot = name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.'));
        int code = is_dot ? dot(s, n) : step(s, name, n, follow_last);
        if (code < 0)
            return code;
    }
}

/* Most paths hold no link: one question to the kernel answers them. */
static bool resolve_plain(struct root *r, const char *path, bool follow_last, struct lookup *out)
{
    if (r->base || has_dots(path))
        return false;
    out->at = place_of(r, path);
    const struct found *f = disk_found(r, out->at);
    bool directory = requires_directory(path);
    if (f->code == -ELOOP || (f->code == 0 && f->target && (follow_last || directory)))
        return false;
    out->code = f->code;
    if (f->code == 0 && directory && !S_ISDIR(f->info.mode))
        out->code = -ENOTDIR;
    return true;
}

static void resolve_into(struct root *r, const char *path, bool follow_last, struct lookup *out)
{
    if (path[0] == '\0') {
        *out = (struct lookup){.code = -ENOENT, .at = r->top};
        return;
    }
    if (strlen(path) > ROOT_PATH_LIMIT) {
        *out = (struct lookup){.code = -ENAMETOOLONG, .at = r->top};
        return;
    }
    if (resolve_plain(r, path, follow_last, out))
        return;
    struct resolver s = {.root = r, .at = r->top, .out = out};
    buf_puts(&s.rest, path);
    out->code = run(&s, follow_last);
    out->at = s.at;
    out->last = s.next >= s.rest.len;
    /* A missing or refused place in the middle: name the whole path, if that can be said. */
    if (out->code < 0 && s.next < s.rest.len && !has_dots(s.rest.data + s.next)) {
        const char *rest = s.rest.data + s.next;
        while (*(rest += strspn(rest, "/"))) {
            size_t n = strcspn(rest, "/");
            if (n != 1 || rest[0] != '.')
                out->at = place_child(r, out->at, rest, n);
            rest += n;
        }
    }
    buf_done(&s.rest);
}

struct lookup *resolve(struct root *r, const char *path, bool follow_last)
{
    if (r->base) { /* answers change with every staging */
        struct lookup *l = arena_make(r->arena, struct lookup);
        resolve_into(r, path, follow_last, l);
        return l;
    }
    /* The same text of a path has the same outcome; a final slash or dots make other text. */
    bool plain = !has_dots(path) && !requires_directory(path) && path[0];
    struct place *asked = plain ? place_of(r, path) : NULL;
    if (asked && asked->lookup[follow_last])
        return asked->lookup[follow_last];
    struct lookup *l = arena_make(r->arena, struct lookup);
    resolve_into(r, path, follow_last, l);
    if (asked)
        asked->lookup[follow_last] = l;
    return l;
}
