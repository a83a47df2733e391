/*
 * The files of data/ (units, profile scripts), built into the program so that one copied file can
 * put them into place.
 */
#pragma once

#include "base/arena.h"

struct data_file {
    const char *name; /* "systemd/dengbao-recover.service" */
    const char *text;
};

extern const struct data_file data_files[]; /* NULL-terminated */

/* The text of a file with @PROGRAM@ as the path of the program; NULL: no such file. */
const char *data_text(struct arena *a, const char *name, const char *program);
