#include "cli/format.h"

#include "base/near.h"
#include "base/str.h"

int format_of(const struct invocation *i, const struct report **ret)
{
    const char *name = i->options[OPTION_FORMAT] ? i->options[OPTION_FORMAT] : "text";
    struct strings known = {0};
    *ret = report_find(name);
    if (*ret)
        return 0;
    for (const struct report *const *r = report_all(); *r; r++)
        strings_add(i->arena, &known, (*r)->name);
    struct text near = near_text(i->arena, name, &known);
    const char *all = strings_join(i->arena, &known, ", ", 0);
    return complain(
        i, EXIT_USAGE,
        (struct text){
            arena_printf(i->arena, "unknown format \"%s\"%s; there is: %s", name, near.en, all),
            arena_printf(i->arena, "未知格式“%s”%s；可用：%s", name, near.zh, all)});
}
