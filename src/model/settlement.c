#include "model/settlement.h"

#include "base/str.h"

static const struct {
    const char *name;
    struct text text;
} kinds[] = {
    [SETTLEMENT_WAIVER] = {"waiver", {"waiver", "豁免"}},
    [SETTLEMENT_EVIDENCE] = {"evidence", {"evidence", "举证"}},
};

static const struct {
    const char *name;
    struct text text;
} states[SETTLEMENT_STATES] = {
    [SETTLEMENT_IN_FORCE] = {"in-force", {"in force", "有效"}},
    [SETTLEMENT_EXPIRING] = {"expiring", {"expiring", "即将到期"}},
    [SETTLEMENT_EXPIRED] = {"expired", {"EXPIRED", "已过期"}},
    [SETTLEMENT_TAMPERED] = {"tampered", {"TAMPERED", "证据已变"}},
    [SETTLEMENT_UNKNOWN] = {"unknown-target", {"UNKNOWN TARGET", "对象不存在"}},
    [SETTLEMENT_INVALID] = {"invalid", {"INVALID", "无效"}},
};

const char *settlement_kind_name(enum settlement_kind k)
{
    return kinds[k].name;
}

const char *settlement_state_name(enum settlement_state s)
{
    return states[s].name;
}

struct text settlement_kind_text(enum settlement_kind k)
{
    return kinds[k].text;
}

struct text settlement_state_text(enum settlement_state s)
{
    return states[s].text;
}

struct settlement *settlement_find(const struct settlements *all, enum settlement_kind kind,
                                   const char *target)
{
    for (size_t i = 0; all && i < all->n; i++)
        if (all->v[i].kind == kind && settlement_holds(&all->v[i]) &&
            cstr_eq(all->v[i].target, target))
            return &all->v[i];
    return NULL;
}
