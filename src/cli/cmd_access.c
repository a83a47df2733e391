#include <errno.h>

#include "access/access.h"
#include "base/width.h"
#include "cli/access_text.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "report/json_writer.h"
#include "root/live_session.h"

static int write_table(const struct invocation *i, const struct access *access, struct buf *out)
{
    const char *format = i->options[OPTION_FORMAT];
    if (!format || cstr_eq(format, "text")) {
        access_text(i, access, out);
        return 0;
    }
    if (!cstr_eq(format, "json"))
        return complain(i, EXIT_USAGE,
                        text_make(i->arena, "unknown format \"%s\": the table is text or json",
                                  "未知格式“%s”：此表只有 text 或 json", format));
    access_json(access, out);
    return 0;
}

static int access_run(struct invocation *i)
{
    _cleanup_root_ struct root *root = NULL;
    struct host_options asked = {.no_walk = true};
    struct access access;
    const char *from = i->options[OPTION_FROM];
    if (i->args.n)
        return complain(i, EXIT_USAGE,
                        text_make(i->arena, "access takes no arguments: \"%s\"",
                                  "access 不带参数：“%s”", safe_text(i->arena, i->args.v[0])));
    int r = session_root(i, &root);
    if (r)
        return r;
    if (!from)
        (void)live_ssh_client(root, &from);
    struct host *host = host_open(root, time(NULL));
    host->options = &asked;
    if (access_table(host, from, &access) == -EINVAL)
        return complain(i, EXIT_USAGE,
                        text_make(i->arena, "\"%s\" is not an IPv4 or IPv6 address",
                                  "“%s”不是 IPv4 或 IPv6 地址", safe_text(i->arena, from)));
    _cleanup_buf_ struct buf out = {0};
    r = write_table(i, &access, &out);
    if (!r)
        r = put_output(i, &out);
    return r ? r : access.unknown.en ? EXIT_OPEN : EXIT_OK;
}

const struct command command_access = {
    .name = "access",
    .arguments = "",
    .summary = {"show who can log in and become root, and by which path",
                "显示谁能登录并成为 root，以及经由哪条途径"},
    .about = {"For root and every account a person can use: does it get in over ssh from an "
              "address (by password, by key) and on the console, and does it become root by su or "
              "sudo; each answer with the line it rests on. Read from the files; nothing is tried. "
              "Without --from the address of the present ssh session is taken, else one that no "
              "rule names.",
              "对 root 和每个可供人使用的账户：能否从某地址经 ssh（口令、密钥）或在控制台登录，"
              "能否用 su 或 sudo 成为 root；每个结论都给出依据的文件行。仅读取文件，不做尝试。"
              "未给出 --from 时取当前 ssh 会话的地址，否则取任何规则都未提及的地址。"},
    .set = COMMAND_ACCESS,
    .run = access_run,
};
