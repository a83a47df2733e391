/*
 * Which value holds for a connection: two passes over the flattened lines.  The first is sshd's at
 * start, the second its reprocessing for one connection; a value of the second replaces that of the
 * first (copy_set_server_options), inside a pass the first one wins.
 */
#include "effective/sshd_parts.h"

#include <errno.h>

#include "base/cleanup.h"

enum { NESTING = 17 };

/* RekeyLimit sets bytes and seconds; each is settled by the first line that gives it. */
static const char *rekey_with(struct arena *a, const char *first, const char *later)
{
    if (!cstr_ends(first, " -") || !later || cstr_ends(later, " -"))
        return first;
    return arena_printf(a, "%.*s%s", (int)strcspn(first, " "), first, strchr(later, ' '));
}

static void apply(const struct sshd *conf, const struct sshd_step *step, struct sshd_outcome *ret)
{
    struct arena *a = conf->host->arena;
    const struct sshd_option *o = &sshd_options[step->option];
    struct sshd_setting *s = &ret->v[step->option];
    if (s->set && o->kind == SSHD_REKEY) {
        const char *both = rekey_with(a, s->values.v[0], step->values.v[0]);
        s->values = (struct strings){0};
        strings_add(a, &s->values, both);
    }
    /* UnusedConnectionTimeout none overrides what came before (servconf.c 9.2) */
    bool overrides = o->kind == SSHD_TIME && cstr_eq(step->values.v[0], "none");
    if (s->set && o->merge == SSHD_FIRST && !overrides)
        return;
    if (!s->set || o->merge == SSHD_LAST || overrides) {
        s->values = step->values;
        s->values.cap = s->values.n; /* the next addition copies */
        s->where = step->where;
    } else {
        for (size_t i = 0; i < step->values.n; i++)
            strings_add(a, &s->values, step->values.v[i]);
    }
    s->set = true;
    if (o->merge == SSHD_APPEND)
        vec_push(a, &s->lines, step->where);
}

/* Where a pass stands in the file it is in; `match_only`: the second pass has met no Match here. */
struct position {
    bool active, match_only, never;
};

typedef int (*visit)(const struct sshd *conf, size_t step, bool active, void *context);

static int walk(const struct sshd *conf, const struct sshd_context *who, visit visitor,
                void *context)
{
    struct position now = {.active = !who, .match_only = who != NULL}, stack[NESTING + 1];
    size_t depth = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < conf->steps.n; i++) {
        const struct sshd_step *step = &conf->steps.v[i];
        switch (step->kind) {
        case SSHD_STEP_ENTER:
            if (depth >= NESTING)
                return -EINVAL;
            stack[depth++] = now;
            now.never = now.never || (!now.match_only && !now.active);
            break;
        case SSHD_STEP_LEAVE:
            now = stack[--depth];
            break;
        case SSHD_STEP_MATCH:
            now.active = !now.never && (who ? sshd_criteria_hold(conf->host, &step->criteria, who)
                                            : step->criteria.v[0].by == SSHD_BY_ALL);
            now.match_only = false;
            r = visitor(conf, i, now.active, context);
            break;
        case SSHD_STEP_SET:
            r = visitor(conf, i, now.active, context);
            break;
        }
    }
    return r;
}

struct running {
    struct sshd_outcome *outcome;
    bool second;
};

static int run_step(const struct sshd *conf, size_t i, bool active, void *context)
{
    struct running *running = context;
    const struct sshd_step *step = &conf->steps.v[i];
    if (!active || step->kind != SSHD_STEP_SET)
        return 0;
    if (running->second && sshd_options[step->option].kind == SSHD_METHODS &&
        running->outcome->v[step->option].set && cstr_eq(step->values.v[0], "any"))
        return -EINVAL;
    apply(conf, step, running->outcome);
    return 0;
}

int sshd_run(const struct sshd *conf, const struct sshd_context *context, struct sshd_outcome *ret)
{
    struct running running = {ret, context != NULL};
    memset(ret, 0, sizeof *ret);
    return walk(conf, context, run_step, &running);
}

static int match_step(const struct sshd *conf, size_t i, bool active, void *context)
{
    bool *flags = context;
    if (conf->steps.v[i].kind == SSHD_STEP_MATCH)
        flags[i] = active;
    return 0;
}

void sshd_matches(const struct sshd *conf, const struct sshd_context *context, bool *ret_active)
{
    (void)walk(conf, context, match_step, ret_active);
}

static bool same_context(const struct sshd_context *a, const struct sshd_context *b)
{
    return cstr_eq(a->user, b->user) && cstr_eq(a->host, b->host) &&
           cstr_eq(a->address, b->address) && cstr_eq(a->local_address, b->local_address) &&
           cstr_eq(a->rdomain, b->rdomain) && a->local_port == b->local_port &&
           a->invalid_user == b->invalid_user;
}

static const char *kept(const struct sshd *conf, const char *s)
{
    return s ? arena_strdup(conf->host->arena, s) : NULL;
}

