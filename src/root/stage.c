/* The staged view: planned changes, kept by canonical place. */
#include "root/handle.h"

#include <errno.h>

int root_stage(struct root *base, struct root **ret)
{
    struct root *r = arena_make(base->arena, struct root);
    *r = (struct root){.arena = base->arena,
                       .name = base->name,
                       .fd = base->fd,
                       .live = base->live,
                       .use_openat2 = base->use_openat2,
                       .top = base->top,
                       .places = base->places,
                       .stamps = base->stamps,
                       .base = base};
    r->staged.arena = r->children.arena = r->memos.arena = base->arena;
    *ret = r;
    return 0;
}

struct root *root_staged_base(struct root *r)
{
    return r->base;
}

static struct staged *stage_at(struct root *r, struct place *p)
{
    struct staged *s = map_get(&r->staged, p);
    if (!s) {
        s = arena_make(r->arena, struct staged);
        s->place = p;
        s->ino = (ino_t)1 << 62 | (ino_t)r->staged_order.n;
        map_set(&r->staged, p, s);
        vec_push(r->arena, &r->staged_order, p);
        struct places *siblings = map_get(&r->children, p->parent);
        if (!siblings) {
            siblings = arena_make(r->arena, struct places);
            map_set(&r->children, p->parent, siblings);
        }
        vec_push(r->arena, siblings, p);
    }
    memo_forget(r, p);
    return s;
}

/* What was at a place before anything was staged there. */
static mode_t base_type(struct root *r, struct place *p)
{
    struct node n = view_node(r->base, p);
    return n.code < 0 ? 0 : n.info.mode & S_IFMT;
}

/* Where a new name would be made: its parent is a directory, it does not exist. */
static bool can_create(struct root *r, const struct lookup *l)
{
    if (l->code != -ENOENT || !l->last || !l->at->parent)
        return false;
    struct node parent = view_node(r, l->at->parent);
    return parent.code == 0 && S_ISDIR(parent.info.mode);
}

/* A link of an account that leads to what is not theirs: somebody wants a change to be made
 * elsewhere (systemd calls it an unsafe transition, chase(CHASE_SAFE)). */
static bool leads_astray(struct root *r, const struct lookup *l)
{
    struct node to = view_node(r, l->code == 0 || !l->at->parent ? l->at : l->at->parent);
    vec_each (p, &l->links) {
        /* One of root's in a directory of an account has the name that the account gives it. */
        struct node link = view_node(r, *p), in = view_node(r, (*p)->parent);
        uid_t whose = link.code == 0 && link.info.uid != 0 ? link.info.uid : in.info.uid;
        if (whose != 0 && (to.code < 0 || to.info.uid != whose))
            return true;
    }
    return false;
}

int stage_write(struct root *r, const char *path, struct str bytes,
                const struct attributes *attributes)
{
    if (!r->base)
        return -EINVAL;
    const struct lookup *l = resolve(r, path, true);
    struct node n = l->code == 0 ? view_node(r, l->at) : (struct node){.code = l->code};
    if (n.code < 0 && !can_create(r, l))
        return n.code;
    if (n.code == 0 && !S_ISREG(n.info.mode))
        return S_ISDIR(n.info.mode) ? -EISDIR : -ENODEV;
    if (leads_astray(r, l))
        return -EPERM;
    if (base_type(r, l->at) == S_IFDIR)
        return -EISDIR; /* removed, but a change of type is not planned in one step */
    struct staged *s = stage_at(r, l->at);
    if (n.code < 0) /* made anew over one that was removed: not with the attributes of that one */
        s->attributes = (struct attributes){base_type(r, l->at) == S_IFREG, 0600, 0, 0};
    s->kind = STAGED_WRITE;
    s->bytes = (struct str){bytes.n ? str_dup(r->arena, bytes) : "", bytes.n};
    (void)clock_gettime(CLOCK_REALTIME, &s->mtime);
    if (attributes && attributes->set)
        s->attributes = *attributes;
    return 0;
}

int stage_attributes(struct root *r, const char *path, const struct attributes *attributes)
{
    if (!r->base)
        return -EINVAL;
    const struct lookup *l = resolve(r, path, true);
    if (l->code < 0)
        return l->code;
    if (!l->at->parent)
        return -EINVAL; /* the root directory itself is not planned for */
    if (!attributes || !attributes->set)
        return 0;
    if (leads_astray(r, l))
        return -EPERM;
    bool fresh = !view_staged(r, l->at);
    struct staged *s = stage_at(r, l->at);
    if (fresh)
        s->kind = STAGED_ATTRIBUTES;
    s->attributes = *attributes;
    return 0;
}

