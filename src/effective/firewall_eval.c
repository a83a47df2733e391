/* A packet on its way through the chains; every chain is judged once per packet. */
#include "effective/firewall.h"

#include <netinet/in.h>

#include "base/cleanup.h"
#include "base/mem.h"

enum { DEPTH_MAX = 200, JUDGING = 255 };

/* What can become of the packet in a chain; "may" where a match was in doubt. */
enum {
    ACCEPTS = 1,
    MAY_ACCEPT = 2,
    DROPS = 4, /* or may drop */
    FALLS = 8, /* to the end of the chain or a return */
    MAY_FALL = 16,
};

enum trit { NO, SOMETIMES, MAYBE, YES };

struct walk {
    const struct packet_filter *filter;
    const struct packet *packet;
    unsigned char *outcome; /* per chain; 0: not yet, JUDGING: on the way */
    struct where doubt, drop;
};

static enum trit in_range(const struct packet_value *v, const unsigned char *bytes)
{
    return memcmp(v->lo, bytes, 16) <= 0 && memcmp(bytes, v->hi, 16) <= 0 ? YES : NO;
}

static enum trit number_in(const struct packet_value *v, unsigned n)
{
    return in_range(v, packet_number(n, n).lo);
}

/* The address here is neither loopback nor multicast; a range of all addresses holds for sure. */
static enum trit local_in(const struct packet *p, const struct packet_value *v)
{
    static const unsigned char ones[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                                           255, 255, 255, 255, 255, 255, 255, 255},
                               none[16] = {0};
    size_t n = p->family == 4 ? 4 : 16;
    static const unsigned char loop6[16] = {[15] = 1};
    if (v->family != p->family)
        return NO;
    if (memcmp(v->lo, none, n) == 0 && memcmp(v->hi, ones, n) == 0)
        return YES;
    if (n == 4 ? (v->lo[0] == 127 && v->hi[0] == 127) || v->lo[0] >= 224
               : memcmp(v->hi, loop6, 16) <= 0 || v->lo[0] == 255)
        return NO;
    return MAYBE;
}

static enum trit field_holds(const struct walk *w, enum packet_field field,
                             const struct packet_value *v)
{
    const struct packet *p = w->packet;
    switch (field) {
    case FIELD_SOURCE:
        return v->family == p->family ? in_range(v, p->address) : NO;
    case FIELD_LOCAL:
        return local_in(p, v);
    case FIELD_PORT:
        return number_in(v, p->port);
    case FIELD_PROTOCOL:
        return number_in(v, IPPROTO_TCP);
    case FIELD_FAMILY:
        return number_in(v, p->family);
    case FIELD_INTERFACE: {
        size_t n = strlen(v->name);
        bool open = n && v->name[n - 1] == '*';
        return (open ? strncmp(v->name, p->interface, n - 1) == 0
                     : strcmp(v->name, p->interface) == 0)
                   ? YES
                   : NO;
    }
    case FIELD_STATE:
        if (cstr_eq_nocase(v->name, "new"))
            return w->filter->untracked ? MAYBE : YES;
        return cstr_eq_nocase(v->name, "untracked") && w->filter->untracked ? MAYBE : NO;
    case FIELD_FLAGS:
        return (2U & v->lo[15]) == v->hi[15] ? YES : NO;
    case FIELD_ALWAYS:
        return YES;
    case FIELD_SOMETIMES:
        return SOMETIMES;
    default:
        return MAYBE;
    }
}

static enum trit match_holds(const struct walk *w, const struct packet_match *m)
{
    enum trit any = NO;
    for (size_t row = 0; row < m->rows && any != YES; row++) {
        enum trit all = YES;
        for (size_t k = 0; k < m->fields && all != NO; k++) {
            enum trit one = field_holds(w, m->field[k], &m->value[row * m->fields + k]);
            all = one < all ? one : all;
        }
        any = all > any ? all : any;
    }
    if (!m->negated)
        return any;
    return any == YES ? NO : any == NO ? YES : any;
}

static unsigned doubtful(unsigned outcome)
{
    return (outcome & (ACCEPTS | MAY_ACCEPT) ? MAY_ACCEPT : 0U) | (outcome & DROPS) |
           (outcome & (FALLS | MAY_FALL) ? MAY_FALL : 0U);
}

static unsigned chain_outcome(struct walk *w, size_t target, unsigned depth);

