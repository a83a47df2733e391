#include "format/yaml.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/vec.h"
#include "base/width.h"

enum { NODE_LIMIT = 200 * 1000 };

struct reader {
    struct arena *values, *texts;
    const char *path;
    struct problems *problems;
    struct yaml_value *stack[YAML_DEPTH_LIMIT];      /* open lists and maps */
    const struct yaml_value *keys[YAML_DEPTH_LIMIT]; /* the key that waits for its value */
    size_t depth, nodes;
    struct yaml_value *top;
    unsigned documents;
    bool stop;
};

const struct yaml_value *yaml_member(const struct yaml_value *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->items.n; i++)
        if (cstr_eq(map->items.v[i].key->text, key))
            return &map->items.v[i];
    return NULL;
}

struct text yaml_kind_text(enum yaml_kind kind)
{
    static const struct text names[] = {
        [YAML_TEXT] = {"a single value", "单个值"},
        [YAML_LIST] = {"a list", "列表"},
        [YAML_MAP] = {"a map of \"key: value\"", "“键: 值”的映射"},
    };
    return names[kind];
}

/* The position of a byte offset, for messages about bytes that the parser never reached. */
static void position(struct str bytes, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < offset && i < bytes.n; i++) {
        if (bytes.p[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)bytes.p[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    *ret_line = line;
    *ret_column = column;
}

static bool check_encoding(struct reader *r, struct str bytes)
{
    size_t offset = 0;
    while (offset < bytes.n) {
        uint32_t code;
        size_t n = utf8_decode(str_slice(bytes, offset, bytes.n), &code);
        if (!n) {
            unsigned line, column;
            position(bytes, offset, &line, &column);
            problems_add(r->problems, r->path, line, column, "not UTF-8 text: byte 0x%02x",
                         "不是 UTF-8 文本：字节 0x%02x", (unsigned)(unsigned char)bytes.p[offset]);
            return false;
        }
        offset += n;
    }
    return true;
}

/* A new value belongs to the open list or map, or is the document itself; NULL: it was a key. */
static struct yaml_value *place(struct reader *r, struct yaml_value value)
{
    if (!r->depth) {
        r->top = arena_make(r->values, struct yaml_value);
        *r->top = value;
        return r->top;
    }
    struct yaml_value *parent = r->stack[r->depth - 1];
    if (parent->kind == YAML_MAP) {
        const struct yaml_value **key = &r->keys[r->depth - 1];
        if (!*key) {
            if (value.kind != YAML_TEXT) {
                problems_add(r->problems, r->path, value.line, value.column,
                             "a key must be a word, not a list or map",
                             "键必须是单词，不能是列表或映射");
                r->stop = true;
                return NULL;
            }
            struct yaml_value *own = arena_make(r->values, struct yaml_value);
            *own = value;
            *key = own;
            return NULL;
        }
        value.key = *key;
        *key = NULL;
    }
    vec_push(r->values, &parent->items, value);
    return &parent->items.v[parent->items.n - 1];
}

static void open_value(struct reader *r, struct yaml_value value)
{
    if (r->depth == YAML_DEPTH_LIMIT) {
        problems_add(r->problems, r->path, value.line, value.column, "nested deeper than %d levels",
                     "嵌套超过 %d 层", YAML_DEPTH_LIMIT);
        r->stop = true;
        return;
    }
    struct yaml_value *placed = place(r, value);
    if (!placed)
        return;
    /* The parent's array may move while it grows, but not while this member is open. */
    r->keys[r->depth] = NULL;
    r->stack[r->depth++] = placed;
}

static int by_key(const void *a, const void *b)
{
    const struct yaml_value *x = *(const struct yaml_value *const *)a;
    const struct yaml_value *y = *(const struct yaml_value *const *)b;
    int order = strcmp(x->key->text, y->key->text);
    if (order)
        return order;
    return x < y ? -1 : x > y;
}

static void check_twice(struct reader *r, const struct yaml_value *map)
{
    if (map->items.n < 2)
        return;
    _cleanup_free_ const struct yaml_value **sorted = mem_alloc(map->items.n * sizeof *sorted);
    for (size_t i = 0; i < map->items.n; i++)
        sorted[i] = &map->items.v[i];
    qsort(sorted, map->items.n, sizeof *sorted, by_key);
    for (size_t i = 1; i < map->items.n; i++) {
        const struct yaml_value *first = sorted[i - 1]->key, *again = sorted[i]->key;
        if (strcmp(first->text, again->text) == 0)
            problems_add(r->problems, r->path, again->line, again->column,
                         "\"%s\" is given twice, first in line %u", "“%s”重复出现，首次在第 %u 行",
                         safe_text(r->texts, again->text), first->line);
    }
}

static void refuse(struct reader *r, const yaml_mark_t *mark, struct text what)
{
    struct text message = {arena_printf(r->texts, "%s cannot be used here", what.en),
                           arena_printf(r->texts, "此处不能使用%s", what.zh)};
    problems_add_text(r->problems, r->path, (unsigned)mark->line + 1, (unsigned)mark->column + 1,
                      message);
    r->stop = true;
}

static void handle(struct reader *r, const yaml_event_t *e)
{
    struct yaml_value value = {.line = (unsigned)e->start_mark.line + 1,
                               .column = (unsigned)e->start_mark.column + 1};
    const unsigned char *anchor = NULL, *tag = NULL;
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (r->documents++)
            refuse(r, &e->start_mark, TEXT("a second document (---)", "第二个文档（---）"));
        return;
    case YAML_ALIAS_EVENT:
        refuse(r, &e->start_mark, TEXT("an alias (*name)", "别名（*名称）"));
        return;
    case YAML_SEQUENCE_END_EVENT:
        r->depth--;
        return;
    case YAML_MAPPING_END_EVENT:
        check_twice(r, r->stack[--r->depth]);
        return;
    case YAML_SCALAR_EVENT:
        anchor = e->data.scalar.anchor;
        tag = e->data.scalar.tag;
        value.kind = YAML_TEXT;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = e->data.sequence_start.anchor;
        tag = e->data.sequence_start.tag;
        value.kind = YAML_LIST;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = e->data.mapping_start.anchor;
        tag = e->data.mapping_start.tag;
        value.kind = YAML_MAP;
        break;
    default:
        return;
    }
    if (anchor) {
        refuse(r, &e->start_mark, TEXT("an anchor (&name)", "锚点（&名称）"));
    } else if (tag) {
        refuse(r, &e->start_mark, TEXT("a tag (!name)", "标签（!名称）"));
    } else if (++r->nodes > NODE_LIMIT) {
        problems_add(r->problems, r->path, value.line, value.column, "more than %d values",
                     "超过 %d 个值", NODE_LIMIT);
        r->stop = true;
    } else if (value.kind != YAML_TEXT) {
        open_value(r, value);
    } else if (memchr(e->data.scalar.value, 0, e->data.scalar.length)) {
        refuse(r, &e->start_mark, TEXT("a NUL character", "NUL 字符"));
    } else {
        value.text =
            arena_strndup(r->texts, (const char *)e->data.scalar.value, e->data.scalar.length);
        (void)place(r, value);
    }
}

static void syntax_error(struct reader *r, const yaml_parser_t *p, struct str bytes)
{
    unsigned line = (unsigned)p->problem_mark.line + 1;
    unsigned column = (unsigned)p->problem_mark.column + 1;
    if (p->error == YAML_READER_ERROR)
        position(bytes, p->problem_offset, &line, &column);
    const char *problem = p->problem ? p->problem : "syntax error";
    problems_add(r->problems, r->path, line, column, "not valid YAML: %s", "不是合法的 YAML：%s",
                 problem);
}

int yaml_read_in(struct arena *values, struct arena *texts, const char *path, struct str bytes,
                 const struct yaml_value **ret, struct problems *problems)
{
    struct reader r = {.values = values, .texts = texts, .path = path, .problems = problems};
    size_t before = problems->n;
    if (bytes.n > YAML_SIZE_LIMIT) {
        problems_add(problems, path, 0, 0, "larger than %d bytes", "大于 %d 字节", YAML_SIZE_LIMIT);
        return -EINVAL;
    }
    if (!check_encoding(&r, bytes))
        return -EINVAL;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes.p, bytes.n);
    for (bool end = false; !end && !r.stop;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            syntax_error(&r, &parser, bytes);
            break;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        handle(&r, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (problems->n == before && !r.top)
        problems_add(problems, path, 1, 1, "the file is empty", "文件为空");
    if (problems->n > before)
        return -EINVAL;
    *ret = r.top;
    return 0;
}

int yaml_read(struct arena *a, const char *path, struct str bytes, const struct yaml_value **ret,
              struct problems *problems)
{
    return yaml_read_in(a, a, path, bytes, ret, problems);
}
