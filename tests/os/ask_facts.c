/*
 * ask_facts ROOT: reads questions, one a line, prints the answer and an empty line, for the
 * oracles. packages                        name, epoch:version-release and architecture of each
 *   compare rpm|debian A B          <, = or >
 *   owned PATH…                      which of them a package owns
 *   RESOURCE KEY [ARG=VALUE …]      subject, state and value of each fact, between tabs
 *   plan RESOURCE KEY OP VALUE [ARG=VALUE …]    the staged files, or the reason against it
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/package_files.h"
#include "resource/resource.h"

static const char *const states[] = {"known", "unknown", "not-applicable"};

static void packages(struct host *h)
{
    const struct packages *p = host_packages(h);
    if (p->error < 0)
        (void)printf("error %s\n", p->reason.en);
    for (size_t i = 0; i < p->list.n; i++)
        (void)printf("%s %s %s\n", p->list.v[i].name, p->list.v[i].version,
                     p->list.v[i].arch ? p->list.v[i].arch : "(none)");
}

static void owned(struct host *h, struct str rest)
{
    struct strings paths = {0};
    struct str word;
    bool found[256] = {false};
    while (paths.n < 256 && str_next_word(&rest, &word))
        strings_add(h->arena, &paths, str_dup(h->arena, word));
    int r = package_files_owned(h, &paths, found);
    if (r < 0)
        (void)printf("error %d\n", r);
    for (size_t i = 0; r == 0 && i < paths.n; i++)
        if (found[i])
            (void)printf("%s\n", paths.v[i]);
}

static void compare(struct host *h, struct str rest)
{
    struct str word[3] = {0};
    for (size_t i = 0; i < 3; i++)
        (void)str_next_word(&rest, &word[i]);
    int c = package_version_compare(str_is(word[0], "debian") ? FAMILY_DEBIAN : FAMILY_RPM,
                                    str_dup(h->arena, word[1]), str_dup(h->arena, word[2]));
    (void)printf("%s\n", c < 0 ? "<" : c > 0 ? ">" : "=");
}

static bool arguments(struct host *h, struct str rest, struct want *w)
{
    struct str word;
    while (str_next_word(&rest, &word)) {
        int equals = str_index(word, '=');
        if (equals < 0)
            return false;
        struct want_arg arg = {str_dup(h->arena, str_slice(word, 0, (size_t)equals)),
                               str_dup(h->arena, str_slice(word, (size_t)equals + 1, word.n))};
        for (char *c = (char *)arg.value; *c; c++)
            *c = *c == ',' ? ' ' : *c;
        vec_push(h->arena, &w->args, arg);
    }
    return true;
}

static const struct resource *subject(struct host *h, struct str *rest, struct want *w)
{
    struct str name, key;
    const struct resource *r = NULL;
    if (str_next_word(rest, &name) && str_next_word(rest, &key)) {
        r = resource_find(str_dup(h->arena, name));
        w->key_name = str_dup(h->arena, key);
        w->key = r ? resource_key(h->arena, r, w->key_name) : NULL;
    }
    return w->key ? r : NULL;
}

static void observe(struct host *h, struct str rest)
{
    struct want w = {.op = WANT_IS};
    const struct resource *r = subject(h, &rest, &w);
    struct facts facts = {.arena = h->arena};
    if (!r || !arguments(h, rest, &w)) {
        (void)printf("?\n");
        return;
    }
    r->observe(h, &w, &facts);
    for (size_t i = 0; i < facts.n; i++) {
        const struct fact *f = &facts.v[i];
        const char *value = value_show(h->arena, &f->configured);
        (void)printf("%s\t%s\t%s\n", f->subject ? f->subject : "-", states[f->state],
                     f->state != FACT_KNOWN ? f->reason.en
                     : value                ? value
                                            : "(unset)");
    }
}

static void plan(struct host *h, struct str rest)
{
    struct want w = {0};
    struct str op, value;
    struct root *staged = NULL;
    const struct resource *r = subject(h, &rest, &w);
    if (!r || !r->plan || !str_next_word(&rest, &op) || !str_next_word(&rest, &value) ||
        want_op_from_name(op, &w.op) < 0 || !arguments(h, rest, &w) ||
        value_parse(h->arena, w.key->kind, value, &w.expected) < 0) {
        (void)printf("?\n");
        return;
    }
    struct changes changes = {.arena = h->arena};
    if (root_stage(h->root, &staged) < 0) {
        (void)printf("?\n");
        return;
    }
    int error = r->plan(host_open(staged, h->now), &w, &changes);
    if (error < 0)
        (void)printf("refused %s\n", changes.why.en ? changes.why.en : "");
    const struct staged_change *c;
    size_t n;
    root_staged_changes(staged, &c, &n);
    for (size_t i = 0; i < n; i++)
        (void)printf("%s %04o\n%.*s", c[i].path, (unsigned)c[i].attributes.mode,
                     STR_ARG(c[i].bytes));
    for (size_t i = 0; i < changes.actions.n; i++)
        (void)printf("%s %s\n", changes.actions.v[i].verb, changes.actions.v[i].target);
    root_close(staged);
}

int main(int argc, char **argv)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct root *root = NULL;
    char line[8192];
    if (argc != 2 || root_open(a, argv[1], 0, &root, &e) < 0) {
        (void)fprintf(stderr, "%s\n", e.message.en ? e.message.en : "ask_facts ROOT");
        return 1;
    }
    struct host *h = host_open(root, time(NULL));
    while (fgets(line, sizeof line, stdin)) {
        struct str rest = str_trim(str_of(line)), word, after = rest;
        (void)str_next_word(&after, &word);
        if (str_is(word, "packages"))
            packages(h);
        else if (str_is(word, "owned"))
            owned(h, after);
        else if (str_is(word, "compare"))
            compare(h, after);
        else if (str_is(word, "plan"))
            plan(h, after);
        else
            observe(h, rest);
        (void)printf("\n");
        (void)fflush(stdout);
    }
    root_close(root);
    return 0;
}