static unsigned verdict_outcome(struct walk *w, const struct packet_rule *r, unsigned depth)
{
    switch (r->verdict) {
    case VERDICT_ACCEPT:
        return ACCEPTS;
    case VERDICT_DROP:
        if (!w->drop.path)
            w->drop = r->where;
        return DROPS;
    case VERDICT_RETURN:
        return FALLS;
    case VERDICT_JUMP:
    case VERDICT_GOTO:
        return chain_outcome(w, r->target, depth + 1);
    default:
        if (!w->doubt.path)
            w->doubt = r->where;
        return MAY_ACCEPT | DROPS | MAY_FALL;
    }
}

static unsigned rules_outcome(struct walk *w, const struct packet_chain *c, unsigned depth)
{
    unsigned outcome = 0;
    bool sure = true;
    for (size_t i = 0; i < c->rules.n; i++) {
        const struct packet_rule *r = &c->rules.v[i];
        enum trit holds = YES;
        for (size_t k = 0; k < r->matches.n && holds != NO; k++) {
            enum trit one = match_holds(w, &r->matches.v[k]);
            holds = one < holds ? one : holds;
        }
        /* SOMETIMES < MAYBE: a rule with both is in doubt as well */
        bool doubt = holds == MAYBE;
        for (size_t k = 0; holds == SOMETIMES && !doubt && k < r->matches.n; k++)
            doubt = match_holds(w, &r->matches.v[k]) == MAYBE;
        if (holds == NO || r->verdict == VERDICT_NONE)
            continue;
        if (doubt && !w->doubt.path)
            w->doubt = r->where;
        unsigned got = verdict_outcome(w, r, depth);
        bool falls_here = r->verdict == VERDICT_JUMP || r->verdict == VERDICT_DOUBT;
        unsigned ends = falls_here ? got & ~(unsigned)(FALLS | MAY_FALL) : got;
        outcome |= sure && !doubt ? ends : doubtful(ends);
        if (holds != YES) { /* it may as well go on: surely so where a limit decides */
            sure = sure && !doubt;
            continue;
        }
        if (!falls_here || !(got & (FALLS | MAY_FALL)))
            return outcome;
        if (!(got & FALLS))
            sure = false;
    }
    return outcome | (sure ? FALLS : MAY_FALL);
}

static unsigned chain_outcome(struct walk *w, size_t target, unsigned depth)
{
    if (!target || target > w->filter->chains.n || depth > DEPTH_MAX ||
        w->outcome[target - 1] == JUDGING) /* no such chain, or a loop: the kernel refuses both */
        return MAY_ACCEPT | DROPS | MAY_FALL;
    unsigned char *outcome = &w->outcome[target - 1];
    if (!*outcome) {
        *outcome = JUDGING;
        *outcome = (unsigned char)rules_outcome(w, &w->filter->chains.v[target - 1], depth);
    }
    return *outcome;
}

static enum firewall_answer base_answer(struct walk *w, size_t index)
{
    const struct packet_chain *c = &w->filter->chains.v[index];
    unsigned outcome = chain_outcome(w, index + 1, 0);
    unsigned falls = outcome & (FALLS | MAY_FALL);
    outcome &= ACCEPTS | MAY_ACCEPT | DROPS;
    if (falls && c->policy == VERDICT_ACCEPT)
        outcome |= falls & FALLS ? ACCEPTS : MAY_ACCEPT;
    else if (falls) {
        outcome |= DROPS;
        if (!w->drop.path)
            w->drop = c->where;
    }
    if (!(outcome & (ACCEPTS | MAY_ACCEPT)))
        return FIREWALL_BLOCKED;
    return outcome & ACCEPTS || !(outcome & DROPS) ? FIREWALL_REACHED : FIREWALL_UNDECIDED;
}

enum firewall_answer packet_filter_judge(const struct packet_filter *f, const struct packet *p,
                                         struct where *ret_where)
{
    _cleanup_free_ unsigned char *outcome = mem_alloc(f->chains.n + 1);
    enum firewall_answer answer = FIREWALL_REACHED;
    *ret_where = (struct where){0};
    for (size_t i = 0; i < f->chains.n; i++) {
        const struct packet_chain *c = &f->chains.v[i];
        if (!c->base || !(p->family == 4 ? c->v4 : c->v6))
            continue;
        struct walk w = {.filter = f, .packet = p, .outcome = outcome};
        enum firewall_answer one = base_answer(&w, i);
        if (one == FIREWALL_BLOCKED && c->early && f->redirects) {
            one = FIREWALL_UNDECIDED;
            w.doubt = w.drop;
        }
        if (one == FIREWALL_BLOCKED) {
            *ret_where = w.drop;
            return one;
        }
        if (one == FIREWALL_UNDECIDED && answer == FIREWALL_REACHED) {
            answer = one;
            *ret_where = w.doubt;
        }
    }
    return answer;
}
