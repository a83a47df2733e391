/*
 * What every question about meaning starts from: a root, and which release it is.
 */
#pragma once

#include "root/root.h"

enum family { FAMILY_UNKNOWN, FAMILY_RPM, FAMILY_DEBIAN };

/* The line whose behaviour a release follows; version tables are keyed by it. */
enum lineage {
    LINEAGE_UNKNOWN,
    LINEAGE_EL, /* CentOS, RHEL, Alma, Rocky, Anolis 8, Alibaba Cloud Linux 2 (7), 3 (8) */
    LINEAGE_OPENEULER,
    LINEAGE_DEBIAN,
    LINEAGE_UBUNTU,
    LINEAGE_OTHER, /* Anolis 23, Alibaba Cloud Linux 4, Kylin, UOS: only what the host shows */
};

struct release {
    const char *id;         /* lower case, unquoted: "openeuler" */
    const char *version_id; /* "24.03" */
    const char *pretty_name;
    enum family family; /* from the package database on disk, not from ID */
    enum lineage lineage;
    unsigned major, minor; /* of the lineage: Alibaba Cloud Linux 3 is EL 8 */
    const char *path;      /* the os-release file that was read; NULL: none */
    unsigned id_line, version_line;
    bool inferred; /* behaves like its lineage by inference only (RELEASES.md tag I) */
};

struct site_file {
    const char *path; /* inside the root */
    struct str bytes;
};

/* What the person who asked allows and provides. */
struct host_options {
    bool no_walk;               /* rules about file trees stay unknown */
    const char *weak_passwords; /* NULL: hashes are not tried; "": the built-in list; else a file
                                   of words of the machine we run on */
    void (*progress)(void *context, uint64_t done); /* long work; may be NULL */
    void *progress_context;
    /* A data file of the policy ("data/products.yaml"); 0 or -errno. NULL: there is none. */
    int (*data)(void *context, const char *name, struct str *ret);
    void *data_context;
    /* The crypt(5) hash that a person chose for an account in this run; never shown. NULL: none. */
    const char *(*password)(void *context, const char *account);
    void *password_context;
    /* What setup decided, to be kept as policy of the site; see resource `setup`. */
    const struct site_file *site_files;
    size_t site_file_count;
};

struct host {
    struct arena *arena;
    struct root *root;
    const struct release *release;
    const struct host_options *options; /* never NULL */
    time_t now; /* one clock for the whole run; days since 1970 = now / 86400 */
};

const char *lineage_name(enum lineage lineage); /* "el", "openeuler", …, "other", "unknown" */
const char *family_name(enum family family);    /* "rpm", "debian", "unknown" */

/* Reads os-release and the package database. Never fails: what is not known is LINEAGE_UNKNOWN. */
struct host *host_open(struct root *root, time_t now);
