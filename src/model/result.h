/*
 * The outcome of a check: the one structure every report is written from.
 */
#pragma once

#include <stdint.h>
#include <time.h>

#include "model/rule.h"
#include "model/settlement.h"
#include "model/verdict.h"

/* One want judged on one fact. */
struct judged {
    const struct want *want;
    struct fact fact;
    enum verdict verdict;
    struct text reason; /* what was found and wanted, or why nobody knows; empty when pass */
};

struct rule_result {
    const struct rule *rule;
    enum verdict verdict;
    enum verdict found;               /* what the host alone shows, whatever a person has settled */
    struct text reason;               /* why, in one sentence; never empty unless pass */
    const struct settlement *settled; /* what made `verdict` of `found`; NULL: nothing */
    int64_t duration_us;
    const char *digest; /* of verdict and facts, not of times; hex */
    struct {
        struct judged *v;
        size_t n, cap;
    } judged;
    size_t omitted;            /* judged facts beyond the cap: counted, not kept */
    struct strings paths_read; /* what the verdict rests on */
    struct strings paths_absent;
    size_t paths_omitted; /* of a saved result: paths that were counted, not kept */
};

struct item_result {
    const struct item *item;
    enum verdict verdict;
    struct text conclusion;
    unsigned counts[VERDICT_COUNT]; /* of its rules; `pending` is not counted here */
    bool pending;                   /* sub-items without rules hold the verdict at unknown */
    struct strings skipped;         /* ids of rules that the preset does not ask for */
    struct {
        struct rule_result *v;
        size_t n, cap;
    } rules;
};

/* What a hostile root calls itself is repeated all over a report: longer names are cut, in bytes.
 */
enum { HOST_NAME_LIMIT = 255, ROOT_NAME_LIMIT = 4096 };

struct host_facts {
    const char *id;   /* SHA-256 of the machine-id with the tool's name; NULL: none */
    const char *name; /* NULL: none */
    const char *os_id, *os_version, *os_name;
    const char *kernel; /* NULL on images */
    const char *root;   /* "/" or the directory given */
    bool live;
    bool privileged; /* ran with root rights */
};

struct result {
    const char *tool_version;
    time_t started;
    int64_t duration_us;
    struct host_facts host;
    const char *preset;
    const char *policy_digest;
    const char *state_digest;
    unsigned items_count[VERDICT_COUNT], rules_count[VERDICT_COUNT];
    struct text conclusion;
    bool altered; /* read from a file whose digests are not those of its contents */
    struct settlements settlements; /* all there are, those that settle nothing as well */
    struct {
        struct item_result *v;
        size_t n, cap;
    } items;
};
