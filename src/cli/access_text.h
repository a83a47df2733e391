/* The access table for people and for programs. */
#pragma once

#include "access/access.h"
#include "cli/cli.h"

void access_text(const struct invocation *i, const struct access *access, struct buf *ret);
void access_json(const struct access *access, struct buf *ret);
/* Rows that differ, as "alice: ssh, password: yes -> no"; nothing when none does. */
void access_changes_text(const struct invocation *i, const struct access_changes *changes,
                         struct buf *ret);
