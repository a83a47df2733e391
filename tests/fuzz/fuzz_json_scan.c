#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "format/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What another implementation takes, ours must take as well, unless it is nested too deeply for us.
 * Not the other way round: what is skipped is not looked at for duplicate keys and UTF-8. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_error_t error;
    _cleanup_arena_ struct arena *a = arena_new();
    struct json_scan s = json_scan_of((struct str){(const char *)data, size});
    char kind = json_scan_peek(&s);
    bool good = json_scan_skip(&s) && json_scan_end(&s);
    if (good == (s.problem.en != NULL) || (good && s.depth) || s.p > s.end || !json_scan_line(&s))
        abort();
    json_t *j = json_loadb((const char *)data, size, 0, &error);
    /* Jansson 2.14 drops a NUL behind a number; ours refuses it. */
    if (j && !good && s.depth < JSON_SCAN_DEPTH && !memchr(data, 0, size))
        abort();
    if (good && kind == '[') { /* the same elements, one by one */
        struct json_scan list = json_scan_of((struct str){(const char *)data, size});
        size_t n = 0;
        json_scan_enter(&list, '[');
        for (; json_scan_element(&list); n++) {
            const char *text;
            json_t *one = json_array_get(j, n);
            if (!j || !json_is_string(one))
                json_scan_skip(&list);
            else if (json_scan_text(&list, a, &text) && !cstr_eq(text, json_string_value(one)))
                abort();
        }
        if (j && !list.problem.en && n != json_array_size(j))
            abort();
    }
    json_decref(j);
    return 0;
}
