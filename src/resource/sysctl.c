/* Resource `sysctl`: kernel values, as set at boot by the files and as they are now. */
#include "effective/sysctl.h"

#include <errno.h>
#include <string.h>

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

const struct resource resource_sysctl = {
    "sysctl",
    {"kernel parameters at boot (sysctl.d) and now", "内核参数：开机设置（sysctl.d）与当前值"},
    keys,
    NULL,
    true,
    observe,
    NULL,
};
