#include "engine/json_text.h"

#include "base/width.h"

json_t *json_of_text(struct arena *a, const char *s)
{
    if (!s)
        return json_null();
    return json_string(utf8_valid(str_of(s)) ? s : safe_text(a, s));
}

json_t *json_of_both(struct arena *a, struct text t)
{
    return json_pack("{s:o, s:o}", "en", json_of_text(a, text_in(t, LANG_EN)), "zh",
                     json_of_text(a, text_in(t, LANG_ZH)));
}

json_t *json_of_strings(struct arena *a, const struct strings *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->n; i++)
        json_array_append_new(array, json_of_text(a, list->v[i]));
    return array;
}
