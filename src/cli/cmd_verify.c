#include <errno.h>

#include "base/width.h"
#include "cli/commands.h"
#include "engine/pack.h"
#include "engine/trailer.h"
#include "root/own.h"
#include "root/own_store.h"

#define both(i, en, zh) ((i)->lang == LANG_ZH ? (zh) : (en))

struct verification {
    const struct invocation *i;
    const struct sign_key *trusted; /* NULL: none was given */
    struct buf out;
    int code;
};

/* The worst of all files is the outcome: an error, then what was changed, then what is open. */
static void worse(struct verification *v, int code)
{
    static const int order[] = {EXIT_OK, EXIT_OPEN, EXIT_NOT_COMPLIANT, EXIT_ERROR};
    size_t now = 0, then = 0;
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        now = order[k] == v->code ? k : now;
        then = order[k] == code ? k : then;
    }
    v->code = order[then > now ? then : now];
}

static void tell(struct verification *v, const char *path, int code, struct text what)
{
    buf_put_safe(&v->out, str_of(path));
    buf_puts(&v->out, both(v->i, ": ", "："));
    buf_put_safe(&v->out, str_of(text_in(what, v->i->lang)));
    buf_putc(&v->out, '\n');
    worse(v, code);
}

static void tell_signature(struct verification *v, const char *path, const struct statement *s)
{
    struct arena *a = v->i->arena;
    switch (statement_check(a, s, v->trusted)) {
    case SIGNATURE_GOOD:
        tell(v, path, EXIT_OK,
             text_make(a, "intact, signed with the given key (%s, %.16s…)",
                       "完好，由给定密钥签名（%s，%.16s…）", s->algorithm, s->key_id));
        return;
    case SIGNATURE_UNKNOWN:
        tell(v, path, EXIT_OK,
             text_make(a, "intact, signed with key %.16s… (%s); whose it is was not asked (--key)",
                       "完好，由密钥 %.16s… 签名（%s）；未核对密钥归属（--key）", s->key_id,
                       s->algorithm));
        return;
    case SIGNATURE_OTHER:
        tell(v, path, EXIT_NOT_COMPLIANT,
             text_make(a, "signed with another key: %.16s…", "由其他密钥签名：%.16s…", s->key_id));
        return;
    case SIGNATURE_BAD:
        tell(v, path, EXIT_NOT_COMPLIANT,
             TEXT("the signature is not of this statement: it was changed",
                  "签名与声明不符：已被更改"));
        return;
    case SIGNATURE_NO_MEANS:
        tell(v, path, EXIT_OPEN,
             text_make(a, "the signature cannot be checked here: libcrypto has no %s",
                       "此处无法验证签名：libcrypto 不支持 %s", safe_text(a, s->algorithm)));
        return;
    case SIGNATURE_NONE:
        break;
    }
    tell(v, path, v->trusted ? EXIT_NOT_COMPLIANT : EXIT_OK,
         v->trusted ? TEXT("intact by its digests, but not signed", "摘要一致，但没有签名")
                    : TEXT("intact by its digests, not signed", "摘要一致，未签名"));
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* 0: there is a statement; -ENOENT: none. */
static int read_statement(struct verification *v, const char *path, struct statement *ret)
{
    struct arena *a = v->i->arena;
    struct err e = {.arena = a};
    _cleanup_buf_ struct buf b = {0};
    const char *beside = arena_printf(a, "%s" STATEMENT_SUFFIX, path);
    int r = own_read_input(beside, STATEMENT_LIMIT, &b, &e);
    if (r == -ENOENT)
        return r;
    if (r == -EFBIG)
        r = statement_read(a, STR(""), ret, &e);
    else if (r == 0)
        r = statement_read(a, (struct str){arena_strndup(a, b.data, b.len), b.len}, ret, &e);
    if (r == -EINVAL)
        tell(v, beside, EXIT_NOT_COMPLIANT, e.message);
    else if (r < 0)
        tell(v, path, EXIT_ERROR, e.message);
    return r;
}

static void verify_pack(struct verification *v, const char *path)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct statement s;
    struct str bytes;
    if (own_load(a, path, PACK_LIMIT, &bytes, &e) < 0)
        tell(v, path, EXIT_ERROR, e.message);
    else if (pack_check(a, bytes, &s, &e) < 0)
        tell(v, path, EXIT_NOT_COMPLIANT, e.message);
    else
        tell_signature(v, path, &s);
}

/* The first bytes say whether it is a pack. */
struct head {
    char bytes[512];
    size_t n;
};

