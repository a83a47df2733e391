/*
 * The inside of the root handle, for the files of this floor only.
 *
 * A path becomes a struct place: one object per normalised path text ("/a//b/./c" and "/a/b/c" are
 * one place). A place is canonical when none of its components is a link; what the disk holds
 * there is asked once and kept in it. Resolving is done on text, component by component, by one
 * resolver that serves the disk and the staged view; the disk is only ever opened by canonical
 * places with link following switched off, so a link planted meanwhile leads to an error, never
 * elsewhere.
 */
#pragma once

#include "base/buf.h"
#include "root/map.h"
#include "root/root.h"

enum { ROOT_LINK_LIMIT = 40, ROOT_LIST_LIMIT = 1 << 20, ROOT_PATH_LIMIT = 4095 };

struct place {
    const char *path; /* "/", or "/a/b" without a final slash */
    size_t len;
    struct place *parent; /* NULL for "/" */
    uint64_t hash;
    struct place *next;  /* of the same bucket */
    uint64_t stamp;      /* the trace scope that saw it last */
    size_t stamp_index;  /* where in the log */
    struct found *found; /* what the disk holds here; NULL: not asked yet */
    struct lookup *lookup[2];
};

/* What is at a canonical place of the disk; all answers are asked for once. */
struct found {
    int code; /* 0 or -errno */
    struct file_info info;
    const char *target;          /* of a link */
    bool magic;                  /* a link of procfs that is no path */
    int search;                  /* 1: not asked; 0 or -errno of searching in this directory */
    int read, list;              /* 1: not asked */
    struct str bytes;            /* after read == 0 */
    const struct strings *names; /* after list == 0 */
};

struct places {
    struct place **v;
    size_t n, cap;
};

/* The outcome of resolving a path. */
struct lookup {
    int code;
    struct place *at;    /* canonical place; on failure the place that was missing or refused */
    bool last;           /* failed at the last component: a new name could be made there */
    struct places links; /* passed on the way, in order */
};

/* What a staged view says of a place. */
struct staged {
    enum staged_kind kind; /* STAGED_ATTRIBUTES: contents of the base */
    struct place *place;
    struct str bytes;
    const char *target;
    struct attributes attributes;
    ino_t ino;
    struct timespec mtime;
};

enum trace_kind { TRACE_READ = 1, TRACE_ABSENT = 2, TRACE_LISTED = 4 };

/* A place, or all that a memoised answer rests on: kept as one entry, however much it is. */
struct trace_entry {
    struct place *place;
    unsigned kind;
    struct trace_log *sub; /* with place NULL */
};

struct trace_log {
    struct trace_entry *v;
    size_t n, cap;
    uint64_t stamp; /* the last pass that went through it */
};

struct memo {
    void *value;
    bool making, valid;
    struct trace_log *trace; /* never changed once made */
};

struct places_table {
    struct place **buckets;
    size_t used, size;
};

struct helper;

struct root {
    struct arena *arena;
    const char *name;
    int fd; /* the root directory, O_PATH */
    bool live, use_openat2;
    struct helper *helper;       /* runs programs for a check in its sandbox; or NULL */
    struct place *top;           /* "/" */
    struct places_table *places; /* shared by a base and its staged views */
    uint64_t *stamps;            /* the last stamp given out, shared likewise */
    struct root *base;           /* of a staged view */
    struct map staged;           /* place -> struct staged */
    struct map children;         /* directory place -> struct places staged in it */
    struct places staged_order;  /* every place ever staged */
    struct {
        size_t *v;
        size_t n, cap;
    } scopes; /* where in log each open scope begins */
    struct trace_log log;
    struct map memos;
    struct {
        struct memo **v;
        size_t n, cap;
    } memo_order;
};

/* place.c */
struct place *place_child(struct root *r, struct place *parent, const char *name, size_t n);
/* The place that the text names when it is normalised ("." and empty components dropped; ".." is
 * kept as a name). */
struct place *place_of(struct root *r, const char *path);
bool place_is_within(const struct place *p, const struct place *ancestor);
const char *place_name(const struct place *p);

/* open.c: the only calls that open something of the disk. `path` is "/a/b"; no component but the
 * last may be a link, and that only with O_NOFOLLOW | O_PATH. */
int disk_open(const struct root *r, const char *path, int flags);
bool disk_has_openat2(int dirfd);

/* found.c */
const struct found *disk_found(struct root *r, struct place *p);
int disk_search(struct root *r, struct place *p);
int disk_read(struct root *r, struct place *p, struct str *ret);
int disk_list(struct root *r, struct place *p, const struct strings **ret);
/* A descriptor for reading of the regular file (or directory) at a canonical place. */
int disk_reopen(struct root *r, struct place *p, int flags);

/* resolve.c: never traces. */
struct lookup *resolve(struct root *r, const char *path, bool follow);

/* view.c: what is at a canonical place, in the staged view or on the disk. */
struct node {
    int code;
    struct file_info info;
    const char *target;
    bool magic;
    struct staged *staged; /* NULL: as on the disk */
};
struct node view_node(struct root *r, struct place *p);
int view_search(struct root *r, struct place *p);
int view_read(struct root *r, struct place *p, struct str *ret);
int view_list(struct root *r, struct place *p, const struct strings **ret);
struct staged *view_staged(const struct root *r, const struct place *p);

/* trace.c */
void trace_place(struct root *r, struct place *p, enum trace_kind kind);
void trace_lookup(struct root *r, const char *asked, const struct lookup *l);
void memo_forget(struct root *r, const struct place *changed);
