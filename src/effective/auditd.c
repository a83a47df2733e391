#include "effective/auditd.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/conf_files.h"
#include "format/keyvalue.h"

static const char path[] = "/etc/audit/auditd.conf";

/* Defaults of clear_config() in auditd-config.c, 2.8 to 4.0; words is what a value may be. */
static const struct option {
    const char *name, *builtin;
    bool number, word;
    const char *words;
} options[] = {
    {"local_events", "yes", false, true, "yes no"},
    {"write_logs", "yes", false, true, "yes no"},
    {"log_file", "/var/log/audit/audit.log", false, false, NULL},
    {"log_format", "raw", false, true, "raw enriched nolog"},
    {"log_group", "root", false, false, NULL},
    {"flush", "none", false, true, "none incremental incremental_async data sync"},
    {"freq", "0", true, false, NULL},
    {"num_logs", "0", true, false, NULL},
    {"max_log_file", "0", true, false, NULL},
    {"max_log_file_action", "ignore", false, true, "ignore syslog suspend rotate keep_logs"},
    {"space_left", "0", false, false, NULL},
    {"space_left_action", "ignore", false, true,
     "ignore syslog rotate email exec suspend single halt"},
    {"admin_space_left", "0", false, false, NULL},
    {"admin_space_left_action", "ignore", false, true,
     "ignore syslog rotate email exec suspend single halt"},
    {"action_mail_acct", "root", false, false, NULL},
    {"disk_full_action", "ignore", false, true, "ignore syslog rotate exec suspend single halt"},
    {"disk_error_action", "syslog", false, true, "ignore syslog exec suspend single halt"},
    {"name_format", "none", false, true, "none hostname fqd numeric user"},
    {"priority_boost", "4", true, false, NULL},
    {"verify_email", "yes", false, true, "yes no"},
};

static const struct option *option_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (cstr_eq_nocase(options[i].name, name))
            return &options[i];
    return NULL;
}

static bool within(const char *words, struct str first)
{
    struct str rest = str_of(words), word;
    while (str_next_word(&rest, &word)) {
        bool same = word.n == first.n;
        for (size_t i = 0; same && i < word.n; i++)
            same = word.p[i] ==
                   (first.p[i] >= 'A' && first.p[i] <= 'Z' ? first.p[i] + 32 : first.p[i]);
        if (same)
            return true;
    }
    return false;
}

static const char *lower(struct arena *a, struct str s)
{
    char *copy = str_dup(a, s);
    for (char *p = copy; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return copy;
}

/* auditd compares the name without case; the last line counts, as each is stored when read. */
static const struct keyvalue_line *last_line(const struct keyvalue *kv, const char *name)
{
    const struct keyvalue_line *found = NULL;
    for (size_t i = 0; i < kv->lines.n; i++)
        if (kv->lines.v[i].setting && str_is_nocase(kv->lines.v[i].key, name))
            found = &kv->lines.v[i];
    return found;
}

static int refuse(struct host *h, struct err *e, unsigned line)
{
    (void)h;
    return err_at(e,
                  err_set(e, -EBADMSG, "auditd refuses %s line %u and does not start",
                          "auditd 拒绝 %s 第 %u 行，无法启动", path, line),
                  path, line, 0);
}

/* A bad line makes auditd give up the whole file. */
static int check(struct host *h, const struct keyvalue *kv, struct err *e)
{
    for (size_t i = 0; i < kv->lines.n; i++) {
        const struct keyvalue_line *l = &kv->lines.v[i];
        if (l->malformed)
            return refuse(h, e, l->line);
        if (!l->setting)
            continue;
        const struct option *o = option_of(str_dup(h->arena, l->key));
        int64_t n = 0;
        if (o && o->number && str_to_int64(l->value, 10, &n) < 0)
            return refuse(h, e, l->line);
        if (!o || !o->words)
            continue;
        struct str rest = l->value, first = {0};
        (void)str_next_word(&rest, &first);
        if (!within(o->words, first))
            return refuse(h, e, l->line);
    }
    return 0;
}

int auditd_option(struct host *h, const char *name, struct auditd_value *ret, struct err *e)
{
    struct str bytes;
    int r = root_read(h->root, path, &bytes);
    if (r < 0)
        return file_failed(h->root, e, path, r);
    struct keyvalue *kv = keyvalue_parse(h->arena, &keyvalue_auditd, bytes);
    r = check(h, kv, e);
    if (r < 0)
        return r;
    const struct option *o = option_of(name);
    const struct keyvalue_line *l = last_line(kv, name);
    *ret = (struct auditd_value){.value = o ? o->builtin : NULL, .is_default = true};
    if (l) {
        ret->value = o && o->word ? lower(h->arena, l->value) : str_dup(h->arena, l->value);
        ret->is_default = false;
        ret->where = (struct where){path, l->line};
    }
    return 0;
}

int auditd_retention(struct host *h, bool *ret_safe, struct text *ret_why, struct where *ret_where,
                     struct err *e)
{
    struct auditd_value action = {0}, count = {0}, size = {0};
    int r = auditd_option(h, "max_log_file_action", &action, e);
    if (r == 0)
        r = auditd_option(h, "num_logs", &count, e);
    if (r == 0)
        r = auditd_option(h, "max_log_file", &size, e);
    if (r != 0)
        return r;
    int64_t logs = 0, megabytes = 0;
    (void)str_to_int64(str_of(count.value), 10, &logs);
    (void)str_to_int64(str_of(size.value), 10, &megabytes);
    bool keep = strcmp(action.value, "keep_logs") == 0;
    bool rotate = strcmp(action.value, "rotate") == 0;
    *ret_safe = megabytes > 0 && (keep || (rotate && logs >= 2));
    *ret_where = action.where;
    *ret_why = (struct text){0};
    if (megabytes <= 0)
        *ret_why =
            TEXT("max_log_file is 0: the log is never split", "max_log_file 为 0：日志不分割");
    else if (rotate && logs < 2)
        *ret_why = text_make(h->arena, "num_logs is %lld: below 2 auditd does not rotate",
                             "num_logs 为 %lld：小于 2 时 auditd 不轮转", (long long)logs);
    else if (!keep && !rotate)
        *ret_why = text_make(h->arena, "max_log_file_action is %s", "max_log_file_action 为 %s",
                             action.value);
    return 0;
}
