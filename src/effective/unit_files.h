/*
 * The unit search path of a root, read once: directories in order, their links and .wants trees.
 * For the files effective/unit*.c only.
 */
#pragma once

#include "effective/unit.h"
#include "format/unit.h"

enum unit_dir_kind {
    UNIT_DIR_PERSISTENT = 1, /* /etc/systemd/system itself */
    UNIT_DIR_RUNTIME = 2,
    UNIT_DIR_GENERATOR = 4,
    UNIT_DIR_TRANSIENT = 8,
};

struct unit_link {
    const char *name, *target; /* target as the link has it */
};

struct unit_links {
    const char *dir; /* "multi-user.target.wants", or "" for the search directory itself */
    struct {
        struct unit_link *v;
        size_t n, cap;
    } links;
};

struct unit_dir {
    const char *path, *resolved;
    unsigned kind;
    struct strings names; /* everything in it */
    bool listed;          /* false: it could not be, so that names says nothing */
    struct unit_links own;
    struct {
        struct unit_links *v;
        size_t n, cap;
    } wants;
};

struct unit_files {
    struct {
        struct unit_dir *v;
        size_t n, cap;
    } dirs;
    int error;
    const char *error_path;
};

const struct unit_files *unit_files(struct host *h);
bool unit_dir_has(const struct unit_dir *d, const char *name);

enum { UNIT_NAME_LIMIT = 256 }; /* with the final NUL */

enum unit_name_kind { UNIT_NAME_BAD, UNIT_NAME_PLAIN, UNIT_NAME_TEMPLATE, UNIT_NAME_INSTANCE };
enum unit_name_kind unit_name_kind(const char *name);
/* Does systemd accept a link of this name to that unit (unit_validate_alias_symlink)? Types must
 * match; a template only for a template; an instance for an instance of its own or a template. */
bool unit_alias_fits(struct arena *a, const char *link, const char *target);
const char *unit_name_template(struct arena *a,
                               const char *name); /* "a@b.service" -> "a@.service" */
const char *unit_name_instance(struct arena *a, const char *name); /* "b"; "" if none */
const char *unit_name_with_instance(struct arena *a, const char *name, const char *instance);
const char *unit_suffix(const char *name); /* "service", or NULL if no unit type */

/* A unit found through the search path and all links (install_info_traverse of systemd). */
struct unit_found {
    const char *name; /* in the end, after aliases */
    const char *path; /* the file; with masked: the link or empty file that masks */
    bool masked;
    struct strings through; /* names that were links on the way, whose drop-ins are read as well */
};
int unit_find(struct host *h, const char *name, struct unit_found *ret);

/* All drop-ins for a unit in the order they are read. `for_install`: only NAME.d and the
 * template's, as `systemctl enable` looks; else also the prefixes and the type, for all names. */
void unit_dropins(struct host *h, const char *name, const struct strings *names, bool for_install,
                  struct strings *ret);
/* Names of links in the search path that lead to this unit, itself first. */
void unit_names(struct host *h, const char *id, struct strings *ret);
bool path_within(const char *path, const char *dir); /* dir itself or below it */
const char *path_base(const char *path);
