/*
 * All source addresses at once: the ranges that the rules name cut the address space into pieces
 * that are treated alike, so the first address of each piece speaks for it; likewise one interface
 * of each name, and one of a name that nobody mentions.
 */
#include "effective/firewall.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/mem.h"

enum { PIECES_MAX = 4096, WORK_MAX = 50 << 20, SOURCES_MAX = 64 };

/* Not arbitrary: private, loopback, link-local, multicast, reserved (RFC 6890). */
static const char *const not_public[] = {
    "0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10", "127.0.0.0/8",
    "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",  "192.0.2.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",   "198.51.100.0/24",
    "203.0.113.0/24", "::/3",          "4000::/2",      "8000::/1",
};

struct edge {
    unsigned char at[16];
};

struct pieces {
    struct edge *v;
    size_t n, cap;
};

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct edge));
}

/* The next address; false behind the last. */
static bool after(unsigned char *at, size_t n)
{
    for (size_t i = n; i-- > 0;)
        if (++at[i])
            return true;
    return false;
}

static void add_edges(struct arena *a, struct pieces *p, const struct packet_value *v,
                      unsigned family)
{
    struct edge e;
    if (v->family != family)
        return;
    memcpy(e.at, v->lo, 16);
    vec_push(a, p, e);
    memcpy(e.at, v->hi, 16);
    if (after(e.at, family == 4 ? 4 : 16))
        vec_push(a, p, e);
}

struct survey {
    struct arena *arena;
    unsigned family;
    struct pieces pieces;
    struct strings interfaces;
    size_t rows; /* work of judging one packet */
};

static void survey_match(struct survey *s, const struct packet_match *m)
{
    s->rows += m->rows * m->fields;
    for (size_t i = 0; i < m->rows * m->fields; i++) {
        const struct packet_value *v = &m->value[i];
        enum packet_field field = m->field[i % m->fields];
        if (field == FIELD_SOURCE)
            add_edges(s->arena, &s->pieces, v, s->family);
        else if (field == FIELD_INTERFACE && strcmp(v->name, "lo") != 0) {
            const char *name = v->name;
            size_t n = strlen(name);
            if (n && name[n - 1] == '*') /* one that matches the pattern */
                name = arena_printf(s->arena, "%.*s0", (int)n - 1, name);
            if (strings_find(&s->interfaces, name) < 0 && s->interfaces.n < 64)
                strings_add(s->arena, &s->interfaces, name);
        }
    }
}

static int survey_all(struct survey *s, const struct firewalls *all)
{
    struct edge first = {0};
    vec_push(s->arena, &s->pieces, first);
    strings_add(s->arena, &s->interfaces, "\x01"); /* one that no rule names */
    for (size_t i = 0; i < ARRAY_SIZE(not_public); i++) {
        struct packet_value v;
        if (packet_address(str_of(not_public[i]), &v) == 0)
            add_edges(s->arena, &s->pieces, &v, s->family);
    }
    vec_each (w, &all->list)
        vec_each (c, &w->filter.chains)
            vec_each (r, &c->rules) {
                s->rows++;
                vec_each (m, &r->matches)
                    survey_match(s, m);
            }
    qsort(s->pieces.v, s->pieces.n, sizeof *s->pieces.v, compare);
    size_t n = 1;
    for (size_t i = 1; i < s->pieces.n; i++)
        if (compare(&s->pieces.v[n - 1], &s->pieces.v[i]) != 0)
            s->pieces.v[n++] = s->pieces.v[i];
    s->pieces.n = n;
    return n > PIECES_MAX || n * s->interfaces.n * (s->rows + 1) > WORK_MAX ? -E2BIG : 0;
}

/* One packet through all filters: each has to let it in. */
static enum firewall_answer judge(const struct firewalls *all, const struct packet *p,
                                  const struct firewall **ret_by, struct where *ret)
{
    enum firewall_answer answer = FIREWALL_REACHED;
    for (size_t i = 0; i < all->list.n; i++) {
        const struct firewall *w = &all->list.v[i];
        struct where where = w->where;
        if (!(p->family == 4 ? w->v4 : w->v6))
            continue;
        enum firewall_answer one =
            w->problem.en ? FIREWALL_UNDECIDED : packet_filter_judge(&w->filter, p, &where);
        if (one == FIREWALL_BLOCKED || (one == FIREWALL_UNDECIDED && answer == FIREWALL_REACHED)) {
            answer = one;
            *ret_by = w;
            *ret = where;
        }
        if (one == FIREWALL_BLOCKED)
            break;
    }
    return answer;
}

struct sum {
    double reached, undecided; /* public addresses, as a share of all of the family */
    const struct firewall *blocked_by, *undecided_by;
    struct where blocked_at, undecided_at;
    const char *differs; /* an interface by which the answer is another one */
};

static bool is_public(const struct edge *e, unsigned family)
{
    for (size_t i = 0; i < ARRAY_SIZE(not_public); i++) {
        struct packet_value v;
        if (packet_address(str_of(not_public[i]), &v) == 0 && v.family == family &&
            memcmp(v.lo, e->at, 16) <= 0 && memcmp(e->at, v.hi, 16) <= 0)
            return false;
    }
    return true;
}

static double position(const unsigned char *at)
{
    double sum = 0, unit = 1;
    for (int i = 0; i < 8; i++)
        sum += at[i] * (unit /= 256);
    return sum;
}

static void before(unsigned char *at, size_t n)
{
    for (size_t i = n; i-- > 0;)
        if (at[i]--)
            return;
}

