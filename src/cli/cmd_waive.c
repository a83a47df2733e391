#include <errno.h>
#include <time.h>

#include "base/near.h"
#include "base/width.h"
#include "cli/commands.h"
#include "cli/session.h"

#define both(i, en, zh) ((i)->lang == LANG_ZH ? (zh) : (en))

static void put_settlement(const struct invocation *i, const struct settlement *s, struct buf *b)
{
    buf_put_padded(b, text_in(settlement_state_text(s->state), i->lang), 16);
    buf_put_padded(b, safe_text(i->arena, s->target), 30);
    if (s->until && s->person && s->reason) {
        buf_printf(b, " %s  ", safe_text(i->arena, s->until));
        buf_put_safe(b, str_of(s->person));
        buf_puts(b, both(i, ": ", "："));
        buf_put_safe(b, str_of(s->reason));
    }
    buf_putc(b, '\n');
    if (s->file)
        buf_printf(b, "    %s  sha256 %.12s\n", safe_text(i->arena, s->file),
                   safe_text(i->arena, s->sha256));
    if (s->problem.en) {
        buf_puts(b, "    ");
        buf_put_safe(b, str_of(text_in(s->problem, i->lang)));
        buf_putc(b, '\n');
    }
}

static int list(const struct invocation *i, const struct policy *p, enum settlement_kind kind)
{
    const struct settlements *all = session_settlements(i, p);
    _cleanup_buf_ struct buf out = {0};
    int code = EXIT_OK;
    for (size_t k = 0; k < all->n; k++) {
        if (all->v[k].kind != kind)
            continue;
        put_settlement(i, &all->v[k], &out);
        if (!settlement_holds(&all->v[k]))
            code = EXIT_OPEN;
    }
    if (!out.len)
        buf_puts(&out, kind == SETTLEMENT_WAIVER ? both(i, "no waivers\n", "没有豁免\n")
                                                 : both(i, "no evidence\n", "没有举证\n"));
    int r = put_output(i, &out);
    return r ? r : code;
}

static int unknown_target(const struct invocation *i, const struct policy *p, const char *name,
                          struct text why)
{
    struct strings known = policy_names(i->arena, p);
    if (strings_find(&known, name) >= 0)
        return complain(i, EXIT_USAGE, why);
    return complain(i, EXIT_USAGE, text_concat(i->arena, why, near_text(i->arena, name, &known)));
}

static int missing(const struct invocation *i, enum option_id option)
{
    return complain(i, EXIT_USAGE,
                    text_make(i->arena, "%s needs --%s", "%s 需要 --%s", i->command->name,
                              option_rows[option].name));
}

static int store(const struct invocation *i, const struct policy *p, struct settlement *s)
{
    struct err e = {.arena = i->arena};
    struct text why = {0};
    const char *config = session_config(i);
    if (!settlement_target_ok(i->arena, p, s->kind, s->target, &why))
        return unknown_target(i, p, s->target, why);
    int r = settlement_store(i->arena, config, time(NULL), s, &e);
    if (r < 0)
        return complain(i, r == -EINVAL ? EXIT_USAGE : EXIT_ERROR,
                        e.message.en ? e.message : errno_text(r));
    _cleanup_buf_ struct buf out = {0};
    buf_printf(&out,
               s->kind == SETTLEMENT_WAIVER
                   ? both(i, "%s is waived until %s: %s\n", "%s 已豁免至 %s：%s\n")
                   : both(i, "evidence for %s until %s: %s\n", "%s 的举证有效期至 %s：%s\n"),
               s->target, s->until, safe_text(i->arena, s->record));
    return put_output(i, &out);
}

static int discard(const struct invocation *i, enum settlement_kind kind, const char *target)
{
    struct err e = {.arena = i->arena};
    int r = settlement_discard(i->arena, session_config(i), kind, target, &e);
    if (r == -ENOENT)
        return complain(i, EXIT_ERROR,
                        text_make(i->arena, "there is none for \"%s\"", "“%s”没有登记",
                                  safe_text(i->arena, target)));
    if (r < 0)
        return complain(i, EXIT_ERROR, e.message.en ? e.message : errno_text(r));
    _cleanup_buf_ struct buf out = {0};
    buf_printf(&out, both(i, "removed: %s\n", "已删除：%s\n"), safe_text(i->arena, target));
    return put_output(i, &out);
}

/* The policy, and a place for records. */
static int begin(const struct invocation *i, struct policy **ret)
{
    if (!session_config(i))
        return complain(i, EXIT_USAGE,
                        TEXT("with --policy, say where the records are: --config DIR",
                             "使用 --policy 时须以 --config 指定登记目录"));
    return session_policy(i, ret);
}

