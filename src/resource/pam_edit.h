/* Edits of /etc/pam.d files that plans share; everything goes to the staged view. */
#pragma once

#include "effective/pam_module.h"
#include "format/pam.h"

/* A rule of that type; module NULL: of any module. The module may be written with its directory. */
bool pam_edit_is(const struct pam_line *l, enum pam_group type, const char *module);
int pam_edit_load(struct host *h, const char *path, struct pam_document **ret);
int pam_edit_store(struct host *h, const char *path, const struct pam_document *d);
int pam_edit_store_text(struct host *h, const char *path, const struct buf *text,
                        const struct attributes *attributes);

/* A line in the columns of `like`, so that files keep their look. */
const char *pam_edit_like(struct arena *a, const struct pam_line *like, const char *type,
                          const char *control, const char *module_and_arguments);
/* Puts a line in front of line `at`; jumps of the rules above that pass the place become longer. */
void pam_edit_insert(struct arena *a, struct pam_document *d, size_t at, const char *text);

/* Options of the rule at that index: `name` is taken off with or without a value; text ("deny=5")
 * takes the place of name where it stands, else goes to the end. Blanks and comments stay. */
void pam_edit_drop_option(struct arena *a, struct pam_document *d, size_t at, const char *name);
void pam_edit_set_option(struct arena *a, struct pam_document *d, size_t at, const char *name,
                         const char *text);

/* The file in which the service's line of that module stands; NULL: it has none. */
const struct pam_handler *pam_edit_find(const struct pam_service *s, enum pam_group group,
                                        const char *name);
bool pam_edit_is_authselect(const char *path);
/* Adds the feature to authselect.conf; *ret_tool becomes true if it was not there. */
int pam_edit_feature(struct host *h, const char *feature, bool *ret_new);
/* False: the profile is on this root and knows no such feature. */
bool pam_edit_feature_exists(struct host *h, const char *feature);
/* common-auth and its like, of which pam-auth-update writes the middle. */
bool pam_edit_is_managed(struct host *h, const char *path);

/* What pam-auth-update keeps of the profiles, so that its next run finds nothing changed.
 * type: "auth", "password", "session-noninteractive". The entry goes in front of that of the module
 * `before` (NULL: to the end of the list). No /var/lib/pam: nothing to keep. */
int pam_profile_record(struct host *h, const char *type, const char *name, const char *line,
                       const char *before);
/* The same edit of a module's recorded line as of the file's. */
int pam_profile_option(struct host *h, const char *type, const char *module, const char *name,
                       const char *text);
int pam_profile_write(struct host *h, const char *name, const char *text);
