#include "report/report.h"

#include "base/cleanup.h"
#include "base/str.h"

#define REPORT(name) extern const struct report report_##name;
#include "report/table.h"
#undef REPORT

static const struct report *const table[] = {
#define REPORT(name) &report_##name,
#include "report/table.h"
#undef REPORT
    NULL,
};

const struct report *const *report_all(void)
{
    return table;
}

const struct report *report_find(const char *name)
{
    for (size_t i = 0; table[i]; i++)
        if (cstr_eq(table[i]->name, name))
            return table[i];
    return NULL;
}
