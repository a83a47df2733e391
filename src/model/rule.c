#include "model/rule.h"

#include <errno.h>

#include "base/cleanup.h"

static const char *const class_names[] = {
    [CLASS_IMAGE] = "image",
    [CLASS_SETUP] = "setup",
    [CLASS_ACCESS] = "access",
    [CLASS_EVIDENCE] = "evidence",
};

static const char *const risk_names[] = {
    [RISK_NONE] = "none",
    [RISK_SERVICE] = "service",
    [RISK_ACCESS] = "access",
    [RISK_DATA] = "data",
};

static int find(const char *const *names, size_t count, struct str s)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(s, names[i]))
            return (int)i;
    return -EINVAL;
}

const char *rule_class_name(enum rule_class c)
{
    return class_names[c];
}

int rule_class_from_name(struct str s, enum rule_class *ret)
{
    int i = find(class_names, ARRAY_SIZE(class_names), s);
    if (i < 0)
        return i;
    *ret = (enum rule_class)i;
    return 0;
}

const char *risk_name(enum risk r)
{
    return risk_names[r];
}

int risk_from_name(struct str s, enum risk *ret)
{
    int i = find(risk_names, ARRAY_SIZE(risk_names), s);
    if (i < 0)
        return i;
    *ret = (enum risk)i;
    return 0;
}
