/* Passwords: judged, read from descriptors, made into hashes; never kept longer than that. */
#include <stdlib.h>
#include <string.h>

#include "cli/setup_session.h"
#include "effective/pam_password.h"
#include "effective/password_hash.h"
#include "format/yaml.h"
#include "root/own.h"
#include "root/pwquality.h"

enum { PASSWORD_LONGEST = 512, SHORTEST_FLOOR = 8 };

static int64_t parameter(const struct policy *p, const char *rule, const char *name, int64_t none)
{
    vec_each (item, &p->items)
        vec_each (r, &item->rules) {
            if (!cstr_eq(r->id, rule))
                continue;
            vec_each (param, &r->params)
                if (cstr_eq(param->name, name) && param->value.kind == VALUE_NUMBER)
                    return param->value.number;
        }
    return none;
}

static int classes_of(const char *password)
{
    bool upper = false, lower = false, digit = false, other = false;
    for (const char *p = password; *p; p++) {
        upper = upper || (*p >= 'A' && *p <= 'Z');
        lower = lower || (*p >= 'a' && *p <= 'z');
        digit = digit || (*p >= '0' && *p <= '9');
        other = other ||
                !((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'));
    }
    return upper + lower + digit + other;
}

/* Is the account's name, forwards or backwards, in it? */
static bool holds_name(struct arena *a, const char *password, const char *name)
{
    size_t n = strlen(name);
    char *back = arena_strdup(a, name);
    if (n < 3)
        return false;
    for (size_t i = 0; i < n; i++)
        back[i] = name[n - 1 - i];
    return strcasestr(password, name) || strcasestr(password, back);
}

/* A word of the list, whatever its capitals; %n and %N are the account's name. */
static bool is_listed(struct setup_session *s, const char *password)
{
    struct str bytes;
    const struct yaml_value *top;
    struct problems problems = {.arena = s->i->arena};
    if (policy_data(s->policy, "data/weak-passwords.yaml", &bytes) < 0 ||
        yaml_read(s->i->arena, "weak-passwords.yaml", bytes, &top, &problems) < 0)
        return false;
    const struct yaml_value *words = yaml_member(top, "words");
    for (size_t k = 0; words && k < words->items.n; k++)
        if (words->items.v[k].text && cstr_eq_nocase(words->items.v[k].text, password))
            return true;
    return false;
}

bool setup_password_is_good(struct setup_session *s, const char *account, const char *password,
                            struct text *ret_why)
{
    struct arena *a = s->i->arena;
    struct pam_password now;
    pam_password(s->host, "passwd", &now);
    int64_t length = parameter(s->policy, "password-complexity", "length-set", SHORTEST_FLOOR);
    int64_t classes = parameter(s->policy, "password-complexity", "classes", 3);
    if (now.quality == PAM_ACCEPTED && now.min_length > length)
        length = now.min_length;
    if (now.quality == PAM_ACCEPTED && now.required_classes > classes)
        classes = now.required_classes;
    const char *message = NULL;
    if ((int64_t)strlen(password) < length)
        *ret_why =
            text_make(a, "too short: at least %d characters", "太短：至少 %d 个字符", (int)length);
    else if (strlen(password) > PASSWORD_LONGEST || strpbrk(password, "\r\n"))
        *ret_why = TEXT("too long, or with a line break", "太长或含换行");
    else if (classes_of(password) < classes)
        *ret_why =
            text_make(a, "too simple: at least %d of capitals, small letters, digits and others",
                      "太简单：大写、小写、数字、其他字符中至少 %d 类", (int)classes);
    else if (holds_name(a, password, account))
        *ret_why = text_make(a, "it holds the name %s", "口令含有账户名 %s", account);
    else if (is_listed(s, password))
        *ret_why =
            TEXT("it is one of the passwords that are tried first", "这是最先被尝试的常见口令之一");
    else if (live_password_quality(s->root, account, password, &message) == 0 && message)
        *ret_why = text_make(a, "libpwquality: %s", "libpwquality：%s", message);
    else
        return true;
    return false;
}

static int read_one(struct setup_session *s, struct setup_person *p)
{
    _cleanup_buf_ struct buf b = {0};
    struct arena *a = s->i->arena;
    struct err e = {.arena = a};
    struct text why = {0};
    if (p->password_fd < 0)
        return 0;
    int r =
        own_read_input(arena_printf(a, "/dev/fd/%d", p->password_fd), PASSWORD_LONGEST + 2, &b, &e);
    while (b.len && (b.data[b.len - 1] == '\n' || b.data[b.len - 1] == '\r'))
        b.data[--b.len] = '\0';
    if (r < 0)
        why = e.message;
    else if (!b.len || strlen(b.data) != b.len)
        why = TEXT("no password came from it", "未读到口令");
    else if (setup_password_is_good(s, p->name, b.data, &why) &&
             password_hash_make(s->host, b.data, &p->hash) < 0)
        why = TEXT("no hash of it can be made here", "此处无法生成散列");
    if (b.data)
        explicit_bzero(b.data, b.cap);
    if (!why.en)
        return 0;
    return complain(s->i, EXIT_ERROR,
                    text_concat(a,
                                text_make(a, "password_fd %d, for %s: ", "password_fd %d（%s）：",
                                          p->password_fd, p->name),
                                why));
}

int setup_read_passwords(struct setup_session *s)
{
    int result = 0;
    for (int i = 0; i <= SETUP_ROLES; i++) {
        int r = read_one(s, i < SETUP_ROLES ? &s->answers.people[i] : &s->answers.root);
        result = r ? r : result;
    }
    return result;
}
