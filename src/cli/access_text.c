#include "cli/access_text.h"

#include "base/width.h"
#include "report/json_writer.h"

#define both(i, en, zh) ((i)->lang == LANG_ZH ? (zh) : (en))

enum { NAME_MAX_WIDTH = 24 };

static struct text short_title(enum access_way w)
{
    static const struct text titles[ACCESS_WAYS] = {
        [ACCESS_SSH_PASSWORD] = {"ssh:password", "ssh 口令"},
        [ACCESS_SSH_KEY] = {"ssh:key", "ssh 密钥"},
        [ACCESS_SSH_BOTH] = {"ssh:both", "ssh 两者"},
        [ACCESS_CONSOLE] = {"console", "控制台"},
        [ACCESS_SU] = {"su", "su"},
        [ACCESS_SUDO] = {"sudo", "sudo"},
    };
    return titles[w];
}

static const char *cell(const struct invocation *i, const struct access_account *row,
                        enum access_way w)
{
    const struct access_answer *a = &row->ways[w];
    if (row->uid == 0 && w >= ACCESS_SU)
        return "-";
    if (w == ACCESS_SSH_BOTH && !a->facts.n)
        return "-";
    if (a->state == ACCESS_UNDECIDED)
        return both(i, "unknown", "未知");
    if (a->state == ACCESS_NO)
        return both(i, "no", "否");
    if (a->nothing)
        return both(i, "no password", "无需口令");
    return a->must_change ? both(i, "must change", "须改口令") : both(i, "yes", "是");
}

static bool shows_both(const struct access *access)
{
    vec_each (row, &access->accounts)
        if (row->ways[ACCESS_SSH_BOTH].facts.n)
            return true;
    return false;
}

static const char *colour_of(const struct invocation *i, const struct access_answer *a)
{
    if (!i->colour || !a->facts.n)
        return "";
    return a->state == ACCESS_YES ? "\033[32m" : a->state == ACCESS_NO ? "\033[31m" : "\033[33m";
}

static void put_fact(const struct invocation *i, const struct access_fact *f, struct buf *b)
{
    buf_put_safe(b, str_of(text_in(f->text, i->lang)));
    if (f->where.path) {
        buf_puts(b, both(i, " (", "（"));
        buf_put_safe(b, str_of(f->where.path));
        if (f->where.line)
            buf_printf(b, ":%u", f->where.line);
        buf_puts(b, both(i, ")", "）"));
    }
}

/* What each answer rests on, one line a fact that decides; equal ones once. */
static void put_reasons(const struct invocation *i, const struct access_account *row, struct buf *b)
{
    for (int w = 0; w < ACCESS_WAYS; w++) {
        const struct access_answer *a = &row->ways[w];
        const struct access_fact *f = access_deciding(a);
        if (!f)
            continue;
        buf_puts(b, "    ");
        buf_put_padded(b, text_in(short_title((enum access_way)w), i->lang), 14);
        buf_put_padded(b, cell(i, row, (enum access_way)w), 13);
        for (size_t k = 0; k + 1 < a->facts.n && a->state != ACCESS_YES; k++) {
            put_fact(i, &a->facts.v[k], b);
            buf_puts(b, both(i, "; ", "；"));
        }
        put_fact(i, f, b);
        buf_putc(b, '\n');
    }
}

static unsigned name_width(const struct access *access)
{
    unsigned width = 8;
    vec_each (row, &access->accounts) {
        unsigned n = width_of(str_of(row->name)) + 2;
        width = n > width ? n : width;
    }
    return width > NAME_MAX_WIDTH ? NAME_MAX_WIDTH : width;
}

static void put_matrix(const struct invocation *i, const struct access *access, struct buf *b)
{
    bool with_both = shows_both(access);
    unsigned names = name_width(access);
    buf_put_padded(b, both(i, "account", "账户"), names);
    for (int w = 0; w < ACCESS_WAYS; w++)
        if (w != ACCESS_SSH_BOTH || with_both)
            buf_put_padded(b, text_in(short_title((enum access_way)w), i->lang), 14);
    buf_puts(b, both(i, "root\n", "成为 root\n"));
    vec_each (row, &access->accounts) {
        buf_put_padded(b, safe_text(i->arena, row->name), names);
        for (int w = 0; w < ACCESS_WAYS; w++) {
            if (w == ACCESS_SSH_BOTH && !with_both)
                continue;
            const char *colour = colour_of(i, &row->ways[w]);
            buf_puts(b, colour);
            buf_put_padded(b, cell(i, row, (enum access_way)w), 14);
            buf_puts(b, *colour ? "\033[0m" : "");
        }
        enum access_state s = access_root(row, ACCESS_BY_SSH | ACCESS_BY_CONSOLE);
        buf_puts(b, s == ACCESS_YES  ? both(i, "yes", "是")
                    : s == ACCESS_NO ? both(i, "no", "否")
                                     : both(i, "unknown", "未知"));
        buf_putc(b, '\n');
    }
}

