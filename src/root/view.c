/* What is at a canonical place: staged contents first, then those of the base, then the disk. */
#include "root/handle.h"

#include <errno.h>

struct staged *view_staged(const struct root *r, const struct place *p)
{
    return r->base ? map_get(&r->staged, p) : NULL;
}

static mode_t type_of(enum staged_kind kind)
{
    return kind == STAGED_SYMLINK ? S_IFLNK : kind == STAGED_MKDIR ? S_IFDIR : S_IFREG;
}

static struct file_info staged_info(const struct staged *s)
{
    struct file_info i = {.mode = type_of(s->kind) | 0777, .ino = s->ino, .nlink = 1};
    i.mtime = s->mtime;
    if (s->kind == STAGED_SYMLINK)
        i.size = (off_t)strlen(s->target);
    else
        i.mode = type_of(s->kind) | (s->kind == STAGED_MKDIR ? 0755 : 0600);
    return i;
}

/* The base's view of what is staged over, when it is of the same type. */
static void keep_identity(struct file_info *i, const struct node *below)
{
    if (below->code == 0 && (below->info.mode & S_IFMT) == (i->mode & S_IFMT)) {
        off_t size = i->size;
        *i = below->info;
        if (!S_ISDIR(i->mode))
            i->size = size;
    }
}

struct node view_node(struct root *r, struct place *p)
{
    if (!r->base) {
        const struct found *f = disk_found(r, p);
        return (struct node){f->code, f->info, f->target, f->magic, NULL};
    }
    struct staged *s = view_staged(r, p);
    if (!s)
        return view_node(r->base, p);
    if (s->kind == STAGED_REMOVE)
        return (struct node){.code = -ENOENT, .staged = s};
    struct node below = view_node(r->base, p);
    struct node n = {.info = below.info, .target = below.target, .staged = s};
    if (s->kind != STAGED_ATTRIBUTES) {
        n.info = staged_info(s);
        n.target = s->target;
        if (s->kind == STAGED_WRITE)
            n.info.size = (off_t)s->bytes.n;
        keep_identity(&n.info, &below);
    }
    if (s->kind == STAGED_SYMLINK)
        n.info = staged_info(s);
    else if (s->attributes.set) {
        n.info.mode = (n.info.mode & S_IFMT) | (s->attributes.mode & 07777);
        n.info.uid = s->attributes.uid;
        n.info.gid = s->attributes.gid;
    }
    return n;
}

int view_search(struct root *r, struct place *p)
{
    struct staged *s = view_staged(r, p);
    if (s && s->kind != STAGED_ATTRIBUTES)
        return s->kind == STAGED_MKDIR ? 0 : s->kind == STAGED_REMOVE ? -ENOENT : -ENOTDIR;
    return r->base ? view_search(r->base, p) : disk_search(r, p);
}

int view_read(struct root *r, struct place *p, struct str *ret)
{
    struct staged *s = view_staged(r, p);
    if (s && s->kind == STAGED_WRITE) {
        *ret = s->bytes;
        return 0;
    }
    if (s && s->kind != STAGED_ATTRIBUTES)
        return s->kind == STAGED_MKDIR ? -EISDIR : s->kind == STAGED_REMOVE ? -ENOENT : -ELOOP;
    return r->base ? view_read(r->base, p, ret) : disk_read(r, p, ret);
}

int view_list(struct root *r, struct place *p, const struct strings **ret)
{
    if (!r->base)
        return disk_list(r, p, ret);
    struct staged *s = view_staged(r, p);
    if (s && s->kind != STAGED_ATTRIBUTES && s->kind != STAGED_MKDIR)
        return s->kind == STAGED_REMOVE ? -ENOENT : -ENOTDIR;
    const struct strings *below = NULL;
    int code = view_list(r->base, p, &below);
    if (code < 0 && !(s && s->kind == STAGED_MKDIR && (code == -ENOENT || code == -ENOTDIR)))
        return code;
    const struct places *changed = map_get(&r->children, p);
    if (!changed && below) {
        *ret = below;
        return 0;
    }
    struct strings *names = arena_make(r->arena, struct strings);
    for (size_t i = 0; below && i < below->n; i++)
        if (!view_staged(r, place_child(r, p, below->v[i], strlen(below->v[i]))))
            strings_add(r->arena, names, below->v[i]);
    for (size_t i = 0; changed && i < changed->n; i++) {
        const struct staged *c = view_staged(r, changed->v[i]);
        if (c && c->kind != STAGED_REMOVE)
            strings_add(r->arena, names, place_name(changed->v[i]));
    }
    strings_sort(names);
    *ret = names;
    return 0;
}
