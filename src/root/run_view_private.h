/* What the two ways of showing staged files to a tool share: run_view.c and run_view_bind.c only.
 */
#pragma once

#include "root/run_view.h"

/* A directory that every system has and no tool that is run here needs from the disk. */
#define RUN_VIEW_SCRATCH "/tmp"
#define RUN_VIEW_UPPER RUN_VIEW_SCRATCH "/u"

/* One name of the upper layer; parents come before what is in them. */
struct upper {
    const char *path; /* below RUN_VIEW_UPPER */
    mode_t mode;      /* type and permission bits; 0: a whiteout, "was removed" */
    uid_t uid;
    gid_t gid;
    struct str bytes;
    const char *target;
};

struct layer {
    const char *at; /* "/etc" */
    const char *options;
};

struct run_view_bind {
    const char *from, *to;
    bool directory;
    const char *target; /* of a link, which is made anew; else NULL */
};

struct run_view {
    VEC(struct upper) upper;
    VEC(struct layer) layers;
    struct strings made;              /* directories of the upper layer that are already there */
    VEC(struct run_view_bind) binds;  /* what stays, into a directory that is made anew */
    VEC(struct run_view_bind) covers; /* what is laid over the real names, at last */
};

/* ---- run_view_bind.c ---- */
int run_view_prepare_binds(struct root *staged, struct run_view *v,
                           const struct staged_change *changes, size_t count);
/* After the upper layer is written. */
int run_view_enter_binds(const struct run_view *v);
