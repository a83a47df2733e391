/*
 * nft(8) input: tables, chains, sets, variables and includes.  Rules are kept as text until all is
 * read, since elements may be added to a set after the rule that uses it.
 */
#include "effective/nft_parts.h"

#include <errno.h>

enum { DEPTH_MAX = 16, FILES_MAX = 1000, TOKENS_MAX = 2000000, NAMES_MAX = 2048 };

struct reader {
    struct nft_tokens tokens;
    size_t at;
    const char *path;
};

static const struct nft_token end_token = {.kind = NFT_END};

static const struct nft_token *peek(const struct reader *r)
{
    return r->at < r->tokens.n ? &r->tokens.v[r->at] : &end_token;
}

static bool is(const struct nft_token *t, const char *text)
{
    return t->kind != NFT_STRING && t->kind != NFT_END && str_is(t->text, text);
}

static bool take(struct reader *r, const char *text)
{
    bool found = is(peek(r), text);
    r->at += found;
    return found;
}

static const char *take_word(struct nft *n, struct reader *r)
{
    const struct nft_token *t = peek(r);
    if (t->kind != NFT_WORD && t->kind != NFT_STRING)
        return NULL;
    r->at++;
    return str_dup(n->host->arena, t->text);
}

static void skip_ends(struct reader *r)
{
    while (r->at < r->tokens.n && peek(r)->kind == NFT_END)
        r->at++;
}

static int unreadable(struct nft *n, const struct reader *r)
{
    return err_at(n->why,
                  err_set(n->why, -EINVAL, "a statement of nft that is not understood",
                          "无法理解的 nft 语句"),
                  r->path, peek(r)->line, 0);
}

static const struct nft_define *find_define(const struct nft *n, struct str name)
{
    for (size_t i = n->defines.n; i > 0; i--)
        if (str_eq(n->defines.v[i - 1].name, name))
            return &n->defines.v[i - 1];
    return NULL;
}

/* The rest of a statement, variables replaced; braces may go over lines. */
static int collect(struct nft *n, struct reader *r, struct nft_tokens *ret)
{
    unsigned braces = 0;
    for (; r->at < r->tokens.n; r->at++) {
        struct nft_token t = *peek(r);
        t.path = r->path;
        if (is(&t, "{"))
            braces++;
        if (is(&t, "}") && braces-- == 0)
            return 0; /* ends the block around */
        if (t.kind == NFT_END && !braces)
            return 0;
        if (t.kind == NFT_END)
            continue;
        if (++n->expanded > TOKENS_MAX)
            return unreadable(n, r);
        if (t.kind != NFT_WORD || !str_starts(t.text, "$")) {
            vec_push(n->host->arena, ret, t);
            continue;
        }
        const struct nft_define *d = find_define(n, str_slice(t.text, 1, t.text.n));
        if (!d || d->value.n > TOKENS_MAX - n->expanded)
            return unreadable(n, r); /* nft refuses an unknown variable */
        for (size_t i = 0; i < d->value.n; i++) {
            t = d->value.v[i];
            t.line = peek(r)->line;
            t.path = r->path;
            vec_push(n->host->arena, ret, t);
        }
        n->expanded += d->value.n;
    }
    return 0;
}

static const char *join(struct nft *n, const char *a, const char *b)
{
    return arena_printf(n->host->arena, "%s %s", a, b);
}

static bool is_family(const struct nft_token *t)
{
    return is(t, "ip") || is(t, "ip6") || is(t, "inet") || is(t, "arp") || is(t, "bridge") ||
           is(t, "netdev");
}

/* "[family] table" -> "family table" */
static const char *table_name(struct nft *n, struct reader *r)
{
    const char *family = is_family(peek(r)) ? take_word(n, r) : "ip";
    const char *name = take_word(n, r);
    if (!name)
        return NULL;
    const char *full = join(n, family, name);
    for (size_t i = 0; i < n->tables.n; i++)
        if (cstr_eq(n->tables.v[i].name, full))
            return full;
    vec_push(n->host->arena, &n->tables, (struct nft_table){full, family});
    return full;
}

static struct packet_chain *chain_of(struct nft *n, const char *table, const char *name)
{
    const char *full = join(n, table, name);
    struct packet_chain *c = packet_chain_get(n->filter, full);
    if (c)
        return c;
    c = packet_chain_add(n->filter, full);
    bool both = cstr_starts(table, "inet ") || cstr_starts(table, "netdev ");
    c->v4 = both || cstr_starts(table, "ip ");
    c->v6 = both || cstr_starts(table, "ip6 ");
    return c;
}

