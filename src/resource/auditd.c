/* Resource `auditd`: auditd.conf by option name, and what the options mean together. */
#include "effective/auditd.h"

#include <errno.h>
#include <string.h>

#include "resource/resource.h"

static const struct key keys[] = {
    {"retention-safe",
     VALUE_WORD,
     NULL,
     "auditd.conf(5)",
     {"full logs are kept: keep_logs, or rotate with num_logs of 2 or more",
      "写满的日志会保留：keep_logs，或 rotate 且 num_logs 不小于 2"},
     NULL},
    {"num_logs",
     VALUE_NUMBER,
     "0",
     "auditd.conf(5)",
     {"logs kept by rotate", "轮转保留的日志数"},
     NULL},
    {"max_log_file",
     VALUE_NUMBER,
     "0",
     "auditd.conf(5)",
     {"size of a log in MiB", "单个日志大小（MiB）"},
     NULL},
    {0},
};

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct err e = {.arena = h->arena};
    struct text why = {0};
    struct where where = {0};
    if (cstr_eq(w->key_name, "retention-safe")) {
        bool safe = false;
        int r = auditd_retention(h, &safe, &why, &where, &e);
        if (r < 0 && r != -ENOENT) {
            facts_unknown(ret, NULL, e.message);
            return;
        }
        struct fact *f = facts_configured(ret, NULL, value_yes_no(r == 0 && safe));
        f->reason = r < 0 ? e.message : why;
        if (where.path)
            fact_add_where(ret, f, where.path, where.line);
        return;
    }
    struct auditd_value v;
    int64_t number = 0;
    int r = auditd_option(h, w->key_name, &v, &e);
    if (r < 0 && r != -ENOENT) {
        facts_unknown(ret, NULL, e.message);
        return;
    }
    struct value value = r < 0 ? VALUE_UNSET : value_word(v.value);
    bool wants_number = w->key->kind == VALUE_NUMBER || w->expected.kind == VALUE_NUMBER;
    if (r == 0 && v.value && wants_number && str_to_int64(str_of(v.value), 10, &number) == 0)
        value = value_number(number);
    struct fact *f = facts_configured(ret, NULL, value);
    if (r < 0)
        f->reason = e.message;
    else if (v.is_default)
        f->reason = TEXT("not set: auditd's own default", "未设置：auditd 内置默认值");
    else
        fact_add_where(ret, f, v.where.path, v.where.line);
}

const struct resource resource_auditd = {
    "auditd",
    {"auditd.conf: size, rotation and retention of the audit log, reactions to a full disk",
     "auditd.conf：审计日志的大小、轮转、保留与磁盘满时的处理"},
    keys,
    NULL,
    true,
    observe,
    NULL,
};
