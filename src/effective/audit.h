/*
 * What the kernel would record: the audit rules that a boot loads, in the order in which the kernel
 * asks them, and whether a kind of event is recorded by them.
 *
 * On disk: augenrules merges rules.d/ (NAME.rules) into audit.rules (-D first, -b and -f once, -e
 * last), auditctl -R loads that line by line and stops at the first one that it or the kernel
 * refuses (also a rule that is there already), unless -i or -c came before. Sources: augenrules(8),
 * auditctl(8), audit.rules(7); proved by tests/os/oracle-audit.
 */
#pragma once

#include "effective/host.h"
#include "format/auditrule.h"
#include "model/fact.h"

struct loaded_rule {
    const struct auditrule *rule;
    struct where where;
};

struct audit_set {
    struct {
        struct loaded_rule *v;
        size_t n, cap;
    } rules;   /* as the kernel keeps them: -A puts in front, -d and -D are done */
    int error; /* 0, or -errno: a file could not be read */
    const char *error_path;
    const char *enabled, *failure, *backlog; /* last -e, -f, -b that took effect; NULL: none */
    struct where enabled_where, failure_where, backlog_where;
    bool any_file; /* there is a rules file at all */
    bool stopped;  /* loading ends early */
    struct where stopped_at;
    struct text stopped_why;
    struct text remark; /* audit.rules is not what rules.d would make, … */
};

/* The rules on disk. Never NULL. */
const struct audit_set *audit_on_disk(struct host *h);
/* Rules given as lines in order (auditctl -l): the running kernel's. */
void audit_from_lines(struct host *h, const char *name, struct str lines, struct audit_set *ret);
/* The merged text that augenrules would write, for tests. */
int audit_merged(struct host *h, struct buf *out);

/* A kind of event that must be recorded. */
struct audit_question {
    struct strings syscalls; /* empty: any */
    bool b64, b32;
    bool users_only; /* auid from UID_MIN up; else every auid, set or not */
    int64_t uid_min;
    const char *path; /* NULL: any file */
    const char *perm; /* letters of rwxa with a path */
    bool directory;   /* the path is a directory whose contents count */
    const char *exit; /* "-EACCES": only this result; NULL: successful ones at least */
};

struct audit_answer {
    bool covered;
    struct text missing; /* what is not recorded and why; with covered maybe a remark */
    struct {
        struct where *v;
        size_t n, cap;
    } where; /* the rules that decide */
};

void audit_covers(struct host *h, const struct audit_set *set, const struct audit_question *q,
                  struct audit_answer *ret);
/* One rule in a form in which equal rules are equal, for tests. */
const char *audit_rule_text(struct arena *a, const struct auditrule *r);
