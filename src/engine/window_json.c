#include "engine/window.h"

json_t *window_json(const struct txn_window *w)
{
    json_t *by = json_pack("{s:I, s:I, s:I, s:I, s:s?, s:s?, s:b}", "audit_session",
                           (json_int_t)w->by.audit_session, "pid", (json_int_t)w->by.pid,
                           "started_ms", (json_int_t)w->by.started_ms, "uid", (json_int_t)w->by.uid,
                           "service", w->by.service, "client", w->by.client, "local", w->by.local);
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "boot", w->boot.kernel, "first_start",
                     (json_int_t)w->boot.first_start, "deadline_ms", (json_int_t)w->deadline_ms,
                     "effective_ms", (json_int_t)w->effective_ms, "within", (json_int_t)w->within,
                     "by", by);
}

static const char *text_or_null(struct arena *a, const json_t *j, const char *name)
{
    const char *s = json_string_value(json_object_get(j, name));
    return s ? arena_strdup(a, s) : NULL;
}

bool window_from_json(struct arena *a, const json_t *j, struct txn_window *ret)
{
    const char *kernel;
    json_int_t first, deadline, effective, within, audit, pid, started, uid;
    json_t *by;
    int local;
    if (json_unpack((json_t *)j, "{s:s, s:I, s:I, s:I, s:I, s:o}", "boot", &kernel, "first_start",
                    &first, "deadline_ms", &deadline, "effective_ms", &effective, "within", &within,
                    "by", &by) < 0 ||
        json_unpack(by, "{s:I, s:I, s:I, s:I, s:b}", "audit_session", &audit, "pid", &pid,
                    "started_ms", &started, "uid", &uid, "local", &local) < 0)
        return false;
    *ret = (struct txn_window){.boot = {arena_strdup(a, kernel), first},
                               .deadline_ms = deadline,
                               .effective_ms = effective,
                               .within = within,
                               .by = {.audit_session = audit,
                                      .pid = pid,
                                      .started_ms = started,
                                      .uid = uid,
                                      .service = text_or_null(a, by, "service"),
                                      .client = text_or_null(a, by, "client"),
                                      .local = local != 0}};
    return true;
}