int stage_symlink(struct root *r, const char *path, const char *target)
{
    if (!r->base || !*target)
        return !r->base ? -EINVAL : -ENOENT;
    const struct lookup *l = resolve(r, path, false);
    struct node n = l->code == 0 ? view_node(r, l->at) : (struct node){.code = l->code};
    if (n.code < 0 && !can_create(r, l))
        return n.code;
    if ((n.code == 0 && S_ISDIR(n.info.mode)) || base_type(r, l->at) == S_IFDIR)
        return -EISDIR;
    if (leads_astray(r, l))
        return -EPERM;
    struct staged *s = stage_at(r, l->at);
    s->kind = STAGED_SYMLINK;
    s->target = arena_strdup(r->arena, target);
    s->attributes = (struct attributes){0};
    (void)clock_gettime(CLOCK_REALTIME, &s->mtime);
    return 0;
}

int stage_mkdir(struct root *r, const char *path, const struct attributes *attributes)
{
    if (!r->base)
        return -EINVAL;
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') /* mkdir(2) takes "new/" */
        len--;
    const char *plain = arena_strndup(r->arena, path, len);
    const struct lookup *l = resolve(r, plain, true);
    if (l->code == 0) {
        struct node n = view_node(r, l->at);
        return S_ISDIR(n.info.mode) ? stage_attributes(r, plain, attributes) : -EEXIST;
    }
    if (resolve(r, plain, false)->code == 0)
        return -EEXIST; /* a dangling link */
    if (!can_create(r, l))
        return l->code;
    if (leads_astray(r, l))
        return -EPERM;
    mode_t before = base_type(r, l->at);
    if (before && before != S_IFDIR)
        return -EEXIST; /* removed, but a change of type is not planned in one step */
    struct staged *s = stage_at(r, l->at);
    s->kind = STAGED_MKDIR;
    s->attributes = (struct attributes){before == S_IFDIR, 0755, 0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &s->mtime);
    if (attributes && attributes->set)
        s->attributes = *attributes;
    return 0;
}

int stage_remove(struct root *r, const char *path)
{
    if (!r->base)
        return -EINVAL;
    const struct lookup *l = resolve(r, path, false);
    if (l->code < 0)
        return l->code;
    if (!l->at->parent)
        return -EBUSY;
    if (leads_astray(r, l))
        return -EPERM;
    struct node n = view_node(r, l->at);
    if (n.code == 0 && S_ISDIR(n.info.mode)) {
        const struct strings *names;
        int code = view_list(r, l->at, &names);
        if (code < 0)
            return code;
        if (names->n)
            return -ENOTEMPTY;
    }
    struct staged *s = stage_at(r, l->at);
    s->kind = STAGED_REMOVE;
    s->attributes = (struct attributes){0};
    return 0;
}

static bool same_attributes(const struct attributes *a, const struct file_info *f)
{
    return !a->set ||
           ((a->mode & 07777) == (f->mode & 07777) && a->uid == f->uid && a->gid == f->gid);
}

/* Would carrying this out leave the base as it is? */
static bool is_no_change(struct root *r, const struct staged *s)
{
    struct node below = view_node(r->base, s->place);
    mode_t type = below.code < 0 ? 0 : below.info.mode & S_IFMT;
    struct str bytes;
    switch (s->kind) {
    case STAGED_REMOVE:
        return type == 0;
    case STAGED_SYMLINK:
        return type == S_IFLNK && cstr_eq(s->target, below.target);
    case STAGED_MKDIR:
        return type == S_IFDIR && same_attributes(&s->attributes, &below.info);
    case STAGED_ATTRIBUTES:
        return same_attributes(&s->attributes, &below.info);
    case STAGED_WRITE:
        return type == S_IFREG && same_attributes(&s->attributes, &below.info) &&
               view_read(r->base, s->place, &bytes) == 0 && str_eq(bytes, s->bytes);
    }
    return false;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct staged_change *)a)->path, ((const struct staged_change *)b)->path);
}

void root_staged_changes(struct root *r, const struct staged_change **ret, size_t *ret_count)
{
    VEC(struct staged_change) changes = {0};
    for (size_t i = 0; i < r->staged_order.n; i++) {
        const struct staged *s = view_staged(r, r->staged_order.v[i]);
        if (is_no_change(r, s))
            continue;
        struct staged_change c = {s->kind, s->place->path, s->bytes, s->target, s->attributes};
        vec_push(r->arena, &changes, c);
    }
    if (changes.n > 1)
        qsort(changes.v, changes.n, sizeof *changes.v, by_path);
    *ret = changes.v;
    *ret_count = changes.n;
}
