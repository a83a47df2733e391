/*
 * Resource `mail`: who gets root's mail, by aliases(5). cron, auditd (action_mail_acct), apt and
 * the like write to root; an alias is how their warnings reach a person.
 */
#include "resource/resource.h"

#include <errno.h>

#include "base/buf.h"
#include "base/cleanup.h"

static const char path[] = "/etc/aliases";

static const struct key keys[] = {
    {"root-goes-to",
     VALUE_LIST,
     NULL,
     "aliases(5)",
     {"addresses that mail to root goes to", "发给 root 的邮件送达的地址"}},
    {0},
};

/* One definition with its continuation lines; `value` is what stands behind the colon. */
struct alias {
    size_t begin, end; /* in the file */
    struct str value;
    unsigned line;
};

/* The last one counts: newaliases warns of a second and keeps it. Names have no case. */
static bool find_root(struct str bytes, struct alias *ret)
{
    struct str rest = bytes, line;
    bool found = false, inside = false;
    for (unsigned n = 1; str_next_line(&rest, &line); n++) {
        size_t begin = (size_t)(line.p - bytes.p);
        size_t end = rest.n ? (size_t)(rest.p - bytes.p) : bytes.n;
        if (line.n && (line.p[0] == ' ' || line.p[0] == '\t')) {
            if (inside) {
                ret->end = end;
                ret->value = str_slice(bytes, (size_t)(ret->value.p - bytes.p), begin + line.n);
            }
            continue;
        }
        int colon = str_index(line, ':');
        inside = false;
        if (colon < 0 || line.p[0] == '#')
            continue;
        struct str name = str_trim(str_slice(line, 0, (size_t)colon));
        if (name.n > 1 && name.p[0] == '"' && name.p[name.n - 1] == '"')
            name = str_slice(name, 1, name.n - 1);
        if (!str_is_nocase(name, "root"))
            continue;
        inside = found = true;
        *ret = (struct alias){begin, end, str_slice(line, (size_t)colon + 1, line.n), n};
    }
    return found;
}

static void addresses(struct arena *a, struct str value, struct strings *ret)
{
    struct str part;
    while (str_next_field(&value, ',', &part)) {
        part = str_trim(part);
        if (part.n && part.p[0] != '#')
            strings_add(a, ret, str_dup(a, part));
    }
}

static bool sends_mail(struct host *h)
{
    return root_exists(h->root, "/usr/sbin/sendmail") || root_exists(h->root, "/usr/lib/sendmail");
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct strings list = {0};
    struct alias root;
    struct str bytes;
    int r = root_read(h->root, path, &bytes);
    (void)w;
    if (r < 0 && r != -ENOENT) {
        facts_unknown(ret, NULL, root_error_text(h->root, path, r));
        return;
    }
    bool found = r == 0 && find_root(bytes, &root);
    if (found)
        addresses(h->arena, root.value, &list);
    struct fact *f = facts_configured(ret, NULL, value_list(list));
    if (found)
        fact_add_where(ret, f, path, root.line);
    if (!sends_mail(h))
        f->reason = TEXT("no program that sends mail is installed here (/usr/sbin/sendmail)",
                         "此处未安装发送邮件的程序（/usr/sbin/sendmail）");
}

/* Addresses are added; who gets the mail today goes on getting it. */
static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    static const struct attributes fresh = {.set = true, .mode = 0644};
    _cleanup_buf_ struct buf b = {0};
    struct strings list = {0};
    struct alias root = {0};
    struct str bytes = {0};
    if (w->op != WANT_INCLUDES) {
        ret->why = TEXT("an address is added, none is taken away", "只添加地址，不删除已有的地址");
        return -ENOTSUP;
    }
    int r = root_read(h->root, path, &bytes);
    bool found = r == 0 && find_root(bytes, &root);
    if (r < 0 && r != -ENOENT) {
        ret->why = root_error_text(h->root, path, r);
        return r;
    }
    if (found)
        addresses(h->arena, root.value, &list);
    for (size_t i = 0; i < w->expected.list.n; i++)
        if (strings_find(&list, w->expected.list.v[i]) < 0)
            strings_add(h->arena, &list, w->expected.list.v[i]);
    const char *line = arena_printf(h->arena, "root: %s\n", strings_join(h->arena, &list, ", ", 0));
    buf_append(&b, bytes.p, found ? root.begin : bytes.n);
    if (!found && bytes.n && bytes.p[bytes.n - 1] != '\n')
        buf_putc(&b, '\n');
    buf_puts(&b, line);
    if (found)
        buf_append(&b, bytes.p + root.end, bytes.n - root.end);
    r = stage_write(h->root, path, (struct str){arena_strndup(h->arena, b.data, b.len), b.len},
                    bytes.p ? NULL : &fresh);
    if (r < 0)
        ret->why = root_error_text(h->root, path, r);
    else if (root_is_live(h->root) && root_exists(h->root, "/usr/bin/newaliases"))
        changes_add(ret, STEP_RUN_TOOL, "newaliases", "run");
    return r;
}

const struct resource resource_mail = {
    .name = "mail",
    .summary = {"mail to root: who gets it", "发给 root 的邮件：由谁接收"},
    .keys = keys,
    .observe = observe,
    .plan = plan,
};