static struct nft_set *set_of(struct nft *n, const char *table, const char *name)
{
    const char *full = join(n, table, name);
    for (size_t i = 0; i < n->sets.n; i++)
        if (cstr_eq(n->sets.v[i].name, full))
            return &n->sets.v[i];
    vec_push(n->host->arena, &n->sets, (struct nft_set){.name = full});
    return &n->sets.v[n->sets.n - 1];
}

const struct nft_set *nft_set_find(const struct nft *n, const char *name)
{
    for (size_t i = 0; i < n->sets.n; i++)
        if (cstr_eq(n->sets.v[i].name, name))
            return &n->sets.v[i];
    return NULL;
}

/* ---- chains ---- */

/* "type filter hook input device eth0 priority 0" */
static int chain_type(struct nft *n, struct reader *r, struct packet_chain *c, bool *ret_ingress)
{
    struct nft_tokens t = {0};
    int code = collect(n, r, &t);
    for (size_t i = 0; code == 0 && i + 1 < t.n; i++) {
        if (!is(&t.v[i], "hook"))
            continue;
        const struct nft_token *hook = &t.v[i + 1];
        *ret_ingress = is(hook, "ingress");
        c->base = is(hook, "input") || is(hook, "prerouting") || *ret_ingress;
        c->early = c->base && !is(hook, "input");
        c->where = (struct where){hook->path, hook->line};
    }
    return code;
}

static int chain_policy(struct nft *n, struct reader *r, struct packet_chain *c)
{
    struct nft_tokens t = {0};
    unsigned line = peek(r)->line;
    int code = collect(n, r, &t);
    if (code < 0 || t.n != 1)
        return code < 0 ? code : unreadable(n, r);
    c->policy = is(&t.v[0], "accept") ? VERDICT_ACCEPT : VERDICT_DROP;
    c->where = (struct where){r->path, line};
    return 0;
}

static int keep_rule(struct nft *n, struct reader *r, const char *table, const char *chain,
                     bool first, bool doubtful)
{
    int64_t order = (int64_t)n->rules.n;
    struct nft_rule_text text = {table, chain, {0}, doubtful, first ? -order : order};
    int code = collect(n, r, &text.tokens);
    if (code == 0 && text.tokens.n)
        vec_push(n->host->arena, &n->rules, text);
    return code;
}

static int chain_block(struct nft *n, struct reader *r, const char *table, const char *name)
{
    struct packet_chain *c = chain_of(n, table, name);
    const char *full = c->name;
    bool ingress = false;
    int code = 0;
    for (;;) {
        skip_ends(r);
        if (take(r, "}"))
            return 0;
        if (r->at >= r->tokens.n)
            return unreadable(n, r);
        struct nft_tokens ignored = {0};
        if (take(r, "type"))
            code = chain_type(n, r, c, &ingress);
        else if (take(r, "policy"))
            code = chain_policy(n, r, c);
        else if (is(peek(r), "comment") || is(peek(r), "flags") || is(peek(r), "devices"))
            code = collect(n, r, &ignored);
        else
            code = keep_rule(n, r, table, full, false, ingress);
        if (code < 0)
            return code;
    }
}

/* ---- sets ---- */

static void add_elements(struct nft *n, struct nft_set *s, const struct nft_tokens *t)
{
    static const struct nft_token comma = {.kind = NFT_SIGN, .text = {",", 1}};
    if (s->elements.n)
        vec_push(n->host->arena, &s->elements, comma);
    for (size_t i = 0; i < t->n; i++)
        if (!is(&t->v[i], "{") && !is(&t->v[i], "}"))
            vec_push(n->host->arena, &s->elements, t->v[i]);
}

static int set_block(struct nft *n, struct reader *r, const char *table, const char *name)
{
    struct nft_set *s = set_of(n, table, name);
    for (;;) {
        skip_ends(r);
        if (take(r, "}"))
            return 0;
        if (r->at >= r->tokens.n)
            return unreadable(n, r);
        bool elements = take(r, "elements");
        struct nft_tokens t = {0};
        if (elements)
            (void)take(r, "=");
        int code = collect(n, r, &t);
        if (code < 0)
            return code;
        if (elements)
            add_elements(n, s, &t);
    }
}