static int waive(struct invocation *i)
{
    static const enum option_id needed[] = {OPTION_REASON, OPTION_APPROVER, OPTION_UNTIL};
    struct policy *policy = NULL;
    bool lists = i->options[OPTION_LIST] != NULL, removes = i->options[OPTION_REMOVE] != NULL;
    if (i->args.n != (lists ? 0 : 1) || (lists && removes))
        return complain(i, EXIT_USAGE,
                        TEXT("which one rule? see: dengbao waive --help",
                             "须指定一条规则；参见：dengbao waive --help"));
    int r = begin(i, &policy);
    if (r)
        return r;
    if (lists)
        return list(i, policy, SETTLEMENT_WAIVER);
    if (removes)
        return discard(i, SETTLEMENT_WAIVER, i->args.v[0]);
    for (size_t k = 0; k < sizeof needed / sizeof needed[0]; k++)
        if (!i->options[needed[k]])
            return missing(i, needed[k]);
    struct settlement s = {.kind = SETTLEMENT_WAIVER,
                           .target = i->args.v[0],
                           .reason = i->options[OPTION_REASON],
                           .person = i->options[OPTION_APPROVER],
                           .until = i->options[OPTION_UNTIL],
                           .file = i->options[OPTION_EVIDENCE]};
    return store(i, policy, &s);
}

static int evidence(struct invocation *i)
{
    static const enum option_id needed[] = {OPTION_TITLE, OPTION_FILE, OPTION_BY, OPTION_UNTIL};
    struct policy *policy = NULL;
    const char *verb = i->args.n ? i->args.v[0] : "";
    bool lists = cstr_eq(verb, "list"), removes = cstr_eq(verb, "remove");
    if ((!lists && !removes && !cstr_eq(verb, "add")) || i->args.n != (lists ? 1 : 2))
        return complain(i, EXIT_USAGE,
                        TEXT("expected: evidence add|remove RULE|ITEM|UNIT, or evidence list",
                             "用法：evidence add|remove 规则|检查项|测评单元，或 evidence list"));
    int r = begin(i, &policy);
    if (r)
        return r;
    if (lists)
        return list(i, policy, SETTLEMENT_EVIDENCE);
    if (removes)
        return discard(i, SETTLEMENT_EVIDENCE, i->args.v[1]);
    for (size_t k = 0; k < sizeof needed / sizeof needed[0]; k++)
        if (!i->options[needed[k]])
            return missing(i, needed[k]);
    struct settlement s = {.kind = SETTLEMENT_EVIDENCE,
                           .target = i->args.v[1],
                           .reason = i->options[OPTION_TITLE],
                           .person = i->options[OPTION_BY],
                           .until = i->options[OPTION_UNTIL],
                           .file = i->options[OPTION_FILE]};
    return store(i, policy, &s);
}

const struct command command_waive = {
    .name = "waive",
    .arguments = "RULE|--list",
    .summary = {"accept for a time that a rule does not hold", "在一定期限内接受某条规则不符合"},
    .about = {"Records who accepts until when, and why, that a rule does not hold: a YAML file in "
              "/etc/dengbao/waivers.d. The rule is then reported as waived, never as passed, and "
              "apply leaves it alone. An expired waiver, or one whose evidence file changed, does "
              "not count and is reported.",
              "登记由谁、到何时、因何接受某条规则不符合：/etc/dengbao/waivers.d 中的一个 YAML "
              "文件。该规则此后报告为豁免而不是通过，apply 不会更改它。"
              "过期或证据文件有变化的豁免不起作用，并会在报告中列出。"},
    .set = COMMAND_WAIVE,
    .run = waive,
};

const struct command command_evidence = {
    .name = "evidence",
    .arguments = "add|list|remove [RULE|ITEM|UNIT]",
    .summary = {"record what answers a rule that the host cannot show",
                "为主机无法体现的规则登记证据"},
    .about = {"Records a scan report, a console export, a receipt: a YAML file in "
              "/etc/dengbao/evidence.d with the file's SHA-256 and the day until which it counts. "
              "It settles rules of class evidence, all of an item's, or a unit of the assessment "
              "record (L3-CES1-29, or one step of it, L3-CES1-29.4). It never hides a rule that "
              "fails on the host.",
              "登记扫描报告、控制台导出、回执等：/etc/dengbao/evidence.d 中的一个 YAML "
              "文件，含文件的 SHA-256 和有效期。可用于 evidence "
              "类规则、检查项的全部此类规则，或测评单元（L3-CES1-29，或其中一步 "
              "L3-CES1-29.4）。不会掩盖主机上不符合的规则。"},
    .set = COMMAND_EVIDENCE,
    .run = evidence,
};