static const char *range_text(struct arena *a, unsigned family, const unsigned char *lo,
                              const unsigned char *hi)
{
    char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
    int af = family == 4 ? AF_INET : AF_INET6;
    unsigned width = family == 4 ? 32 : 128;
    (void)inet_ntop(af, lo, from, sizeof from);
    (void)inet_ntop(af, hi, to, sizeof to);
    for (unsigned bits = 0; bits <= width; bits++) {
        struct packet_value v;
        const char *text = arena_printf(a, "%s/%u", from, bits);
        if (packet_address(str_of(text), &v) == 0 && memcmp(v.lo, lo, 16) == 0 &&
            memcmp(v.hi, hi, 16) == 0)
            return bits == width ? arena_strdup(a, from) : text;
    }
    return arena_printf(a, "%s-%s", from, to);
}

/* Neighbours that are let in become one source. */
static void add_sources(struct arena *a, const struct survey *s, const bool *in,
                        struct strings *ret)
{
    size_t n = s->family == 4 ? 4 : 16;
    for (size_t i = 0; i < s->pieces.n; i++) {
        if (!in[i])
            continue;
        size_t k = i;
        unsigned char last[16];
        while (k + 1 < s->pieces.n && in[k + 1])
            k++;
        memset(last, 0, sizeof last);
        memset(last, 255, n);
        if (k + 1 < s->pieces.n) {
            memcpy(last, s->pieces.v[k + 1].at, 16);
            before(last, n);
        }
        const char *text = range_text(a, s->family, s->pieces.v[i].at, last);
        if (ret->n < SOURCES_MAX && strings_find(ret, text) < 0)
            strings_add(a, ret, text);
        i = k;
    }
}

static enum firewall_answer judge_piece(const struct survey *s, const struct firewalls *all,
                                        size_t i, unsigned port, struct sum *sum)
{
    struct packet p = {.family = s->family, .port = port};
    enum firewall_answer answer = FIREWALL_BLOCKED;
    bool differs = false;
    memcpy(p.address, s->pieces.v[i].at, 16);
    for (size_t k = 0; k < s->interfaces.n && !differs; k++) {
        const struct firewall *by = NULL;
        struct where where = {0};
        p.interface = s->interfaces.v[k];
        enum firewall_answer one = judge(all, &p, &by, &where);
        if (one == FIREWALL_BLOCKED && !sum->blocked_by) {
            sum->blocked_by = by;
            sum->blocked_at = where;
        }
        if (one == FIREWALL_UNDECIDED && !sum->undecided_by) {
            sum->undecided_by = by;
            sum->undecided_at = where;
        }
        if (k > 0 && one != answer) { /* which interface leads outside, the rules do not say */
            sum->differs = p.interface;
            differs = true;
            one = FIREWALL_UNDECIDED;
        }
        answer = one;
    }
    return answer;
}

static void reach_text(struct arena *a, const struct sum *sum, struct firewall_reach *ret)
{
    const struct firewall *by = sum->undecided_by;
    if (sum->differs)
        ret->reason = text_make(a,
                                "the rules treat interface %s differently; which interface leads "
                                "outside cannot be told",
                                "规则对接口 %s 的处理不同；无法判断哪个接口通向外部",
                                *sum->differs == 1 ? "-" : sum->differs);
    else if (by && by->problem.en)
        ret->reason = by->problem;
    else if (by)
        ret->reason =
            text_make(a, "a rule of %s cannot be decided", "%s 的一条规则无法判定", by->name);
    ret->where = sum->undecided_at;
    ret->mechanism = by ? by->name : NULL;
}

void firewall_reach(struct host *h, const struct firewalls *all, unsigned family, unsigned port,
                    struct firewall_reach *ret)
{
    struct survey s = {.arena = h->arena, .family = family};
    struct sum sum = {0};
    struct firewall_reach reach = {0};
    if (survey_all(&s, all) < 0) {
        reach.arbitrary = FIREWALL_UNDECIDED;
        reach.reason = TEXT("the rules name too many addresses and interfaces to look at all",
                            "规则涉及的地址和接口过多，无法逐一判断");
        *ret = reach;
        return;
    }
    _cleanup_free_ bool *in = mem_alloc(s.pieces.n * sizeof(bool));
    for (size_t i = 0; i < s.pieces.n; i++) {
        double share =
            (i + 1 < s.pieces.n ? position(s.pieces.v[i + 1].at) : 1) - position(s.pieces.v[i].at);
        enum firewall_answer one = judge_piece(&s, all, i, port, &sum);
        in[i] = one == FIREWALL_REACHED;
        if (!is_public(&s.pieces.v[i], family))
            continue;
        sum.reached += one == FIREWALL_REACHED ? share : 0;
        sum.undecided += one == FIREWALL_UNDECIDED ? share : 0;
    }
    double most = family == 4 ? 1.0 / 256 : 1.0 / 65536;
    reach.arbitrary = sum.reached > most                   ? FIREWALL_REACHED
                      : sum.reached + sum.undecided > most ? FIREWALL_UNDECIDED
                                                           : FIREWALL_BLOCKED;
    if (reach.arbitrary == FIREWALL_UNDECIDED)
        reach_text(h->arena, &sum, &reach);
    else if (reach.arbitrary == FIREWALL_BLOCKED) {
        reach.mechanism = sum.blocked_by ? sum.blocked_by->name : NULL;
        reach.where = sum.blocked_at;
        add_sources(h->arena, &s, in, &reach.sources);
    }
    *ret = reach;
}
