/*
 * Password hashes against a bounded list of words: common ones, words made from the account's name,
 * the site's own. Only when asked for: it costs a hash per word and account. A word that fits is
 * never shown or kept.
 */
#include "resource/resource.h"

#include <crypt.h>
#include <errno.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "format/yaml.h"
#include "root/accounts.h"
#include "root/own.h"

enum { MOST_WORDS = 5000, MOST_SECONDS = 300 };

static const struct key keys[] = {
    {"found",
     VALUE_LIST,
     NULL,
     "crypt(5)",
     {"accounts whose password is one of the words tried", "口令在所试词表中的账户"}},
    {0},
};

static void builtin_words(struct host *h, struct strings *words)
{
    struct str bytes;
    const struct yaml_value *top;
    struct problems problems = {.arena = h->arena};
    if (!h->options->data ||
        h->options->data(h->options->data_context, "data/weak-passwords.yaml", &bytes) < 0 ||
        yaml_read(h->arena, "data/weak-passwords.yaml", bytes, &top, &problems) < 0)
        return;
    const struct yaml_value *list = yaml_member(top, "words");
    for (size_t i = 0; list && i < list->items.n && words->n < MOST_WORDS; i++)
        if (list->items.v[i].text)
            strings_add(h->arena, words, list->items.v[i].text);
}

/* The site's own words, one a line. */
static int site_words(struct host *h, struct strings *words, struct err *e)
{
    struct str rest, line;
    if (!*h->options->weak_passwords)
        return 0;
    int r = own_read(h->arena, h->options->weak_passwords, &rest, e);
    while (r == 0 && str_next_line(&rest, &line) && words->n < MOST_WORDS) {
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (line.n)
            strings_add(h->arena, words, str_dup(h->arena, line));
    }
    return r;
}

/* %n, %N and %h in a word. */
static void expand(struct buf *ret, const char *word, const char *name, const char *host)
{
    buf_clear(ret);
    for (; *word; word++) {
        if (word[0] != '%' || (word[1] != 'n' && word[1] != 'N' && word[1] != 'h')) {
            buf_putc(ret, *word);
            continue;
        }
        word++;
        size_t at = ret->len;
        buf_puts(ret, *word == 'h' ? host : name);
        if (*word == 'N' && ret->len > at && ret->data[at] >= 'a' && ret->data[at] <= 'z')
            ret->data[at] = (char)(ret->data[at] - 'a' + 'A');
    }
}

static bool fits(struct crypt_data *data, const char *word, const char *hash)
{
#ifdef HAVE_CRYPT_RN
    const char *got = crypt_rn(word, hash, data, (int)sizeof *data);
#else
    const char *got = crypt_r(word, hash, data);
#endif
    return got && got[0] != '*' && strcmp(got, hash) == 0;
}

/* A hash may ask for any amount of work (crypt(5)): one of a hostile image could keep us for days.
 * Limits are several times what distributions use. */
static bool is_too_costly(const char *hash)
{
    int64_t cost = 0;
    if (cstr_starts(hash, "$5$rounds=") || cstr_starts(hash, "$6$rounds=")) {
        struct str rest = str_of(hash + strlen("$6$rounds=")), rounds;
        (void)str_next_field(&rest, '$', &rounds);
        return str_to_int64(rounds, 10, &cost) < 0 || cost > 1000000;
    }
    if (cstr_starts(hash, "$2"))
        return strlen(hash) < 7 || str_to_int64(str_slice(str_of(hash), 4, 6), 10, &cost) < 0 ||
               cost > 13;
    if (cstr_starts(hash, "$y$") || cstr_starts(hash, "$gy$")) {
        const char *parameters = hash + (hash[1] == 'y' ? 3 : 4); /* j9T: flags, log2 of N, r */
        return strlen(parameters) < 3 || parameters[0] != 'j' || parameters[1] > 'B' ||
               parameters[2] > 'T';
    }
    if (cstr_starts(hash, "$sm3$rounds=") || cstr_starts(hash, "$sha1$"))
        return true;
    return cstr_starts(hash, "$7$");
}