/* ---- statements ---- */

static int skip_object(struct nft *n, struct reader *r)
{
    struct nft_tokens ignored = {0};
    return collect(n, r, &ignored);
}

static bool is_object(const struct nft_token *t)
{
    static const char *const words[] = {"flowtable", "counter", "quota",    "limit",
                                        "ct",        "secmark", "synproxy", "comment"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is(t, words[i]))
            return true;
    return false;
}

static void no_base(struct nft *n, const char *table)
{
    const char *prefix = arena_printf(n->host->arena, "%s ", table);
    vec_each (c, &n->filter->chains)
        if (cstr_starts(c->name, prefix))
            c->base = false;
}

static int define(struct nft *n, struct reader *r)
{
    const char *name = take_word(n, r);
    struct nft_define d = {.name = str_of(name)};
    if (!name || !take(r, "="))
        return unreadable(n, r);
    int code = collect(n, r, &d.value);
    if (n->defines.n > NAMES_MAX)
        return unreadable(n, r);
    if (code == 0)
        vec_push(n->host->arena, &n->defines, d);
    return code;
}

static int read_file(struct nft *n, const char *path, const struct str *text);

/* Plain names are looked up in /etc (nft -I); a pattern may match nothing. */
static int include(struct nft *n, struct reader *r)
{
    const char *pattern = take_word(n, r);
    struct strings found = {0};
    if (!pattern)
        return unreadable(n, r);
    if (*pattern != '/')
        pattern = arena_printf(n->host->arena, "/etc/%s", pattern);
    struct file_info info;
    if (root_stat(n->host->root, pattern, &info) == 0 && S_ISDIR(info.mode))
        pattern = arena_printf(n->host->arena, "%s/*", pattern);
    int code = root_glob(n->host->root, pattern, &found);
    if (code == 0 && !found.n && !strpbrk(pattern, "*?[")) {
        if (n->why)
            n->why->message = root_error_text(n->host->root, pattern, -ENOENT);
        return err_at(n->why, -EINVAL, r->path, peek(r)->line, 0);
    }
    for (size_t i = 0; code == 0 && i < found.n; i++)
        code = read_file(n, found.v[i], NULL);
    return code;
}

static int statement(struct nft *n, struct reader *r, const char *table, bool *ret_dormant);

static int table_block(struct nft *n, struct reader *r, const char *table)
{
    bool dormant = false;
    for (;;) {
        skip_ends(r);
        if (take(r, "}"))
            break;
        if (r->at >= r->tokens.n)
            return unreadable(n, r);
        int code = statement(n, r, table, &dormant);
        if (code < 0)
            return code;
    }
    if (dormant)
        no_base(n, table);
    return 0;
}

static int rule_statement(struct nft *n, struct reader *r, bool first)
{
    const char *table = table_name(n, r), *name = take_word(n, r);
    if (!table || !name)
        return unreadable(n, r);
    if (is(peek(r), "position") || is(peek(r), "handle") || is(peek(r), "index"))
        return unreadable(n, r);
    return keep_rule(n, r, table, chain_of(n, table, name)->name, first, false);
}

/* chain, set, map and element: "NAME { … }" in a table block, else "[family] table NAME …" */
static int member(struct nft *n, struct reader *r, const char *table, const char *what)
{
    if (!table)
        table = table_name(n, r);
    const char *name = table ? take_word(n, r) : NULL;
    if (!name)
        return unreadable(n, r);
    if (cstr_eq(what, "element")) {
        struct nft_tokens t = {0};
        int code = collect(n, r, &t);
        if (code == 0)
            add_elements(n, set_of(n, table, name), &t);
        return code;
    }
    bool chain = cstr_eq(what, "chain");
    if (chain)
        (void)chain_of(n, table, name);
    else
        (void)set_of(n, table, name);
    skip_ends(r);
    if (n->filter->chains.n > NAMES_MAX || n->sets.n > NAMES_MAX || n->tables.n > NAMES_MAX)
        return unreadable(n, r);
    if (!take(r, "{"))
        return 0;
    return chain ? chain_block(n, r, table, name) : set_block(n, r, table, name);
}

