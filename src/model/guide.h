/*
 * The 2025 guide for high-risk judgments (《网络安全等级保护测评高风险判定实施指引（试行）》,
 * 公网安〔2025〕2391号, chapter 6) and the triggers of major hidden dangers (重大风险隐患触发项,
 * appendix G of the 2025 report template), as far as they concern a host.  Which rule belongs to
 * which case is said by the policy (`high-risk:`, `trigger:`), not here.
 */
#pragma once

#include "base/text.h"

struct guide_case {
    const char *number;     /* "6.4.1.1" */
    struct text title;      /* of the case */
    struct text mitigation; /* what the guide accepts as lowering the risk */
};

struct guide_trigger {
    const char *code; /* "A-18" */
    struct text title;
};

/* NULL: not one that concerns a host, or `number` is NULL. */
const struct guide_case *guide_case_find(const char *number);
const struct guide_trigger *guide_trigger_find(const char *code);