static int other_context(struct sshd *conf, const struct sshd_context *c,
                         const struct sshd_outcome **ret)
{
    if (!conf->other_known || !same_context(c, &conf->other_context)) {
        conf->other_context = (struct sshd_context){
            .user = kept(conf, c->user),
            .host = kept(conf, c->host),
            .address = kept(conf, c->address),
            .local_address = kept(conf, c->local_address),
            .rdomain = kept(conf, c->rdomain),
            .local_port = c->local_port,
            .invalid_user = c->invalid_user,
        };
        conf->other_error = sshd_run(conf, c, &conf->other);
        conf->other_known = true;
    }
    *ret = &conf->other;
    return conf->other_error;
}

/* The second pass for a context, run once for each of sshd_contexts(). */
static int matched(const struct sshd *conf, const struct sshd_context *c,
                   const struct sshd_outcome **ret)
{
    struct sshd *cache = (struct sshd *)(uintptr_t)conf;
    const struct sshd_contexts *own = conf->contexts;
    if (!own || !conf->outcomes || c < own->v || c >= own->v + own->n)
        return other_context(cache, c, ret);
    size_t i = (size_t)(c - own->v);
    if (!cache->outcomes[i]) {
        cache->outcomes[i] = arena_make(conf->host->arena, struct sshd_outcome);
        cache->outcome_errors[i] = sshd_run(conf, c, cache->outcomes[i]);
    }
    *ret = cache->outcomes[i];
    return cache->outcome_errors[i];
}

/* Both IPv4 and IPv6, each with each port; ListenAddress without a port as well. */
static void listen_addresses(const struct sshd *conf, const struct sshd_context *c,
                             struct sshd_answer *ret)
{
    struct arena *a = conf->host->arena;
    struct sshd_answer ports;
    const char *family = sshd_value(conf, "AddressFamily", c, "any");
    if (sshd_query(conf, "Port", c, &ports) < 0)
        return;
    struct strings given = ret->values;
    if (!given.n) {
        if (!cstr_eq(family, "inet6"))
            strings_add(a, &given, "0.0.0.0");
        if (!cstr_eq(family, "inet"))
            strings_add(a, &given, "[::]");
    }
    ret->values = (struct strings){0};
    for (size_t i = 0; i < given.n; i++) {
        const char *s = given.v[i], *after = *s == '[' ? strchr(s, ']') : s;
        if (after && strchr(after, ':')) {
            strings_add(a, &ret->values, s);
            continue;
        }
        for (size_t k = 0; k < ports.values.n; k++)
            strings_add(a, &ret->values, arena_printf(a, "%s:%s", s, ports.values.v[k]));
    }
}

static int fill_builtin(const struct sshd *conf, const struct sshd_option *o,
                        struct sshd_answer *ret)
{
    bool known;
    const char *text = sshd_option_builtin(o, conf->host, &known);
    if (!known)
        return -ENODATA;
    if (!text)
        return 0;
    if (!o->one_line) {
        strings_add(conf->host->arena, &ret->values, text);
        return 0;
    }
    struct str rest = str_of(text), word;
    while (str_next_word(&rest, &word))
        strings_add(conf->host->arena, &ret->values, str_dup(conf->host->arena, word));
    return 0;
}

static int fill_algorithms(const struct sshd *conf, const struct sshd_option *o,
                           struct sshd_answer *ret)
{
    const char *value = ret->values.v[0], *builtin = NULL;
    bool known;
    if (strchr("+-^", *value)) {
        builtin = sshd_option_builtin(o, conf->host, &known);
        if (!known)
            return -ENODATA;
    }
    const char *list = sshd_assemble(conf->program, o, conf->host->arena, value, builtin);
    if (!*list)
        return -EINVAL; /* "An empty name-list is an error" */
    ret->values = (struct strings){0};
    strings_add(conf->host->arena, &ret->values, list);
    return 0;
}

static void rekey_limit(const struct sshd *conf, int option, struct sshd_answer *ret)
{
    struct arena *a = conf->host->arena;
    const struct sshd_setting *global = &conf->global.v[option];
    const char *value = rekey_with(a, ret->values.v[0], global->set ? global->values.v[0] : NULL);
    ret->values = (struct strings){0};
    strings_add(a, &ret->values, rekey_with(a, value, "0 0"));
}

