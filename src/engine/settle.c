#include "engine/settle.h"

#include <ctype.h>
#include <errno.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/vec.h"
#include "base/width.h"
#include "engine/digest.h"
#include "format/yaml.h"
#include "root/own.h"
#include "root/own_store.h"

enum { DAY = 24 * 60 * 60, TEXT_LIMIT = 4096 };

static const char *directory_of(struct arena *a, const char *config, enum settlement_kind kind)
{
    return arena_printf(a, "%s/%s", config,
                        kind == SETTLEMENT_WAIVER ? SETTLE_WAIVERS : SETTLE_EVIDENCE);
}

int date_end(const char *date, time_t *ret)
{
    int64_t part[3];
    static const char form[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == 'd' ? !isdigit((unsigned char)date[i]) : date[i] != form[i])
            return -EINVAL;
    (void)str_to_int64((struct str){date, 4}, 10, &part[0]);
    (void)str_to_int64((struct str){date + 5, 2}, 10, &part[1]);
    (void)str_to_int64((struct str){date + 8, 2}, 10, &part[2]);
    struct tm t = {
        .tm_year = (int)part[0] - 1900, .tm_mon = (int)part[1] - 1, .tm_mday = (int)part[2]};
    struct tm wanted = t;
    time_t start = timegm(&t); /* puts the 31st of April into May */
    if (t.tm_year != wanted.tm_year || t.tm_mon != wanted.tm_mon || t.tm_mday != wanted.tm_mday)
        return -EINVAL;
    *ret = start + DAY;
    return 0;
}

static const char *date_of(struct arena *a, time_t t)
{
    struct tm day;
    char text[32] = "";
    if (gmtime_r(&t, &day))
        (void)strftime(text, sizeof text, "%Y-%m-%d", &day);
    return arena_strdup(a, text);
}

static void feed(void *context, const void *bytes, size_t n)
{
    digest_bytes(context, bytes, n);
}

static int file_digest(struct arena *a, const char *path, const char **ret, struct err *e)
{
    struct digest *d = digest_new(DIGEST_SHA256);
    int r = own_stream(path, feed, d, e);
    const char *hex = digest_hex(a, d);
    if (r == 0)
        *ret = hex;
    return r;
}

/* ---- what a record may speak of ---- */

static bool is_unit(const char *s)
{
    static const char head[] = "L3-CES1-";
    if (!cstr_starts(s, head))
        return false;
    s += sizeof head - 1;
    if (!isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1]))
        return false;
    int number = (s[0] - '0') * 10 + s[1] - '0';
    if (number < 1 || number > 35 || number == 16) /* GB/T 28448-2019 annex C: there is no 16 */
        return false;
    return !s[2] || (s[2] == '.' && s[3] >= '1' && s[3] <= '4' && !s[4]);
}

static bool needs_evidence(const struct item *item)
{
    vec_each (rule, &item->rules) {
        if (rule->class == CLASS_EVIDENCE)
            return true;
    }
    return false;
}

bool settlement_target_ok(struct arena *a, const struct policy *p, enum settlement_kind kind,
                          const char *target, struct text *ret)
{
    bool evidence = kind == SETTLEMENT_EVIDENCE;
    const char *shown = safe_text(a, target);
    vec_each (item, &p->items) {
        vec_each (rule, &item->rules) {
            if (!cstr_eq(rule->id, target))
                continue;
            if (!evidence || rule->class == CLASS_EVIDENCE)
                return true;
            *ret =
                text_make(a,
                          "%s is judged on the host; evidence cannot settle it (a waiver accepts "
                          "that it does not hold)",
                          "%s 由主机状态判定，不能以举证代替（可用豁免接受其不符合）", shown);
            return false;
        }
        if (!evidence || !cstr_eq(item->id, target))
            continue;
        if (needs_evidence(item))
            return true;
        *ret = text_make(a, "item %s has no rule that needs evidence",
                         "检查项 %s 没有需要举证的规则", shown);
        return false;
    }
    if (evidence && is_unit(target))
        return true;
    *ret = evidence ? text_make(a, "no rule, item or unit \"%s\"", "没有规则、检查项或测评单元“%s”",
                                shown)
                    : text_make(a, "no rule \"%s\"", "没有规则“%s”", shown);
    return false;
}

/* ---- reading ---- */

static struct text first_problem(const struct problems *p)
{
    return p->n ? p->v[0].message : TEXT("it cannot be read", "无法读取");
}

static void invalid(struct settlement *s, struct text why)
{
    s->state = SETTLEMENT_INVALID;
    s->problem = why;
}

