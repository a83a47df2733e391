/*
 * Kernel command line parameters: configured for the next boot, and of the kernel that runs
 * (/proc/cmdline). One fact per menu entry that differs.
 */
#include "resource/resource.h"

#include <errno.h>

#include "effective/boot.h"
#include "root/live.h"

static struct value as_value(const struct want *w, const char *text)
{
    struct value v;
    if (!text)
        return VALUE_UNSET;
    if (w->key->kind == VALUE_NUMBER)
        return value_parse(NULL, VALUE_NUMBER, str_of(text), &v) == 0 ? v : value_text(text);
    return value_text(text);
}

static void add_fact(struct host *h, const struct want *w, struct facts *ret, const char *subject,
                     const struct boot_entry *e, const char *value)
{
    struct fact *f = facts_configured(ret, subject, as_value(w, value));
    fact_add_where(ret, f, e->path, e->line);
    const char *running;
    if (live_cmdline(h->root, &running) == 0)
        fact_set_running(f, as_value(w, cmdline_value(h->arena, running, w->key_name)));
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const char *container = NULL;
    if (live_container(h->root, &container) == 0 && container) {
        (void)facts_not_applicable(
            ret, NULL,
            text_make(h->arena, "a container (%s) has no boot loader; its host decides",
                      "容器（%s）没有引导程序，由宿主机决定", container));
        return;
    }
    const struct boot *b = host_boot(h);
    if (b->error == -ENOENT) {
        (void)facts_unknown(ret, NULL,
                            TEXT("no boot loader configuration found under /boot or in "
                                 "/etc/default/grub",
                                 "在 /boot 和 /etc/default/grub 中未找到引导配置"));
        return;
    }
    if (b->error) {
        (void)facts_unknown(ret, NULL, root_error_text(h->root, b->error_path, b->error));
        return;
    }
    const char *first = NULL;
    for (size_t i = 0; i < b->entries.n; i++) {
        const struct boot_entry *e = &b->entries.v[i];
        const char *value = cmdline_value(h->arena, e->cmdline, w->key_name);
        if (i == 0)
            first = value;
        else if (cstr_eq(first, value))
            continue;
        add_fact(h, w, ret, i == 0 ? NULL : e->name, e, value);
    }
}

static const struct key keys[] = {
    {"audit",
     VALUE_TEXT,
     NULL,
     "kernel-parameters",
     {"audit=: auditing from boot", "audit=：启动时开启审计"}},
    {"audit_backlog_limit",
     VALUE_NUMBER,
     "64",
     "kernel-parameters",
     {"audit records that may wait", "可排队的审计记录数"}},
    {0},
};

const struct resource resource_boot = {
    .name = "boot",
    .summary = {"kernel command line parameters", "内核启动参数"},
    .keys = keys,
    .any_key = true,
    .observe = observe,
};
