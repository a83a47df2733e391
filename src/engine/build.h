/*
 * A hardened image from an image: copy, apply the policy's rules of class `image` by the same
 * engine as `apply`, make it ready to be cloned, and write it in the format asked for. Runs in a
 * worker (root/worker.h). Nothing of the image is ever executed.
 *
 *     build_make(&request, &b, &e);  … manifest from b …  build_publish(b, manifest, &e);
 *     build_done(b);
 */
#pragma once

#include "effective/packages.h"
#include "engine/apply.h"
#include "engine/statement.h"
#include "root/media.h"

#define BUILD_MANIFEST ".manifest.json" /* after the name of the output */

struct build_request {
    struct arena *arena;
    const char *from, *to, *work; /* work: an empty directory beside `to` */
    enum media_kind from_kind, to_kind;
    bool packages;      /* run the image's package manager, confined, for what rules need */
    const char *mirror; /* instead of the sources that an image with apt names; NULL: those */
    unsigned gate_port; /* of the way to mirrors (root/gate.h), set in the worker; 0: none */
    bool seal;          /* leave nothing that must differ from machine to machine */
    const struct sign_key *key; /* to sign the manifest with; NULL: not signed */
    const char *self;           /* this program, to be put into the image; NULL: not */
    uint64_t size;              /* of a disk image made of a tree; 0: by need */
    int64_t epoch;              /* SOURCE_DATE_EPOCH; TREE_NO_EPOCH */
    const struct policy *policy;
    const struct selection *selection;
    const struct plan_options *plan;
    const struct host_options *host;
    void (*say)(void *context, struct text phase); /* what is being done; may be NULL */
    void *context;
};

struct build {
    const struct build_request *request;
    struct media *media;
    struct root *root; /* closed again when the output is written */
    struct host *host;
    struct result *before, *after;
    struct apply_outcome outcome;
    struct {
        struct text *v;
        size_t n, cap;
    } notes;                           /* what was left out, and why */
    struct strings installed, removed; /* packages */
    struct strings sealed;             /* what --seal emptied or removed */
    const struct packages *packages;
    struct sums input, output; /* docs/image.md says what of a directory is digested */
    const char *architecture;  /* of the image's programs; NULL: not known */
};

/* Up to the finished output in the work directory. 0 or -errno with e. */
int build_make(const struct build_request *request, struct build **ret, struct err *e);
/* Moves it to `to`, with the manifest beside it as `to`.manifest.json, and the statement about that
 * as `to`.manifest.json.sig where there is a key. */
int build_publish(struct build *b, struct str manifest, struct err *e);
void build_done(struct build *b); /* takes NULL */

/* ---- build_seal.c ---- */
/* What a machine made of this image must get anew: identity, keys, logs, histories, seeds. */
int build_seal(struct build *b, struct err *e);
/* ---- build_packages.c ---- */
/* Installs and removes what rules need, if it was asked for; else a note. */
int build_packages(struct build *b, struct err *e);
/* ---- build_install.c ---- */
/* Of the image's programs, remembered in b->architecture; NULL: not known. */
const char *build_architecture(struct build *b);
/* This program and its first-boot check, where it can run there; else a note. */
int build_install(struct build *b, struct err *e);