struct column {
    const char *name;
    const char **value;
    bool required;
};

/* Every member of the map into its place; the first thing that is wrong is told. */
static bool take_columns(struct arena *a, const struct yaml_value *top, const struct column *table,
                         size_t n, struct text *ret)
{
    for (size_t m = 0; m < top->items.n; m++) {
        const struct yaml_value *v = &top->items.v[m];
        size_t i = 0;
        while (i < n && !cstr_eq(table[i].name, v->key->text))
            i++;
        if (i == n || v->kind != YAML_TEXT) {
            *ret =
                text_make(a, "line %u: unknown or wrong field \"%s\"",
                          "第 %u 行：字段“%s”未知或类型不对", v->line, safe_text(a, v->key->text));
            return false;
        }
        *table[i].value = v->text;
    }
    for (size_t i = 0; i < n; i++) {
        if (!table[i].required || (*table[i].value && **table[i].value))
            continue;
        *ret = text_make(a, "\"%s\" is missing", "缺少“%s”", table[i].name);
        return false;
    }
    return true;
}

static bool read_record(struct arena *a, struct str bytes, struct settlement *s)
{
    struct problems problems = {.arena = a};
    const struct yaml_value *top = NULL;
    if (yaml_read(a, s->record, bytes, &top, &problems) < 0 || !top || top->kind != YAML_MAP) {
        invalid(s, first_problem(&problems));
        return false;
    }
    bool evidence = s->kind == SETTLEMENT_EVIDENCE;
    const char *target = NULL;
    const struct column table[] = {
        {evidence ? "evidence" : "waiver", &target, true},
        {evidence ? "title" : "reason", &s->reason, true},
        {evidence ? "by" : "approver", &s->person, true},
        {"until", &s->until, true},
        {"created", &s->created, false},
        {"file", &s->file, evidence},
        {"sha256", &s->sha256, evidence},
    };
    struct text why = {0};
    if (!take_columns(a, top, table, ARRAY_SIZE(table), &why)) {
        invalid(s, why);
        return false;
    }
    s->target = target;
    if (s->file && !s->sha256) {
        invalid(s, TEXT("\"sha256\" of the evidence file is missing", "缺少证据文件的“sha256”"));
        return false;
    }
    return true;
}

static void judge_term(struct arena *a, struct settlement *s, time_t now)
{
    time_t end;
    if (date_end(s->until, &end) < 0) {
        invalid(s, text_make(a, "\"%s\" is not a date (YYYY-MM-DD)", "“%s”不是日期（YYYY-MM-DD）",
                             safe_text(a, s->until)));
    } else if (now >= end) {
        s->state = SETTLEMENT_EXPIRED;
        s->problem = text_make(a, "expired after %s", "已于 %s 后到期", s->until);
    } else if (end - now <= (time_t)SETTLEMENT_NOTICE_DAYS * DAY) {
        s->state = SETTLEMENT_EXPIRING;
        s->problem = text_make(a, "expires in %d days", "%d 天后到期", (int)((end - now) / DAY));
    }
}

static void judge_file(struct arena *a, struct settlement *s)
{
    struct err e = {.arena = a};
    const char *now = NULL;
    if (!s->file)
        return;
    if (file_digest(a, s->file, &now, &e) < 0) {
        s->state = SETTLEMENT_TAMPERED;
        s->problem = e.message;
    } else if (!cstr_eq_nocase(now, s->sha256)) {
        s->state = SETTLEMENT_TAMPERED;
        s->problem = text_make(a, "%s has changed: sha256 is %.12s, recorded was %.12s",
                               "%s 已变化：sha256 为 %.12s，登记值为 %.12s", s->file, now,
                               safe_text(a, s->sha256));
    }
}

static void judge_settlement(struct arena *a, const struct policy *p, time_t now,
                             struct settlement *s)
{
    struct text why = {0};
    judge_term(a, s, now);
    if (settlement_holds(s))
        judge_file(a, s);
    if (settlement_holds(s) && p && !settlement_target_ok(a, p, s->kind, s->target, &why)) {
        s->state = SETTLEMENT_UNKNOWN;
        s->problem = why;
    }
    /* One record per target, and found by it: --remove and a renewal must meet this one. */
    const char *name = strrchr(s->record, '/') + 1;
    if (settlement_holds(s) && !cstr_eq(name, arena_printf(a, "%s.yaml", s->target)))
        invalid(s, text_make(a, "the file must be named %s.yaml", "文件名应为 %s.yaml",
                             safe_text(a, s->target)));
}

