/* Inside of the resource pam: what observing and planning share. */
#pragma once

#include "resource/resource.h"

/* The services a key is about where a rule names none; NULL-terminated. */
const char *const *pam_services_of(const char *key);
/* Names of the services a want is about, those that this root has. */
void pam_each_service(struct host *h, const struct want *w, struct strings *ret);

extern const struct resource resource_pam;

int pam_plan(struct host *h, const struct want *w, struct changes *ret);
/* Adds pam_faillock to the stacks of the want's services that have none; 0 or -errno with why. */
int pam_plan_lock(struct host *h, const struct want *w, struct changes *ret);
/* Adds the quality or the history module to the password stacks of the want's services that have
 * none; remember: for a history module without a file of its own. */
int pam_plan_password(struct host *h, const struct want *w, int64_t remember, struct changes *ret);
/* Takes nullok off the lines that let an empty password in. */
int pam_plan_nullok(struct host *h, const struct want *w, struct changes *ret);
