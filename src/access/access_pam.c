/*
 * PAM's part of an answer, with the failures that are on record for the account.
 */
#include <errno.h>
#include <string.h>

#include "access/access_parts.h"
#include "effective/pam_module.h"

static struct where at(const struct pam_outcome *o)
{
    return (struct where){o->path, o->line};
}

static const char *password_problem(const struct pam_scenario *in, struct text *ret)
{
    switch (in->password) {
    case PASSWORD_LOCKED:
        *ret = TEXT("its password is locked", "口令已锁定");
        break;
    case PASSWORD_NONE:
        *ret = TEXT("it has no password that anything matches", "没有可用的口令");
        break;
    case PASSWORD_EMPTY:
        *ret = TEXT("its password is empty", "口令为空");
        break;
    case PASSWORD_UNKNOWN:
        *ret = TEXT("its password field cannot be read", "无法读取口令字段");
        break;
    default:
        return NULL;
    }
    return ret->en;
}

static struct text aging_text(enum pam_aging aging)
{
    switch (aging) {
    case PAM_AGING_ACCOUNT_EXPIRED:
        return TEXT("the account has expired", "账户已过期");
    case PAM_AGING_PASSWORD_EXPIRED:
        return TEXT("its password has expired beyond the grace time", "口令过期且已超过宽限期");
    case PAM_AGING_CHANGE_NOW:
        return TEXT("its password has expired and must be changed", "口令已过期，须先修改");
    case PAM_AGING_UNKNOWN:
        return TEXT("whether it has expired cannot be read", "无法读取其有效期");
    default:
        return (struct text){0};
    }
}

/* The account's own state goes before the line of the stack that decides. */
static void put_state(struct access_run *run, const struct pam_scenario *in, bool password,
                      struct access_answer *a)
{
    const struct account *account = accounts_find(run->accounts, in->user);
    struct text text = {0};
    enum access_state state = a->state;
    if (!account)
        return;
    if (password && password_problem(in, &text))
        access_says(run, a, state, access_shadow(account), text);
    bool said = text.en && in->aging == PAM_AGING_UNKNOWN;
    text = aging_text(in->aging);
    if (text.en && !said)
        access_says(run, a, state, access_shadow(account), text);
    int64_t failures = 0;
    for (size_t i = 0; i < PAM_STORES_MAX; i++)
        failures = in->failures[i] > failures ? in->failures[i] : failures;
    if (failures)
        access_says(run, a, state, access_nowhere,
                    text_make(run->host->arena, "failures that count against it: %d",
                              "计入的登录失败次数：%d", (int)failures));
}

static void conclude(struct access_run *run, const char *service, const struct pam_outcome *o,
                     struct access_answer *a)
{
    struct arena *arena = run->host->arena;
    if (o->decision == PAM_ACCEPTED) {
        a->must_change |= (o->codes & PAM_BIT(NEW_AUTHTOK_REQD)) != 0;
        access_says(run, a, ACCESS_YES, at(o),
                    text_make(arena, "PAM service %s lets it in", "PAM 服务 %s 放行", service));
    } else if (o->decision == PAM_REFUSED) {
        const char *code = o->code >= 0 ? pam_code_name((enum pam_code)o->code) : "refused";
        access_says(run, a, ACCESS_NO, at(o),
                    text_make(arena, "PAM service %s refuses it (%s)", "PAM 服务 %s 拒绝（%s）",
                              service, code));
    } else {
        struct text why = o->why.en ? o->why : TEXT("not decided", "无法判定");
        access_says(run, a, ACCESS_UNDECIDED, at(o),
                    (struct text){arena_printf(arena, "PAM service %s: %s", service, why.en),
                                  arena_printf(arena, "PAM 服务 %s：%s", service, why.zh)});
    }
}

static void judge(struct access_run *run, const char *service, struct pam_scenario *in,
                  struct access_answer *a)
{
    struct pam_outcome out;
    pam_login_outcome(run->host, service, in, &out);
    put_state(run, in, true, a);
    conclude(run, service, &out, a);
}

void access_pam_login(struct access_run *run, const char *service, struct pam_scenario *in,
                      struct access_answer *a)
{
    access_tallies(run, service, in, 0);
    judge(run, service, in, a);
}

void access_pam_after_empty(struct access_run *run, const char *service, struct pam_scenario *in,
                            struct where where, struct access_answer *a)
{
    struct pam_scenario empty = *in, without = *in;
    struct access_answer otherwise = {0};
    struct pam_outcome first;
    empty.secret = PAM_SECRET_EMPTY;
    access_tallies(run, service, &empty, 0);
    pam_login_outcome(run->host, service, &empty, &first);
    unsigned counted = first.possible / PAM_EVENT_COUNTED;
    unsigned surely = first.sure / PAM_EVENT_COUNTED;
    access_pam_login(run, service, &without, &otherwise);
    if (first.decision == PAM_ACCEPTED || !counted) {
        *a = otherwise;
        return;
    }
    access_tallies(run, service, in, counted);
    judge(run, service, in, a);
    if (a->state == otherwise.state)
        return;
    access_says(run, a, counted == surely ? a->state : ACCESS_UNDECIDED, where,
                TEXT("PermitEmptyPasswords: sshd tries an empty password first, which counts as a "
                     "failure",
                     "PermitEmptyPasswords：sshd 会先尝试空口令，这次尝试计为一次失败"));
}

