/*
 * The syntax of rsyslog.conf(5), legacy and RainerScript, as far as it says where records go.
 * Pure: bytes <-> statements; what is not understood stays as RSYSLOG_OTHER.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

enum rsyslog_kind {
    RSYSLOG_OTHER,     /* blank, comment, block, expression */
    RSYSLOG_DIRECTIVE, /* $Name value */
    RSYSLOG_OBJECT,    /* name(key="value" …): module, include, action, template, global */
    RSYSLOG_RULE,      /* selector action */
};

struct rsyslog_param {
    const char *name, *value;
};

struct rsyslog_statement {
    enum rsyslog_kind kind;
    const char *name;     /* directive without "$", object name (lower case) */
    const char *value;    /* directive: its text; rule: the action's text */
    const char *selector; /* rule: "auth,authpriv.*"; "&": as the rule before; object: NULL or the
                             selector in front of an action() */
    struct {
        struct rsyslog_param *v;
        size_t n, cap;
    } params;
    bool conditional; /* stands inside { … } or behind if/ruleset: not for every record */
    unsigned line;
    struct str raw;
};

struct rsyslog_doc {
    struct {
        struct rsyslog_statement *v;
        size_t n, cap;
    } statements;
};

void rsyslog_parse(struct arena *a, struct str bytes, struct rsyslog_doc *ret);
void rsyslog_print(const struct rsyslog_doc *d, struct buf *out);
/* The value of a parameter, names without regard to case; NULL: not given. */
const char *rsyslog_param(const struct rsyslog_statement *s, const char *name);
/* Does a selector ("*.info;mail.none") take records of that facility and priority? Numbers of
 * priorities: 0 emerg … 7 debug. */
bool rsyslog_selects(const char *selector, const char *facility, unsigned priority);
