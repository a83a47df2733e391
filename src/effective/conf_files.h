/*
 * Drop-in files of several directories as systemd's programs read them: all files with the suffix,
 * in byte order of their names across directories; of files with one name that of the earlier
 * directory counts, and a link to /dev/null takes the name out (sysctl.d(5), journald.conf(5)).
 */
#pragma once

#include "root/root.h"

/* Paths in reading order; directories that cannot be listed are skipped, except that the first
 * error other than "not there" is returned. `dirs` ends with NULL; a directory that is a link to an
 * earlier one counts once. */
int conf_files(struct root *r, const char *const *dirs, const char *suffix, struct strings *ret);

/* "cannot read PATH: why" into e (may be NULL); returns code. */
int file_failed(struct root *r, struct err *e, const char *path, int code);
/* Is it a link to /dev/null? True also where the root has no /dev/null (images do not). */
bool links_to_null(struct root *r, const char *path);