struct trial {
    struct host *host;
    const struct strings *words;
    const char *host_name;
    struct crypt_data *data;
    uint64_t tried;
    time_t until;
    bool out_of_time;
};

static bool is_weak(struct trial *t, const struct account *u)
{
    struct buf word = {0};
    bool weak = false;
    for (size_t i = 0; !weak && i < t->words->n; i++) {
        if (time(NULL) > t->until) {
            t->out_of_time = true;
            break;
        }
        expand(&word, t->words->v[i], u->name, t->host_name);
        if (!word.len)
            continue;
        weak = fits(t->data, word.data, u->hash);
        if (t->host->options->progress)
            t->host->options->progress(t->host->options->progress_context, ++t->tried);
    }
    if (word.data)
        explicit_bzero(word.data, word.cap);
    buf_done(&word);
    return weak;
}

static const char *name_of_host(struct host *h)
{
    struct str bytes;
    if (root_read(h->root, "/etc/hostname", &bytes) < 0)
        return "localhost";
    return str_dup(h->arena, str_trim(bytes));
}

static void try_all(struct host *h, const struct accounts *accounts, const struct strings *words,
                    struct facts *ret)
{
    struct trial t = {.host = h,
                      .words = words,
                      .host_name = name_of_host(h),
                      .data = mem_alloc(sizeof *t.data),
                      .until = time(NULL) + MOST_SECONDS};
    struct strings found = {0};
    struct where where = {"/etc/shadow", 0};
    struct strings costly = {0};
    size_t hashes = 0;
    vec_each (u, &accounts->users) {
        if (account_password(u) != PASSWORD_SET)
            continue;
        if (is_too_costly(u->hash)) {
            strings_add(h->arena, &costly, u->name);
            continue;
        }
        hashes++;
        if (is_weak(&t, u))
            strings_add(h->arena, &found, u->name);
    }
    explicit_bzero(t.data, sizeof *t.data);
    free(t.data);
    if (t.out_of_time && !found.n) {
        (void)facts_unknown(ret, NULL,
                            text_make(h->arena,
                                      "stopped after %d seconds and %llu hashes; nothing found yet",
                                      "尝试 %d 秒、%llu 次散列后停止，尚未发现", MOST_SECONDS,
                                      (unsigned long long)t.tried));
        return;
    }
    if (costly.n && !found.n) {
        (void)facts_unknown(ret, NULL,
                            text_make(h->arena, "hashes that take too long to try: %s",
                                      "散列计算量过大、未尝试：%s",
                                      strings_join(h->arena, &costly, ", ", 5)));
        return;
    }
    struct fact *f = facts_configured(ret, NULL, value_list(found));
    f->reason = text_make(h->arena, "%zu words tried on %zu accounts",
                          "用 %zu 个词尝试了 %zu 个账户", words->n, hashes);
    fact_add_where(ret, f, where.path, where.line);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct strings words = {0};
    struct err e = {.arena = h->arena};
    const struct accounts *accounts = root_accounts(h->root);
    (void)w;
    if (!h->options->weak_passwords) {
        (void)facts_unknown(ret, NULL,
                            TEXT("password hashes were not tried; ask with --weak-passwords",
                                 "未尝试口令散列；使用 --weak-passwords 进行检测"));
        return;
    }
    if (accounts->shadow_error < 0) {
        (void)facts_unknown(ret, NULL,
                            root_error_text(h->root, "/etc/shadow", accounts->shadow_error));
        return;
    }
    builtin_words(h, &words);
    if (site_words(h, &words, &e) < 0) {
        (void)facts_unknown(ret, NULL, e.message);
        return;
    }
    try_all(h, accounts, &words, ret);
}

const struct resource resource_weak_password = {
    .name = "weak-password",
    .summary = {"password hashes against a list of words", "口令散列与词表比对"},
    .keys = keys,
    .observe = observe,
};
