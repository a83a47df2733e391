#include "engine/redact_value.h"

#include <ctype.h>
#include <stdbool.h>

#include "base/cleanup.h"

static void put(struct buf *ret, struct str s)
{
    buf_append(ret, s.p, s.n);
}

static char lower(char c)
{
    return (char)tolower((unsigned char)c);
}

static bool holds_nocase(struct str s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++) {
        size_t k = 0;
        while (k < n && lower(s.p[i + k]) == word[k])
            k++;
        if (k == n)
            return true;
    }
    return false;
}

static bool is_one_of(struct str s, const char *const *list)
{
    for (; *list; list++)
        if (str_is_nocase(s, *list))
            return true;
    return false;
}

/* ---- names ---- */

static bool is_secret_name(struct str name)
{
    static const char *const parts[] = {
        "password", "passwd",  "passphrase", "secret",     "token",     "credential",
        "apikey",   "api_key", "api-key",    "privatekey", "accesskey", "private_key",
        "bindpw",   "authtok", "access_key", "passcode",   "auth_pass", NULL};
    static const char *const whole[] = {"pwd", "pw", "psk", "pass", "community", "userpass", NULL};
    static const char *const ends[] = {"_pwd", "_pw", "_pass", ".pwd", "-pass", NULL};
    /* Settings about passwords that hold none: sshd_config(5), sudoers(5), pam_unix(8), the results
     * of pam.conf(5). */
    static const char *const harmless[] = {"PasswordAuthentication",
                                           "PermitEmptyPasswords",
                                           "NumberOfPasswordPrompts",
                                           "passwd_tries",
                                           "passwd_timeout",
                                           "TokenAccounting",
                                           "passwd_warn",
                                           "new_authtok_reqd",
                                           "authtok_err",
                                           "authtok_recover_err",
                                           "authtok_recovery_err",
                                           "authtok_lock_busy",
                                           "authtok_disable_aging",
                                           "authtok_expired",
                                           "authtok_type",
                                           "KerberosOrLocalPasswd",
                                           NULL};
    if (is_one_of(name, harmless))
        return false;
    if (is_one_of(name, whole))
        return true;
    for (const char *const *p = parts; *p; p++)
        if (holds_nocase(name, *p))
            return true;
    for (const char *const *p = ends; *p; p++) {
        size_t n = strlen(*p);
        if (name.n > n && str_is_nocase(str_slice(name, name.n - n, name.n), *p))
            return true;
    }
    return false;
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

/* ---- hashes ---- */

static bool is_hash(char c)
{
    return isalnum((unsigned char)c) || strchr("./=,$+-_", c);
}

/* The length of a hash that begins here, of which the first *ret_kept bytes say its kind. */
static size_t hash_at(struct str s, size_t *ret_kept)
{
    size_t i = 1, n;
    if (s.n && s.p[0] == '$') {
        while (i < s.n && i < 8 && isalnum((unsigned char)s.p[i]))
            i++;
    } else if (s.n && s.p[0] == '{') { /* {SSHA}… of LDAP */
        while (i < s.n && i < 16 && (isupper((unsigned char)s.p[i]) || isdigit(s.p[i])))
            i++;
    } else if (str_starts(s, "grub.pbkdf2.")) {
        i = strlen("grub.pbkdf2");
    } else {
        return 0;
    }
    if (i < 2 || i >= s.n || !strchr("$}.", s.p[i]))
        return 0;
    for (n = ++i; n < s.n && is_hash(s.p[n]);)
        n++;
    if (n < i + 8)
        return 0;
    *ret_kept = i;
    return n;
}

size_t redact_password_field(struct str field, struct buf *ret)
{
    static const char *const states[] = {"",   "x",  "*",  "!",    "!!",   "!*", "*!",
                                         "!x", "NP", "LK", "*LK*", "*NP*", NULL};
    size_t kept = 0, locks = 0;
    if (is_one_of(field, states)) {
        put(ret, field);
        return 0;
    }
    while (locks < field.n && locks < 2 && field.p[locks] == '!')
        locks++;
    put(ret, str_slice(field, 0, locks));
    struct str hash = str_slice(field, locks, field.n);
    if (hash_at(hash, &kept))
        put(ret, str_slice(hash, 0, kept));
    buf_puts(ret, REDACTED);
    return 1;
}

/* ---- one place in a line ---- */

/* The user information of "://user:password@host" that begins at s; what is kept of it. */
static size_t userinfo_at(struct str s, size_t *ret_kept)
{
    size_t colon = 0;
    for (size_t i = 0; i < s.n && i < 512; i++) {
        if (s.p[i] == '@') {
            *ret_kept = colon;
            return i;
        }
        if (s.p[i] == ':' && !colon)
            colon = i + 1;
        if (isspace((unsigned char)s.p[i]) || strchr("/\"'", s.p[i]))
            return 0;
    }
    return 0;
}

static size_t blanks(struct str s, size_t i)
{
    while (i < s.n && isspace((unsigned char)s.p[i]))
        i++;
    return i;
}

/* Where the value that begins at i ends. */
static size_t value_end(struct str s, size_t i, bool one_word, char closing)
{
    if (i < s.n && (s.p[i] == '"' || s.p[i] == '\'')) {
        for (size_t k = i + 1; k < s.n; k++)
            if (s.p[k] == s.p[i] && s.p[k - 1] != '\\')
                return k + 1;
        return s.n;
    }
    for (size_t k = i; k < s.n; k++)
        if (closing ? s.p[k] == closing : one_word && isspace((unsigned char)s.p[k]))
            return k;
    return s.n;
}

struct place {
    struct str line;
    size_t name, after; /* a name begins here and ends there */
    enum redact_words words;
};

/* The value of the secret name at p: from *ret_from, up to the return value; 0: it has none. */
static size_t secret_value(const struct place *p, size_t *ret_from)
{
    struct str s = p->line;
    struct str name = str_slice(s, p->name, p->after);
    size_t next = blanks(s, p->after);
    char before = 0;
    if (p->name)
        before = s.p[p->name - 1];
    bool leads = blanks(s, 0) == p->name;
    bool option = before == '-' || (name.n && name.p[0] == '-');
    option = option && !(leads && p->words == WORDS_PAM); /* "-password": pam.conf(5) */
    if (next < s.n && (s.p[next] == '=' || (s.p[next] == ':' && p->words == WORDS_FREE))) {
        *ret_from = blanks(s, next + 1);
        return value_end(s, *ret_from, p->words != WORDS_FREE || option, before == '[' ? ']' : 0);
    }
    if (next == p->after || next >= s.n || (p->words == WORDS_PAM && !option))
        return 0;
    if (option || str_is(name, "pw")) {
        *ret_from = next;
        return value_end(s, next, true, 0);
    }
    if (leads) {
        *ret_from = next;
        return s.n;
    }
    return 0;
}

/* Arguments by position: rsyslog's old ":ommysql:host,db,user,password", "mysql -ppassword". */
static size_t known_place(struct str s, size_t i, size_t *ret_from)
{
    struct str rest = str_slice(s, i, s.n);
    static const char *const outputs[] = {":ommysql:", ":ompgsql:", ":omlibdbi:", NULL};
    for (const char *const *o = outputs; *o; o++)
        if (str_starts(rest, *o)) {
            *ret_from = i + strlen(*o);
            return s.n;
        }
    if (i && isspace((unsigned char)s.p[i - 1]) && str_starts(rest, "-p") &&
        (holds_nocase(s, "mysql") || holds_nocase(s, "mariadb") || holds_nocase(s, "sshpass"))) {
        *ret_from = blanks(s, i + 2);
        return value_end(s, *ret_from, true, 0);
    }
    if (i && isspace((unsigned char)s.p[i - 1]) &&
        (str_starts(rest, "-u ") || str_starts(rest, "--user ")) && holds_nocase(s, "curl")) {
        *ret_from = blanks(s, i + (str_starts(rest, "-u") ? 2 : 6));
        return value_end(s, *ret_from, true, 0);
    }
    if (holds_nocase(str_slice(rest, 0, 7), "bearer ")) {
        *ret_from = i + 7;
        return value_end(s, *ret_from, true, 0);
    }
    return 0;
}

/* What must go at i: it begins at *ret_from and ends at the return value; 0: nothing. */
static size_t secret_at(struct str s, size_t i, enum redact_words words, size_t *ret_from)
{
    struct str rest = str_slice(s, i, s.n);
    size_t kept = 0, n = hash_at(rest, &kept);
    if (n) {
        *ret_from = i + kept;
        return i + n;
    }
    if (str_starts(rest, "://") && (n = userinfo_at(str_slice(rest, 3, rest.n), &kept))) {
        *ret_from = i + 3 + kept;
        return i + 3 + n;
    }
    n = known_place(s, i, ret_from);
    if (n)
        return n;
    bool begins = is_name(s.p[i]) && (i == 0 || (!is_name(s.p[i - 1]) && s.p[i - 1] != '/'));
    if (!begins)
        return 0;
    struct place p = {.line = s, .name = i, .after = i, .words = words};
    while (p.after < s.n && is_name(s.p[p.after]))
        p.after++;
    return is_secret_name(str_slice(s, i, p.after)) ? secret_value(&p, ret_from) : 0;
}

size_t redact_values(struct str line, enum redact_words words, struct buf *ret)
{
    size_t removed = 0, done = 0;
    for (size_t i = 0; i < line.n; i++) {
        size_t from = 0, to = secret_at(line, i, words, &from);
        if (!to || to <= from)
            continue;
        put(ret, str_slice(line, done, from));
        buf_puts(ret, REDACTED);
        removed++;
        done = to;
        i = to - 1;
    }
    put(ret, str_slice(line, done, line.n));
    return removed;
}

/* ---- files that set variables or run programs ---- */

static bool is_known_variable(struct str name)
{
    static const char *const known[] = {"TMOUT",
                                        "PATH",
                                        "UMASK",
                                        "HISTSIZE",
                                        "HISTFILESIZE",
                                        "HISTTIMEFORMAT",
                                        "LANG",
                                        "SHELL",
                                        "HISTCONTROL",
                                        "MAILTO",
                                        "autologout",
                                        "SSHD_OPTS",
                                        "HOME",
                                        "OPTIONS",
                                        "CRYPTO_POLICY",
                                        "TZ",
                                        NULL};
    return is_one_of(name, known) || str_starts(name, "LC_");
}

/* NAME=VALUE …: values of names that are not known go. */
static size_t redact_assignments(struct str s, struct buf *ret)
{
    size_t removed = 0;
    for (size_t i = 0; i < s.n;) {
        size_t word = blanks(s, i), equals = word;
        while (equals < s.n && (is_name(s.p[equals]) || s.p[equals] == '"'))
            equals++;
        put(ret, str_slice(s, i, word));
        struct str name = str_slice(s, word, equals);
        if (name.n && name.p[0] == '"')
            name = str_slice(name, 1, name.n);
        if (equals < s.n && s.p[equals] == '=') {
            size_t quoted = name.n != equals - word;
            i = quoted ? value_end(s, word, true, 0) : value_end(s, equals + 1, true, 0);
            put(ret, name);
            buf_putc(ret, '=');
            if (is_known_variable(name) && !quoted) {
                removed += redact_values(str_slice(s, equals + 1, i), WORDS_FREE, ret);
            } else {
                buf_puts(ret, REDACTED);
                removed++;
            }
            continue;
        }
        i = value_end(s, word, true, 0);
        if (i == equals) {
            put(ret, str_slice(s, word, i)); /* a name without a value, an option */
        } else if (i > word) {
            buf_puts(ret, REDACTED);
            removed++;
        }
    }
    return removed;
}

size_t redact_unit(struct str line, struct buf *ret)
{
    int equals = str_index(line, '=');
    struct str key = str_trim(str_slice(line, 0, equals < 0 ? 0 : (size_t)equals));
    bool starts_key = line.n && isupper((unsigned char)line.p[0]) && equals > 0;
    if (!str_trim(line).n || strchr("#;[", line.p[0])) {
        put(ret, line);
        return 0;
    }
    if (!starts_key) { /* the rest of a line before: of what, is not known here */
        buf_puts(ret, REDACTED);
        return 1;
    }
    if (str_is(key, "Environment") || str_is(key, "DefaultEnvironment") ||
        str_is(key, "PassEnvironment")) {
        put(ret, str_slice(line, 0, (size_t)equals + 1));
        return redact_assignments(str_slice(line, (size_t)equals + 1, line.n), ret);
    }
    return redact_values(line, WORDS_FREE, ret);
}

static bool is_plain_test(struct str s)
{
    static const char *const shown[] = {"TMOUT", "UID", "id -", "PS1", ".sh", "umask", NULL};
    for (const char *const *w = shown; *w; w++)
        if (memmem(s.p, s.n, *w, strlen(*w)))
            return true;
    return false;
}

/* One command: shown where it sets the umask, limits or variables, or only steers. */
static size_t redact_command(struct str s, struct buf *ret)
{
    static const char *const steering[] = {"then", "do",   "else",   "if", "elif", "while",
                                           "{",    "}",    "(",      ")",  "!",    "fi",
                                           "done", "esac", "return", "in", NULL};
    static const char *const setting[] = {"export", "readonly", "declare", "typeset",
                                          "set",    "setenv",   NULL};
    static const char *const plain[] = {"umask", "ulimit", "mesg", "unset", ".", "source", NULL};
    struct str rest = s, word, before;
    for (before = rest; str_next_word(&rest, &word) && is_one_of(word, steering);)
        before = rest;
    put(ret, str_slice(s, 0, s.n - before.n));
    if (!str_trim(before).n)
        return 0;
    rest = before;
    (void)str_next_word(&rest, &word);
    if (is_one_of(word, plain))
        return redact_values(before, WORDS_FREE, ret);
    if (is_one_of(word, setting)) {
        put(ret, str_slice(before, 0, before.n - rest.n));
        return redact_assignments(rest, ret);
    }
    int equals = str_index(word, '=');
    if (equals > 0 && is_name(word.p[0]))
        return redact_assignments(before, ret);
    bool test =
        str_is(word, "[") || str_is(word, "[[") || str_is(word, "test") || str_is(word, "for");
    if (test && is_plain_test(before))
        return redact_values(before, WORDS_FREE, ret);
    buf_puts(ret, REDACTED);
    return 1;
}

size_t redact_shell(struct str line, struct buf *ret)
{
    size_t removed = 0, begin = 0;
    if (line.n && line.p[blanks(line, 0) < line.n ? blanks(line, 0) : 0] == '#') {
        put(ret, line);
        return 0;
    }
    for (size_t i = 0; i <= line.n; i++) {
        if (i < line.n && !strchr(";&|", line.p[i]))
            continue;
        if (i > begin)
            removed += redact_command(str_slice(line, begin, i), ret);
        if (i < line.n)
            buf_putc(ret, line.p[i]);
        begin = i + 1;
    }
    return removed;
}

size_t redact_cron(struct str line, struct buf *ret)
{
    struct str rest = line, word, trimmed = str_trim(line);
    if (!trimmed.n || trimmed.p[0] == '#') {
        put(ret, line);
        return 0;
    }
    if (isalpha((unsigned char)trimmed.p[0]))
        return redact_assignments(line, ret);
    size_t words = trimmed.p[0] == '@' ? 3 : 7; /* time, user, program */
    for (size_t k = 1; str_next_word(&rest, &word); k++) {
        if (k > 1)
            buf_putc(ret, ' ');
        if (k > words || (k == words && str_index(word, '=') >= 0)) {
            buf_puts(ret, REDACTED);
            return 1;
        }
        put(ret, word);
    }
    return 0;
}