static void put_services(const struct invocation *i, const struct access *access, struct buf *b)
{
    vec_each (s, &access->services) {
        if (s->wrong == PAM_REFUSED)
            continue;
        buf_puts(b, s->wrong == PAM_ACCEPTED ? both(i, "DANGER: ", "危险：")
                                             : both(i, "not decided: ", "未能判定："));
        if (s->wrong != PAM_ACCEPTED)
            buf_printf(b, both(i, "%s and wrong passwords: ", "%s 对错误口令："), s->name);
        put_fact(i, &s->wrong_at, b);
        buf_putc(b, '\n');
    }
}

void access_text(const struct invocation *i, const struct access *access, struct buf *b)
{
    if (access->from)
        buf_printf(b, both(i, "from %s\n\n", "来源地址 %s\n\n"), access->from);
    else
        buf_puts(b, both(i, "from an address that no rule names\n\n",
                         "来源地址：任何规则都未提及的地址\n\n"));
    if (access->unknown.en) {
        buf_put_safe(b, str_of(text_in(access->unknown, i->lang)));
        buf_putc(b, '\n');
    }
    put_matrix(i, access, b);
    buf_putc(b, '\n');
    vec_each (row, &access->accounts) {
        buf_printf(b, "%s\n", safe_text(i->arena, row->name));
        put_reasons(i, row, b);
    }
    put_services(i, access, b);
}

static void put_side(const struct invocation *i, const struct access_account *row,
                     enum access_way w, struct buf *b)
{
    buf_puts(b, row ? cell(i, row, w) : both(i, "(no account)", "（无此账户）"));
}

void access_changes_text(const struct invocation *i, const struct access_changes *changes,
                         struct buf *b)
{
    vec_each (c, changes) {
        const struct access_account *any = c->after ? c->after : c->before;
        for (int w = 0; any && w < ACCESS_WAYS; w++) {
            enum access_way way = (enum access_way)w;
            if (c->before && c->after && cstr_eq(cell(i, c->before, way), cell(i, c->after, way)))
                continue;
            if (any->ways[w].facts.n == 0)
                continue;
            buf_printf(b, "  %s: %s: ", safe_text(i->arena, any->name),
                       text_in(access_way_text(way), i->lang));
            put_side(i, c->before, way, b);
            buf_puts(b, " -> ");
            put_side(i, c->after, way, b);
            const struct access_fact *f = c->after ? access_deciding(&c->after->ways[w]) : NULL;
            if (f) {
                buf_puts(b, "   ");
                put_fact(i, f, b);
            }
            buf_putc(b, '\n');
        }
    }
}

/* ---- JSON ---- */

static void json_answer(struct json *j, enum access_way w, const struct access_answer *a)
{
    json_open(j, access_way_name(w), '{');
    json_text(j, "state", access_state_name(a->state));
    json_bool(j, "must_change_password", a->must_change);
    json_bool(j, "no_password", a->nothing);
    json_open(j, "facts", '[');
    vec_each (f, &a->facts) {
        json_open(j, NULL, '{');
        json_text(j, "path", f->where.path);
        if (f->where.line)
            json_number(j, "line", f->where.line);
        else
            json_text(j, "line", NULL);
        json_both(j, "text", f->text);
        json_close(j);
    }
    json_close(j);
    json_close(j);
}

static void json_row(struct json *j, const struct access_account *row)
{
    json_open(j, NULL, '{');
    json_text(j, "account", row->name);
    json_number(j, "uid", row->uid);
    json_text(j, "becomes_root",
              access_state_name(access_root(row, ACCESS_BY_SSH | ACCESS_BY_CONSOLE)));
    json_open(j, "ways", '{');
    for (int w = 0; w < ACCESS_WAYS; w++)
        json_answer(j, (enum access_way)w, &row->ways[w]);
    json_close(j);
    json_close(j);
}

void access_json(const struct access *access, struct buf *ret)
{
    static const char *const decisions[] = {
        [PAM_REFUSED] = "refused", [PAM_ACCEPTED] = "accepted", [PAM_UNDECIDED] = "undecided"};
    struct json j = {.out = ret};
    json_open(&j, NULL, '{');
    json_number(&j, "schema", 1);
    json_text(&j, "from", access->from);
    json_open(&j, "accounts", '[');
    vec_each (row, &access->accounts)
        json_row(&j, row);
    json_close(&j);
    json_open(&j, "services", '[');
    vec_each (s, &access->services) {
        json_open(&j, NULL, '{');
        json_text(&j, "service", s->name);
        json_text(&j, "wrong_password", decisions[s->wrong]);
        json_text(&j, "right_password", decisions[s->right]);
        json_close(&j);
    }
    json_close(&j);
    json_close(&j);
    buf_putc(ret, '\n');
}