static void take_head(void *context, const void *bytes, size_t n)
{
    struct head *h = context;
    size_t more = sizeof h->bytes - h->n < n ? sizeof h->bytes - h->n : n;
    memcpy(h->bytes + h->n, bytes, more);
    h->n += more;
}

/* A tar without a statement beside it can only be a pack, even if its first bytes were changed. */
static bool is_pack(const struct invocation *i, const char *path)
{
    struct head h = {.n = 0}, beside = {.n = 0};
    const char *statement = arena_printf(i->arena, "%s" STATEMENT_SUFFIX, path);
    if (own_stream(path, take_head, &h, NULL) < 0)
        return false;
    return pack_begins((struct str){h.bytes, h.n}) ||
           (cstr_ends(path, ".tar") && own_stream(statement, take_head, &beside, NULL) == -ENOENT);
}

static void verify_file(struct verification *v, const char *path)
{
    struct arena *a = v->i->arena;
    struct err e = {.arena = a};
    struct sums sums;
    struct statement s = {0};
    enum trailer_state trailer;
    if (is_pack(v->i, path)) {
        verify_pack(v, path);
        return;
    }
    if (trailer_check_file(a, path, &trailer, &sums, &e) < 0) {
        tell(v, path, EXIT_ERROR, e.message);
        return;
    }
    int r = read_statement(v, path, &s);
    if (r < 0 && r != -ENOENT)
        return;
    if (r == 0 && !sums_equal(&s.sums, &sums))
        tell(v, path, EXIT_NOT_COMPLIANT,
             TEXT("changed: its digests are not those of the statement",
                  "已被更改：摘要与签名声明不符"));
    else if (trailer == TRAILER_DIFFERS)
        tell(v, path, EXIT_NOT_COMPLIANT,
             TEXT("changed: its digests are not those in its last line",
                  "已被更改：摘要与文件末行所载不符"));
    else if (r == 0 && !cstr_eq(s.name, name_of(path)))
        tell(v, path, EXIT_NOT_COMPLIANT,
             text_make(a, "the statement is of another file: %s", "签名声明属于另一文件：%s",
                       safe_text(a, s.name)));
    else if (r == 0 || trailer == TRAILER_FITS)
        tell_signature(v, path, &s);
    else
        tell(v, path, v->trusted ? EXIT_NOT_COMPLIANT : EXIT_OPEN,
             text_make(a, "nothing to verify with: no digests inside, and no %s" STATEMENT_SUFFIX,
                       "无从验证：文件内没有摘要，也没有 %s" STATEMENT_SUFFIX, name_of(path)));
}

int verify_path(const struct invocation *i, const char *path, const struct sign_key *trusted,
                struct buf *out)
{
    struct verification v = {.i = i, .trusted = trusted, .code = EXIT_OK};
    verify_file(&v, path);
    buf_append(out, v.out.data, v.out.len);
    buf_done(&v.out);
    return v.code;
}

static int verify(struct invocation *i)
{
    struct err e = {.arena = i->arena};
    _cleanup_key_ struct sign_key *trusted = NULL;
    struct verification v = {.i = i, .code = EXIT_OK};
    if (!i->args.n)
        return complain(i, EXIT_USAGE, TEXT("which file?", "缺少文件"));
    if (i->options[OPTION_KEY] &&
        sign_public_read(i->arena, i->options[OPTION_KEY], &trusted, &e) < 0)
        return complain(i, EXIT_ERROR, e.message);
    v.trusted = trusted;
    for (size_t k = 0; k < i->args.n; k++)
        verify_file(&v, i->args.v[k]);
    int r = put_output(i, &v.out);
    buf_done(&v.out);
    return r ? r : v.code;
}

const struct command command_verify = {
    .name = "verify",
    .arguments = "FILE…",
    .summary = {"were results, reports or packs changed, and who signed them",
                "核对结果、报告或证据包是否被更改、由谁签名"},
    .about = {"Compares SHA-256 and SM3 of each file with those in its last line and in FILE.sig, "
              "and checks the signature there; with --key also whose it is. Exit 0: intact; 2: "
              "changed, signed with another key, or not signed although --key was given; 3: there "
              "is nothing to verify with.",
              "将每个文件的 SHA-256 和 SM3 与文件末行及 FILE.sig 中所载比较，并验证其中的签名；"
              "给出 --key 时同时核对密钥。退出码 0：完好；2：已被更改、由其他密钥签名，或给出 "
              "--key 而未签名；3：无从验证。"},
    .set = COMMAND_VERIFY,
    .run = verify,
};
