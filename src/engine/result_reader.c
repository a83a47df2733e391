#include "engine/result_reader.h"

#include <errno.h>

#include "base/width.h"
#include "engine/policy_load.h"
#include "engine/trailer.h"

enum { SCHEMA_KNOWN = 1 };

struct reader reader_of(struct arena *a, struct str bytes)
{
    return (struct reader){.scan = json_scan_of(bytes), .arena = a};
}

void reader_refuse(struct reader *r, const char *en, const char *zh)
{
    if (!r->refused.en && !r->scan.problem.en)
        r->refused = TEXT(en, zh);
}

void reader_need(struct reader *r, const char *value, const char *name)
{
    if (!value && !r->refused.en && !r->scan.problem.en)
        r->refused = text_make(r->arena, "\"%s\" is missing", "缺少“%s”", name);
}

void reader_identifier(struct reader *r, const char *id)
{
    reader_need(r, id, "id");
    if (id && !is_identifier(id))
        reader_refuse(r, "an id is not lower-case words joined by \"-\"",
                      "id 不是以“-”连接的小写单词");
}

bool reader_member(struct reader *r, struct str *ret_key)
{
    while (json_scan_key(&r->scan, ret_key)) {
        if (!str_is(*ret_key, "schema"))
            return true;
        r->has_schema = json_scan_number(&r->scan, &r->schema);
        if (r->has_schema && r->schema != SCHEMA_KNOWN)
            return false;
    }
    return false;
}

void reader_text(struct reader *r, const char **ret)
{
    json_scan_text(&r->scan, r->arena, ret);
}

void reader_number(struct reader *r, int64_t max, int64_t *ret)
{
    int64_t n;
    if (!json_scan_number(&r->scan, &n))
        return;
    if (n < 0 || n > max)
        reader_refuse(r, "a number is out of its range", "数值超出范围");
    else
        *ret = n;
}

void reader_numbers(struct reader *r, const char *s)
{
    static const char digits[] = "0123456789";
    const char *c = s;
    size_t parts = 0;
    while (c && *c && strspn(c, digits)) {
        parts++;
        c += strspn(c, digits);
        if (*c == '.' && c[1])
            c++;
    }
    if (s && (*c || parts < 2))
        reader_refuse(r, "a number is not like 1.4", "编号格式无效（应如 1.4）");
}

void reader_trigger(struct reader *r, const char *s)
{
    if (s && (strncmp(s, "A-", 2) != 0 || strspn(s + 2, "0123456789") != 2 || s[4]))
        reader_refuse(r, "a trigger is not like A-18", "触发项编码格式无效（应如 A-18）");
}

void reader_digest(struct reader *r, const char *s, const char *name)
{
    reader_need(r, s, name);
    if (s && (strlen(s) != 64 || strspn(s, "0123456789abcdef") != 64))
        reader_refuse(r, "a digest is none", "摘要格式无效");
}

void reader_name(struct reader *r, size_t most, const char **ret)
{
    reader_text(r, ret);
    *ret = text_cut(r->arena, *ret, most);
}

void reader_strings(struct reader *r, struct strings *ret)
{
    json_scan_enter(&r->scan, '[');
    while (json_scan_element(&r->scan)) {
        const char *s = NULL;
        reader_text(r, &s);
        if (s)
            strings_add(r->arena, ret, s);
        else
            reader_refuse(r, "a list of texts holds something else", "文本列表中有其他内容");
    }
}

struct text reader_both(struct text t)
{
    return t.en && t.zh ? t : (struct text){0};
}

void reader_languages(struct reader *r, struct text *ret)
{
    struct str key;
    struct text t = {0};
    if (json_scan_peek(&r->scan) == 'n') {
        json_scan_skip(&r->scan);
        return;
    }
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key)) {
        if (str_is(key, "en"))
            reader_text(r, &t.en);
        else if (str_is(key, "zh"))
            reader_text(r, &t.zh);
        else
            json_scan_skip(&r->scan);
    }
    *ret = reader_both(t);
}

void reader_verdict(struct reader *r, const char *name, enum verdict *ret)
{
    reader_need(r, name, "verdict");
    if (name && verdict_from_name(str_of(name), ret) < 0)
        reader_refuse(r, "a verdict is unknown", "判定未知");
}

void reader_tool(struct reader *r, const char **ret_version)
{
    struct str key;
    const char *name = NULL;
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key)) {
        if (str_is(key, "name"))
            reader_text(r, &name);
        else if (str_is(key, "version"))
            reader_text(r, ret_version);
        else
            json_scan_skip(&r->scan);
    }
    r->has_tool = name && cstr_eq(name, "dengbao") && *ret_version;
}

bool reader_altered(struct arena *a, struct str bytes, struct text *conclusion)
{
    if (trailer_check_sha256(a, bytes) != TRAILER_DIFFERS)
        return false;
    *conclusion = text_concat(
        a,
        TEXT("[the result file was changed after it was written] ", "【结果文件在保存后被更改】"),
        conclusion->en ? *conclusion : (struct text){"", ""});
    return true;
}

static int refuse(struct err *e, struct text place, struct text why)
{
    if (!e)
        return -EINVAL;
    e->message.en =
        arena_printf(e->arena, "no result of a check, or a broken one: %s%s", place.en, why.en);
    e->message.zh = arena_printf(e->arena, "不是检查结果，或内容已损坏：%s%s", place.zh, why.zh);
    return -EINVAL;
}

int reader_finish(struct reader *r, struct err *e)
{
    if (r->has_schema && r->schema != SCHEMA_KNOWN)
        return err_set(e, -EINVAL,
                       "it has schema %lld, and this version of dengbao knows schema %d; use a "
                       "newer dengbao",
                       "其 schema 为 %lld，而本版本只支持 schema %d；请使用更新版本的 dengbao",
                       (long long)r->schema, SCHEMA_KNOWN);
    if (!json_scan_end(&r->scan))
        return refuse(e, text_make(r->arena, "line %u: ", "第 %u 行：", json_scan_line(&r->scan)),
                      r->scan.problem);
    if (!r->has_schema || !r->has_tool)
        return err_set(e, -EINVAL,
                       "not a result of a check; make one with: dengbao check --format json",
                       "不是检查结果；请用 dengbao check --format json 生成");
    if (!r->refused.en)
        return 0;
    return refuse(e, (struct text){"", ""}, r->refused);
}
