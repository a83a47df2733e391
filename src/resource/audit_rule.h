/* Shared by the files of resource `audit-rule`. */
#pragma once

#include "effective/audit.h"
#include "resource/resource.h"

/* The event that a want's arguments describe. */
void audit_rule_question(struct host *h, const struct want *w, struct audit_question *q);
int audit_rule_plan(struct host *h, const struct want *w, struct changes *ret);