int sshd_query(const struct sshd *conf, const char *keyword, const struct sshd_context *c,
               struct sshd_answer *ret)
{
    int option = sshd_option_find(conf->program, conf->host->release->lineage, keyword, NULL);
    if (option < 0)
        return -ENOENT;
    const struct sshd_option *o = &sshd_options[option];
    if (o->kind == SSHD_IGNORED || o->kind == SSHD_REFUSED || o->kind == SSHD_MATCH ||
        o->kind == SSHD_INCLUDE)
        return -ENOENT;
    const struct sshd_outcome *second = NULL;
    if (c) {
        int r = matched(conf, c, &second);
        if (r < 0)
            return r;
    }
    bool by_match = second && o->in_match && second->v[option].set;
    const struct sshd_setting *s = by_match ? &second->v[option] : &conf->global.v[option];
    struct sshd_answer found = {.matched = by_match};
    int r = 0;
    if (s->set) {
        found.values = s->values;
        found.where = s->where;
        found.lines = s->lines;
        if (o->kind == SSHD_CIPHERS || o->kind == SSHD_MACS || o->kind == SSHD_KEX ||
            o->kind == SSHD_KEY_TYPES)
            r = fill_algorithms(conf, o, &found);
    } else {
        r = fill_builtin(conf, o, &found);
    }
    if (r < 0)
        return r;
    if (o->kind == SSHD_TIME && cstr_eq(o->builtin, "none") && found.values.n &&
        cstr_eq(found.values.v[0], "0")) {
        found.values = (struct strings){0};
        strings_add(conf->host->arena, &found.values, "none");
    }
    if (o->kind == SSHD_REKEY && s->set)
        rekey_limit(conf, option, &found);
    if (o->kind == SSHD_LISTEN)
        listen_addresses(conf, c, &found);
    *ret = found;
    return 0;
}

const char *sshd_value(const struct sshd *conf, const char *keyword, const struct sshd_context *c,
                       const char *otherwise)
{
    struct sshd_answer answer;
    if (sshd_query(conf, keyword, c, &answer) < 0 || !answer.values.n)
        return otherwise;
    return answer.values.v[0];
}

/* To 8.6 ChallengeResponseAuthentication switches keyboard-interactive on as well (sshd.c). */
bool sshd_kbdint_enabled(const struct sshd *conf, const struct sshd_context *c)
{
    if (conf->program->version >= 807)
        return cstr_eq(sshd_value(conf, "KbdInteractiveAuthentication", c, "yes"), "yes");
    int option = sshd_option_find(conf->program, conf->host->release->lineage,
                                  "KbdInteractiveAuthentication", NULL);
    struct sshd_answer answer;
    bool set = option >= 0 && sshd_query(conf, "KbdInteractiveAuthentication", c, &answer) == 0 &&
               answer.where.path && cstr_eq(answer.values.v[0], "yes");
    return set || cstr_eq(sshd_value(conf, "ChallengeResponseAuthentication", c, "yes"), "yes");
}

static bool listed_user(const struct sshd *conf, const char *keyword, const struct sshd_context *c,
                        struct sshd_answer *ret, bool *ret_any)
{
    *ret_any = sshd_query(conf, keyword, c, ret) == 0 && ret->values.n;
    for (size_t i = 0; *ret_any && i < ret->values.n; i++)
        if (sshd_user_pattern(c, ret->values.v[i]) == 1)
            return true;
    return false;
}

static bool listed_group(const struct sshd *conf, const char *keyword, const struct sshd_context *c,
                         struct sshd_answer *ret, bool *ret_any)
{
    *ret_any = sshd_query(conf, keyword, c, ret) == 0 && ret->values.n;
    for (size_t i = 0; *ret_any && i < ret->values.n; i++)
        if (sshd_group_list(conf->host, c->user, ret->values.v[i]))
            return true;
    return false;
}

bool sshd_user_allowed(const struct sshd *conf, const struct sshd_context *c,
                       struct sshd_answer *deciding)
{
    struct sshd_answer answer = {0}, *out = deciding ? deciding : &answer;
    bool any;
    if (listed_user(conf, "DenyUsers", c, out, &any))
        return false;
    if (!listed_user(conf, "AllowUsers", c, out, &any) && any)
        return false;
    if (listed_group(conf, "DenyGroups", c, out, &any))
        return false;
    return listed_group(conf, "AllowGroups", c, out, &any) || !any;
}

bool sshd_name_matches(const char *name, const char *pattern)
{
    return sshd_pattern(name, pattern);
}

int sshd_uses(const struct sshd *conf, const char *keyword, struct sshd_uses *ret)
{
    int option = sshd_option_find(conf->program, conf->host->release->lineage, keyword, NULL);
    if (option < 0)
        return -ENOENT;
    struct sshd_uses found = {0};
    for (size_t i = 0; i < conf->steps.n; i++) {
        const struct sshd_step *step = &conf->steps.v[i];
        if (step->kind == SSHD_STEP_SET && step->option == option)
            vec_push(
                conf->host->arena, &found,
                (struct sshd_use){step->where, step->in_match, step->command_line, step->values});
    }
    *ret = found;
    return 0;
}

bool sshd_first_wins(const struct sshd *conf, const char *keyword)
{
    int option = sshd_option_find(conf->program, conf->host->release->lineage, keyword, NULL);
    return option >= 0 && sshd_options[option].merge == SSHD_FIRST;
}

const char *sshd_main_file(const struct sshd *conf)
{
    return conf->main_file;
}