static void load_directory(struct arena *a, const char *config, enum settlement_kind kind,
                           const struct policy *p, time_t now, struct settlements *ret)
{
    struct err e = {.arena = a};
    struct strings names = {0};
    const char *directory = directory_of(a, config, kind);
    int r = own_list(a, directory, ".yaml", &names, &e);
    if (r == -ENOENT)
        return;
    if (r < 0) {
        struct settlement s = {.kind = kind, .record = directory, .target = ""};
        invalid(&s, e.message);
        vec_push(a, ret, s);
    }
    for (size_t i = 0; i < names.n; i++) {
        struct settlement s = {.kind = kind};
        struct str bytes = {0};
        s.record = arena_printf(a, "%s/%s", directory, names.v[i]);
        s.target = arena_strndup(a, names.v[i], strlen(names.v[i]) - strlen(".yaml"));
        if (own_read(a, s.record, &bytes, &e) < 0)
            invalid(&s, e.message);
        else if (read_record(a, bytes, &s))
            judge_settlement(a, p, now, &s);
        vec_push(a, ret, s);
    }
}

void settlements_load(struct arena *a, const char *config, const struct policy *p, time_t now,
                      struct settlements *ret)
{
    if (!config)
        return;
    load_directory(a, config, SETTLEMENT_WAIVER, p, now, ret);
    load_directory(a, config, SETTLEMENT_EVIDENCE, p, now, ret);
}

/* ---- writing ---- */

/* A double-quoted scalar; what it holds was checked by good_text. */
static void put_field(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "%s: \"", name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buf_putc(b, '\\');
        buf_putc(b, *value);
    }
    buf_puts(b, "\"\n");
}

struct str settlement_yaml(struct arena *a, const struct settlement *s)
{
    _cleanup_buf_ struct buf b = {0};
    bool evidence = s->kind == SETTLEMENT_EVIDENCE;
    buf_printf(&b, "# %s\n",
               evidence ? "Settles what the host cannot show; dengbao evidence"
                        : "Accepts for a time that a rule does not hold; dengbao waive");
    buf_printf(&b, "%s: %s\n", evidence ? "evidence" : "waiver", s->target);
    put_field(&b, evidence ? "title" : "reason", s->reason);
    put_field(&b, evidence ? "by" : "approver", s->person);
    buf_printf(&b, "until: %s\ncreated: %s\n", s->until, s->created);
    if (s->file) {
        put_field(&b, "file", s->file);
        buf_printf(&b, "sha256: %s\n", s->sha256);
    }
    return (struct str){arena_strndup(a, b.data, b.len), b.len};
}

static bool good_text(const char *s)
{
    struct str rest = str_of(s);
    if (!rest.n || rest.n > TEXT_LIMIT || !str_trim(rest).n)
        return false;
    while (rest.n) {
        uint32_t code;
        size_t n = utf8_decode(rest, &code);
        if (!n || utf8_is_unsafe(code))
            return false;
        rest = str_slice(rest, n, rest.n);
    }
    return true;
}

int settlement_store(struct arena *a, const char *config, time_t now, struct settlement *s,
                     struct err *e)
{
    time_t end;
    const char *texts[] = {s->reason, s->person};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (!good_text(texts[i]))
            return err_set(e, -EINVAL, "\"%s\" is not one line of text", "“%s”不是一行文本",
                           safe_text(a, texts[i]));
    if (date_end(s->until, &end) < 0)
        return err_set(e, -EINVAL, "--until: \"%s\" is not a date (YYYY-MM-DD)",
                       "--until：“%s”不是日期（YYYY-MM-DD）", safe_text(a, s->until));
    if (end <= now)
        return err_set(e, -EINVAL, "--until: %s is past", "--until：%s 已过", s->until);
    if (s->file) {
        int r = own_absolute(a, s->file, &s->file, e);
        if (r == 0 && !good_text(s->file))
            r = err_set(e, -EINVAL, "the name of %s cannot be recorded", "无法登记文件名 %s",
                        safe_text(a, s->file));
        if (r == 0)
            r = file_digest(a, s->file, &s->sha256, e);
        if (r < 0)
            return r;
    }
    s->created = date_of(a, now);
    const char *directory = directory_of(a, config, s->kind);
    const char *name = arena_printf(a, "%s.yaml", s->target);
    s->record = arena_printf(a, "%s/%s", directory, name);
    return own_store(directory, name, settlement_yaml(a, s), e);
}

int settlement_discard(struct arena *a, const char *config, enum settlement_kind kind,
                       const char *target, struct err *e)
{
    return own_discard(directory_of(a, config, kind), arena_printf(a, "%s.yaml", target), e);
}