static void drop_rules(struct nft *n, const char *prefix)
{
    size_t kept = 0;
    for (size_t i = 0; i < n->rules.n; i++)
        if (strncmp(n->rules.v[i].chain, prefix, strlen(prefix)) != 0)
            n->rules.v[kept++] = n->rules.v[i];
    n->rules.n = kept;
}

static void drop_chains(struct nft *n, const char *prefix)
{
    size_t kept = 0;
    for (size_t i = 0; i < n->filter->chains.n; i++)
        if (!cstr_starts(n->filter->chains.v[i].name, prefix))
            n->filter->chains.v[kept++] = n->filter->chains.v[i];
    n->filter->chains.n = kept;
}

/* flush and delete of what an earlier line made; the kernel is empty when a boot loads the file */
static int remove_statement(struct nft *n, struct reader *r, bool flush)
{
    if (flush && take(r, "ruleset")) {
        n->rules.n = n->filter->chains.n = n->sets.n = 0;
        return skip_object(n, r);
    }
    if (!take(r, "table"))
        return unreadable(n, r);
    const char *table = table_name(n, r);
    if (!table)
        return unreadable(n, r);
    const char *prefix = arena_printf(n->host->arena, "%s ", table);
    drop_rules(n, prefix);
    if (!flush)
        drop_chains(n, prefix);
    return 0;
}

static int statement(struct nft *n, struct reader *r, const char *table, bool *ret_dormant)
{
    bool insert = false;
    if (take(r, "include"))
        return include(n, r);
    if (take(r, "define") || take(r, "redefine"))
        return define(n, r);
    if (take(r, "flush"))
        return remove_statement(n, r, true);
    if (take(r, "delete") || take(r, "destroy"))
        return remove_statement(n, r, false);
    if (!take(r, "add") && !take(r, "create"))
        insert = take(r, "insert");
    if (table && take(r, "flags")) {
        *ret_dormant = is(peek(r), "dormant");
        return skip_object(n, r);
    }
    if (!table && take(r, "table")) {
        const char *name = table_name(n, r);
        skip_ends(r);
        return !name ? unreadable(n, r) : take(r, "{") ? table_block(n, r, name) : 0;
    }
    if (take(r, "rule"))
        return rule_statement(n, r, insert);
    static const char *const members[] = {"chain", "set", "map", "element"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (take(r, members[i]))
            return member(n, r, table, members[i]);
    if (is_object(peek(r)))
        return skip_object(n, r);
    return unreadable(n, r);
}

static int read_file(struct nft *n, const char *path, const struct str *text)
{
    struct str bytes;
    struct reader r = {.path = path};
    unsigned line = 0;
    if (n->depth >= DEPTH_MAX || ++n->files > FILES_MAX)
        return unreadable(n, &r);
    int code = 0;
    if (text)
        bytes = *text;
    else
        code = root_read(n->host->root, path, &bytes);
    if (code < 0) {
        if (n->why)
            n->why->message = root_error_text(n->host->root, path, code);
        return code;
    }
    if (nft_scan(n->host->arena, bytes, &r.tokens, &line) < 0)
        return unreadable(n, &r);
    n->depth++;
    for (skip_ends(&r); code == 0 && r.at < r.tokens.n; skip_ends(&r)) {
        bool dormant;
        size_t before = r.at;
        code = statement(n, &r, NULL, &dormant);
        if (code == 0 && r.at == before)
            code = unreadable(n, &r);
    }
    n->depth--;
    return code;
}

static int by_order(const void *a, const void *b)
{
    const struct nft_rule_text *one = a, *other = b;
    return (one->order > other->order) - (one->order < other->order);
}

int firewall_load_nft(struct host *h, const char *path, const struct str *text,
                      struct packet_filter *ret, struct err *why)
{
    struct nft n = {.host = h, .filter = ret, .why = why};
    ret->arena = h->arena;
    int code = read_file(&n, path, text);
    if (code < 0)
        return code;
    if (n.rules.n)
        qsort(n.rules.v, n.rules.n, sizeof *n.rules.v, by_order);
    for (size_t i = 0; i < n.rules.n; i++) {
        struct packet_chain *chain = packet_chain_get(ret, n.rules.v[i].chain);
        if (chain)
            nft_compile(&n, &n.rules.v[i], chain);
    }
    code = packet_filter_link(ret);
    return code < 0 ? err_set(why, code, "too many chains", "链过多") : 0;
}
