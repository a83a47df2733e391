/*
 * ask_live: reads questions about the running system, one a line, and answers each with lines and
 * a last line "."; every answer is a fresh look. For the oracles.
 *   audit                     "state ENABLED FAILURE BACKLOG DAEMON", then the kernel's rules
 *   rules                     then auditctl lines up to "."; each in the form in which equal rules
 *                             are equal
 *   listeners                 protocol, address, port, yes or no (loopback), pid and name, by tabs
 *   processes                 pid, uid, euid, name, program and arguments, by tabs
 *   unit NAME …               LoadState ActiveState SubState UnitFileState, a line each
 *   sysctl NAME …             the value, a line each
 *   reach FAMILY PORT         what the running packet filter lets to a port: all, none, unknown or
 *                             the sources
 *   observe RESOURCE KEY [ARG=VALUE …]    subject, state, configured and running, by tabs
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/audit.h"
#include "effective/firewall.h"
#include "resource/resource.h"
#include "root/live.h"
#include "root/live_audit.h"

static void plain(const char *text, char end)
{
    for (const char *c = text ? text : "-"; *c; c++)
        (void)putchar(*c == '\n' || *c == '\t' ? '?' : *c);
    (void)putchar(end);
}

static void rules(struct host *h, struct str lines)
{
    struct audit_set set;
    audit_from_lines(h, "lines", lines, &set);
    for (size_t i = 0; i < set.rules.n; i++)
        plain(audit_rule_text(h->arena, set.rules.v[i].rule), '\n');
}

static void audit(struct host *h)
{
    const struct live_audit *a;
    int code = live_audit(h->root, &a);
    if (code < 0) {
        (void)printf("error %s\n", strerror(-code));
        return;
    }
    (void)printf("state %u %u %u %lld\n%.*s", a->enabled, a->failure, a->backlog,
                 (long long)a->daemon, STR_ARG(a->lines));
}

static void given_rules(struct host *h)
{
    _cleanup_buf_ struct buf text = {0};
    char line[16384];
    while (fgets(line, sizeof line, stdin) && strcmp(line, ".\n") != 0)
        buf_puts(&text, line);
    if (text.len)
        rules(h, (struct str){text.data, text.len});
}

static void listeners(struct host *h)
{
    const struct listeners *all;
    int code = live_listeners(h->root, &all);
    if (code < 0) {
        (void)printf("error %s\n", strerror(-code));
        return;
    }
    vec_each (l, all) {
        (void)printf("%s\t%s\t%u\t%s\t%lld\t", l->protocol, l->address, l->port,
                     l->loopback ? "yes" : "no", (long long)l->pid);
        plain(l->process, '\n');
    }
}

static void processes(struct host *h)
{
    const struct processes *all;
    int code = live_processes(h->root, &all);
    if (code < 0) {
        (void)printf("error %s\n", strerror(-code));
        return;
    }
    vec_each (p, all) {
        (void)printf("%lld\t%lld\t%lld\t", (long long)p->pid, (long long)p->uid,
                     (long long)p->euid);
        plain(p->comm, '\t');
        plain(p->exe, '\t');
        plain(p->cmdline, '\n');
    }
}

static void unit(struct host *h, const char *name)
{
    struct unit_state s;
    int code = live_unit(h->root, name, &s);
    if (code < 0)
        (void)printf("error %s\n", strerror(-code));
    else
        (void)printf("%s %s %s %s\n", s.load, s.active, s.sub, s.file);
}

static void kernel_value(struct host *h, const char *name)
{
    const char *value;
    int code = live_sysctl(h->root, name, &value);
    if (code < 0)
        (void)printf("error %s\n", strerror(-code));
    else
        plain(value, '\n');
}

static void reach(struct host *h, unsigned family, unsigned port)
{
    struct firewalls running;
    struct firewall_reach r;
    int code = firewall_running(h, &running);
    if (code < 0) {
        (void)printf("error %s\n", strerror(-code));
        return;
    }
    firewall_reach(h, &running, family, port, &r);
    (void)printf("%s", r.arbitrary == FIREWALL_REACHED   ? "all"
                       : r.arbitrary == FIREWALL_BLOCKED ? r.sources.n ? "" : "none"
                                                         : "unknown");
    for (size_t i = 0; r.arbitrary == FIREWALL_BLOCKED && i < r.sources.n; i++)
        (void)printf("%s%s", i ? " " : "", r.sources.v[i]);
    (void)printf("\n");
    if (r.arbitrary == FIREWALL_UNDECIDED)
        (void)fprintf(stderr, "%s\n", r.reason.en ? r.reason.en : "");
}

static void observe(struct host *h, struct str rest)
{
    static const char *const states[] = {"known", "unknown", "not-applicable"};
    struct want w = {.op = WANT_IS};
    struct facts facts = {.arena = h->arena};
    struct str name = {0}, word = {0};
    (void)str_next_word(&rest, &name);
    const struct resource *r = resource_find(str_dup(h->arena, name));
    if (str_next_word(&rest, &word) && r) {
        w.key_name = str_dup(h->arena, word);
        w.key = resource_key(h->arena, r, w.key_name);
    }
    while (str_next_word(&rest, &word)) {
        int equals = str_index(word, '=');
        if (equals < 0)
            continue;
        struct want_arg arg = {str_dup(h->arena, str_slice(word, 0, (size_t)equals)),
                               str_dup(h->arena, str_slice(word, (size_t)equals + 1, word.n))};
        vec_push(h->arena, &w.args, arg);
    }
    if (!w.key) {
        (void)printf("?\n");
        return;
    }
    r->observe(h, &w, &facts);
    for (size_t i = 0; i < facts.n; i++) {
        const struct fact *f = &facts.v[i];
        plain(f->subject, '\t');
        (void)printf("%s\t", states[f->state]);
        plain(f->has_configured ? value_show(h->arena, &f->configured) : NULL, '\t');
        plain(f->has_running ? value_show(h->arena, &f->running) : NULL, '\n');
    }
}

static void answer(struct host *h, struct str line)
{
    struct str word = {0}, rest = line, more[2] = {{0}, {0}};
    (void)str_next_word(&rest, &word);
    struct str tail = rest;
    (void)str_next_word(&tail, &more[0]);
    (void)str_next_word(&tail, &more[1]);
    int64_t family = 4, port = 0;
    if (str_is(word, "audit")) {
        audit(h);
    } else if (str_is(word, "rules")) {
        given_rules(h);
    } else if (str_is(word, "listeners")) {
        listeners(h);
    } else if (str_is(word, "processes")) {
        processes(h);
    } else if (str_is(word, "unit")) {
        while (str_next_word(&rest, &word))
            unit(h, str_dup(h->arena, word));
    } else if (str_is(word, "sysctl")) {
        while (str_next_word(&rest, &word))
            kernel_value(h, str_dup(h->arena, word));
    } else if (str_is(word, "observe")) {
        observe(h, rest);
    } else if (str_is(word, "reach") && str_to_int64(more[0], 10, &family) == 0 &&
               str_to_int64(more[1], 10, &port) == 0) {
        reach(h, (unsigned)family, (unsigned)port);
    } else {
        (void)printf("?\n");
    }
    (void)printf(".\n");
    (void)fflush(stdout);
}

int main(void)
{
    static char line[1 << 18];
    while (fgets(line, sizeof line, stdin)) {
        _cleanup_arena_ struct arena *a = arena_new();
        struct err e = {.arena = a};
        struct root *root = NULL;
        if (root_open(a, "/", 0, &root, &e) < 0) {
            (void)fprintf(stderr, "%s\n", e.message.en ? e.message.en : "no root");
            return 1;
        }
        answer(host_open(root, time(NULL)), str_trim(str_of(line)));
        root_close(root);
    }
    return 0;
}
