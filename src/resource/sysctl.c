/* Resource `sysctl`: kernel values, as set at boot by the files and as they are now. */
#include "effective/sysctl.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "format/sysctl.h"
#include "resource/parents.h"
#include "resource/resource.h"
#include "root/live.h"

static const struct key keys[] = {{0}};

static struct value as_asked(const struct want *w, const char *value)
{
    int64_t number = 0;
    if (!value)
        return VALUE_UNSET;
    if (w->expected.kind == VALUE_NUMBER && str_to_int64(str_of(value), 10, &number) == 0)
        return value_number(number);
    return value_text(value);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct err e = {.arena = h->arena};
    struct sysctl_answer answer;
    if (sysctl_at_boot(h, w->key_name, &answer, &e) < 0) {
        facts_unknown(ret, NULL, e.message);
        return;
    }
    struct fact *f = facts_configured(ret, NULL, as_asked(w, answer.value));
    f->reason = answer.remark;
    if (answer.where.path)
        fact_add_where(ret, f, answer.where.path, answer.where.line);
    if (!root_is_live(h->root))
        return;
    const char *running = NULL;
    int r = live_sysctl(h->root, w->key_name, &running);
    if (r == 0) {
        fact_set_running(f, as_asked(w, sysctl_tidy(h->arena, running)));
    } else if (r == -ENOENT) {
        f->reason =
            text_make(h->arena, "the running kernel has no %s", "运行中的内核没有 %s", w->key_name);
    } else {
        struct text why = root_error_text(h->root, w->key_name, r);
        *f = (struct fact){.state = FACT_UNKNOWN, .reason = why};
    }
}

/* Letters sort behind digits, so this name comes after 99-sysctl.conf and vendors' 99-*.conf. */
static const char own_file[] = "/etc/sysctl.d/zz-dengbao.conf";

/* The file with "key = value" in place of its line for that key, or behind the others. */
static struct str with_value(struct host *h, struct str bytes, const char *key, const char *value)
{
    _cleanup_buf_ struct buf out = {0};
    struct sysctl_doc d;
    const char *path = sysctl_path(h->arena, key);
    bool done = false;
    sysctl_doc_parse(h->arena, bytes, &d);
    for (size_t i = 0; i < d.lines.n; i++) {
        const struct sysctl_line *l = &d.lines.v[i];
        bool same = l->key && strcmp(sysctl_path(h->arena, l->key), path) == 0;
        if (!same)
            buf_append(&out, l->raw.p, l->raw.n);
        else if (!done)
            buf_printf(&out, "%s = %s\n", key, value);
        done = done || same;
    }
    if (!done && out.len && out.data[out.len - 1] != '\n')
        buf_putc(&out, '\n');
    if (!done)
        buf_printf(&out, "%s = %s\n", key, value);
    return (struct str){arena_strndup(h->arena, out.data, out.len), out.len};
}

static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct err e = {.arena = h->arena};
    struct sysctl_answer answer;
    struct str bytes = {"", 0};
    int r = sysctl_at_boot(h, w->key_name, &answer, &e);
    ret->why = e.message;
    if (r < 0)
        return r;
    struct value now = as_asked(w, answer.value), target = want_target(h->arena, w, &now);
    const char *value = value_show(h->arena, &target);
    if (!value || !*value || strpbrk(value, "\n\r") || strpbrk(w->key_name, " \t\n\r=*?[#;")) {
        ret->why = TEXT("a kernel value can be set, not unset", "内核参数只能设置，不能取消");
        return -EOPNOTSUPP;
    }
    if (!want_accepts(w, &now) || answer.kernel_default) {
        const struct attributes fresh = {.set = true, .mode = 0644};
        bool there = root_read(h->root, own_file, &bytes) == 0;
        r = stage_parents(h->root, own_file);
        if (r == 0)
            r = stage_write(h->root, own_file, with_value(h, bytes, w->key_name, value),
                            there ? NULL : &fresh);
        if (r == 0)
            r = sysctl_at_boot(h, w->key_name, &answer, &e);
        now = as_asked(w, answer.value);
        if (r == 0 && !want_accepts(w, &now)) {
            ret->why =
                text_make(h->arena, "%s decides after %s", "%s 在 %s 之后生效",
                          answer.where.path ? answer.where.path : "systemd-sysctl.service (masked)",
                          own_file);
            return -EEXIST;
        }
    }
    if (r == 0 && root_is_live(h->root))
        changes_add(ret, STEP_KERNEL_VALUE, w->key_name, value);
    return r;
}

const struct resource resource_sysctl = {
    "sysctl",
    {"kernel parameters at boot (sysctl.d) and now", "内核参数：开机设置（sysctl.d）与当前值"},
    keys,
    NULL,
    true,
    observe,
    plan,
};