void access_pam_account(struct access_run *run, const char *service, struct pam_scenario *in,
                        bool exempt, struct access_answer *a)
{
    const struct pam_service *s;
    struct pam_outcome out = {0};
    struct text why;
    int r = pam_service(run->host, service, &s, &why);
    if (r == 0)
        r = pam_evaluate(run->host, s, PAM_GROUP_ACCOUNT, in, &out);
    if (r < 0) {
        access_says(run, a, ACCESS_UNDECIDED, access_nowhere, why);
        return;
    }
    /* sudo_pam_approval(): an expired password does not matter where none is asked for. */
    if (exempt && out.decision == PAM_REFUSED && out.code == PAM_CODE_AUTHTOK_EXPIRED)
        out.decision = PAM_ACCEPTED;
    put_state(run, in, false, a);
    conclude(run, service, &out, a);
    if (exempt)
        a->must_change = false;
}

/* ---- failures on record ---- */

/* A record of /var/run/faillock/USER and of tallylog, in the byte order of the machine. */
enum { RECORD = 64, RECORDS_MAX = 1024 };
enum { STATUS_VALID = 1 };

static uint64_t number_at(const char *p, size_t n)
{
    uint64_t v = 0; /* all supported machines are little endian */
    for (size_t i = n; i > 0; i--)
        v = v << 8 | (unsigned char)p[i - 1];
    return v;
}

/* check_tally() of pam_faillock: valid records within fail_interval of the latest. */
static void faillock_records(struct str bytes, int64_t interval, int64_t *ret_count,
                             int64_t *ret_latest)
{
    size_t n = bytes.n / RECORD;
    if (n > RECORDS_MAX)
        n = RECORDS_MAX;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n; i++) {
            const char *r = bytes.p + i * RECORD;
            int64_t when = (int64_t)number_at(r + 56, 8);
            if (!(number_at(r + 54, 2) & STATUS_VALID))
                continue;
            if (pass == 0 && when > *ret_latest)
                *ret_latest = when;
            if (pass == 1 && *ret_latest - when < interval)
                ++*ret_count;
        }
}

/* write_tally(): what stays valid beside a failure of this moment. */
static int64_t faillock_one_more(struct str bytes, const struct pam_lock *lock,
                                 const struct pam_scenario *in, int64_t now, int64_t count,
                                 int64_t latest)
{
    int64_t expiry = in->uid == 0 ? lock->root_unlock.value : lock->unlock.value, kept = 0;
    if (lock->deny.value && count >= lock->deny.value && expiry && latest + expiry < now)
        return 1;
    for (size_t i = 0; i < bytes.n / RECORD && i < RECORDS_MAX; i++) {
        const char *r = bytes.p + i * RECORD;
        kept += (number_at(r + 54, 2) & STATUS_VALID) &&
                now - (int64_t)number_at(r + 56, 8) < lock->interval.value;
    }
    return kept + 1;
}

static const struct pam_lock *lock_of(const struct pam_service *s, const char *store)
{
    const struct pam_stack *k = &s->stacks[PAM_GROUP_AUTH];
    for (size_t i = 0; i < k->n; i++) {
        const struct pam_handler *h = &k->v[i];
        if (!h->model || !h->settings ||
            (h->model->prepare != pam_prepare_faillock && h->model->prepare != pam_prepare_tally2))
            continue;
        const struct pam_lock *lock = h->settings;
        if (cstr_eq(lock->store, store))
            return lock;
    }
    return NULL;
}

struct tally {
    int64_t count, latest;
};

static struct tally read_store(struct access_run *run, const struct pam_service *s,
                               const char *store, const struct pam_scenario *in, bool one_more)
{
    struct root *r = run->host->root;
    const char *path = strchr(store, ':') + 1;
    struct str bytes = {0};
    struct tally t = {0};
    if (cstr_starts(store, "faillock:")) {
        const struct pam_lock *lock = lock_of(s, store);
        if (!lock)
            return t;
        if (root_read(r, arena_printf(run->host->arena, "%s/%s", path, in->user), &bytes) < 0)
            bytes.n = 0;
        faillock_records(bytes, lock->interval.value, &t.count, &t.latest);
        if (one_more)
            t.count = faillock_one_more(bytes, lock, in, run->host->now, t.count, t.latest);
    } else {
        if (root_read(r, path, &bytes) == 0 && in->uid >= 0 && bytes.n / RECORD > (size_t)in->uid) {
            const char *record = bytes.p + (size_t)in->uid * RECORD;
            t.count = (int64_t)number_at(record + 54, 2);
            t.latest = (int64_t)number_at(record + 56, 8);
        }
        t.count += one_more;
    }
    if (one_more)
        t.latest = run->host->now;
    return t;
}

void access_tallies(struct access_run *run, const char *service, struct pam_scenario *in,
                    unsigned one_more)
{
    const struct pam_service *s;
    struct strings stores = {0};
    struct text why;
    if (!in->user || strchr(in->user, '/') || pam_service(run->host, service, &s, &why) < 0)
        return;
    pam_stores(run->host, s, &stores);
    for (size_t i = 0; i < stores.n && i < PAM_STORES_MAX; i++) {
        struct tally t = read_store(run, s, stores.v[i], in, one_more >> i & 1);
        in->failures[i] = t.count;
        if (t.count && t.latest <= run->host->now)
            in->since_failure = run->host->now - t.latest;
    }
}
