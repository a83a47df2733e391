/*
 * Between the files of resource sshd.
 */
#pragma once

#include "effective/sshd.h"
#include "resource/resource.h"

extern const struct key sshd_keys[];
extern const struct resource resource_sshd;

/* A -T value as the kind of its key: prohibit-password instead of without-password, 0 of a timeout
 * as never. */
struct value sshd_key_value(struct arena *a, const struct key *key,
                            const struct sshd_answer *answer);
/* Why sshd's behaviour is not known, in one sentence with path and line. */
struct text sshd_load_text(struct arena *a, int error, const struct err *why);
/* Derived keys: -ENOENT if `name` is none of them. */
int sshd_observe_derived(struct host *h, const struct sshd *conf, const struct want *w,
                         struct facts *ret);
/* Adds a fact unless one with this value and deciding line is there already. */
void sshd_add_fact(struct facts *ret, const char *subject, struct value v,
                   const struct sshd_answer *answer, const struct sshd *conf);

int sshd_plan(struct host *h, const struct want *w, struct changes *ret);
