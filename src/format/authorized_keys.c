#include "format/authorized_keys.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

enum { KEY_BYTES_MAX = 1 << 16, ENVIRONMENT_NAME_MAX = 1024 };

static const char *const types[] = {
    "ssh-ed25519",
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
};

bool authorized_keys_type(struct str type)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (str_is(type, types[i]))
            return true;
    return false;
}

static bool is_certificate(struct str type)
{
    return str_ends(type, "-cert-v01@openssh.com") || str_ends(type, "-cert-v00@openssh.com");
}

/* ---- the blob ---- */

static int digit(char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* b64_pton(): blanks are passed over, the padding is exact. False: not base64. */
static bool decode(struct str text, unsigned char *out, size_t *ret_n)
{
    unsigned held = 0, count = 0;
    size_t n = 0, i = 0;
    for (; i < text.n && text.p[i] != '='; i++) {
        if (strchr(" \t\r\n\v\f", text.p[i]) && text.p[i])
            continue;
        int d = digit(text.p[i]);
        if (d < 0)
            return false;
        held = held << 6 | (unsigned)d;
        if (++count % 4 == 0)
            for (int k = 2; k >= 0; k--)
                out[n++] = (unsigned char)(held >> (8 * k));
    }
    unsigned padding = 0;
    for (; i < text.n; i++) {
        if (text.p[i] == '=')
            padding++;
        else if (!strchr(" \t\r\n\v\f", text.p[i]) || !text.p[i])
            return false;
    }
    unsigned rest = count % 4;
    if (rest == 1 || (rest == 0 ? padding != 0 : padding != 4 - rest))
        return false;
    if (rest == 2)
        out[n++] = (unsigned char)(held >> 4);
    if (rest == 3) {
        out[n++] = (unsigned char)(held >> 10);
        out[n++] = (unsigned char)(held >> 2);
    }
    if ((rest == 2 && (held & 15)) || (rest == 3 && (held & 3)))
        return false; /* bits behind the end */
    *ret_n = n;
    return true;
}

/* A string of the ssh wire format: length, bytes. */
static bool take(struct str *rest, struct str *ret)
{
    if (rest->n < 4)
        return false;
    const unsigned char *p = (const unsigned char *)rest->p;
    size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (n > rest->n - 4)
        return false;
    *ret = (struct str){rest->p + 4, n};
    *rest = (struct str){rest->p + 4 + n, rest->n - 4 - n};
    return true;
}

static unsigned bits_of(struct str number)
{
    while (number.n && !*number.p)
        number = str_slice(number, 1, number.n);
    if (!number.n)
        return 0;
    unsigned bits = 8 * (unsigned)number.n;
    for (unsigned top = (unsigned char)*number.p; !(top & 0x80); top <<= 1)
        bits--;
    return bits;
}

/* How many strings stand behind the type: sshkey_from_blob_internal(). */
static unsigned parts_of(struct str type)
{
    if (str_is(type, "ssh-dss"))
        return 4;
    if (str_is(type, "ssh-ed25519"))
        return 1;
    return str_is(type, "sk-ecdsa-sha2-nistp256@openssh.com") ? 3 : 2;
}

static bool blob_is_sound(struct arena *a, struct str type, struct str text, unsigned *ret_bits)
{
    if (text.n > KEY_BYTES_MAX)
        return false;
    unsigned char *bytes = arena_alloc(a, text.n + 4);
    struct str rest = {(const char *)bytes, 0}, name, part = {0};
    if (!decode(text, bytes, &rest.n) || !take(&rest, &name) || !str_eq(name, type))
        return false;
    for (unsigned i = 0; i < parts_of(type); i++) {
        if (!take(&rest, &part) || part.n == 0)
            return false;
        bool curve_key =
            str_is(type, "ssh-ed25519") || (i == 0 && str_is(type, "sk-ssh-ed25519@openssh.com"));
        if (curve_key && part.n != 32)
            return false;
    }
    *ret_bits = str_is(type, "ssh-rsa") ? bits_of(part) : 0;
    return rest.n == 0;
}

/* ---- options ---- */

static bool starts_nocase(struct str s, const char *word)
{
    size_t n = strlen(word);
    return s.n >= n && strncasecmp(s.p, word, n) == 0;
}

/* opt_flag(): the word, behind "no-" where that is allowed. */
static bool take_flag(struct str *rest, const char *word, bool negates, bool *ret_on)
{
    struct str s = *rest;
    *ret_on = !(negates && starts_nocase(s, "no-"));
    if (!*ret_on)
        s = str_slice(s, 3, s.n);
    if (!starts_nocase(s, word))
        return false;
    *rest = str_slice(s, strlen(word), s.n);
    return true;
}

/* opt_match() and opt_dequote(): NULL value: the quotes are missing. */
static bool take_value(struct arena *a, struct str *rest, const char *word, const char **ret)
{
    size_t n = strlen(word);
    if (!starts_nocase(*rest, word) || rest->n <= n || rest->p[n] != '=')
        return false;
    *ret = NULL;
    struct str s = str_slice(*rest, n + 1, rest->n);
    if (!s.n || *s.p != '"')
        return true;
    char *value = arena_alloc(a, s.n + 1);
    size_t used = 0, i = 1;
    for (; i < s.n && s.p[i] != '"'; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '"')
            i++;
        value[used++] = s.p[i];
    }
    if (i == s.n)
        return true;
    *ret = value;
    *rest = str_slice(s, i + 1, s.n);
    return true;
}

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* parse_absolute_time(): YYYYMMDD[HHMM[SS]], "Z" or "UTC" behind it for UTC. */
static bool parse_time(const char *text, int64_t *ret, bool *ret_local)
{
    struct str s = str_of(text);
    *ret_local = true;
    if (s.n > 1 && strcasecmp(text + s.n - 1, "z") == 0) {
        s.n -= 1;
        *ret_local = false;
    } else if (s.n > 3 && strcasecmp(text + s.n - 3, "utc") == 0) {
        s.n -= 3;
        *ret_local = false;
    }
    if (s.n != 8 && s.n != 12 && s.n != 14)
        return false;
    int64_t v[6] = {0};
    static const size_t at[] = {0, 4, 6, 8, 10, 12, 14};
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    for (size_t i = 0; i < 6 && at[i] < s.n; i++)
        (void)str_to_int64(str_slice(s, at[i], at[i + 1]), 10, &v[i]);
    if (v[0] < 1970 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 ||
        v[5] > 60)
        return false;
    *ret = days_of(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5];
    return true;
}

static bool environment_is_sound(const char *value)
{
    static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    size_t n = strcspn(value, "=");
    return value[n] && n > 0 && n <= ENVIRONMENT_NAME_MAX && strspn(value, name) >= n;
}

/* "host:port", "[host]:port"; of permitlisten also "port" alone. */
static bool permit_is_sound(const char *value, bool listen)
{
    const char *colon = strrchr(value, ':'), *port = colon ? colon + 1 : value;
    int64_t n;
    if (!colon && !listen)
        return false;
    return strcmp(port, "*") == 0 ||
           (str_to_int64(str_of(port), 10, &n) == 0 && n > 0 && n < 65536);
}

static bool is_tunnel(const char *value)
{
    return strcasecmp(value, "any") == 0 || strspn(value, "0123456789:any") == strlen(value);
}

/* One option with a value; *ret_bad: sshd refuses the line for it. */
static bool take_valued(struct arena *a, struct str *rest, struct authorized_key *k, bool *ret_bad)
{
    static const char *const words[] = {"command",     "principals", "from",         "expiry-time",
                                        "environment", "permitopen", "permitlisten", "tunnel"};
    const char *value = NULL;
    size_t i = 0;
    while (i < ARRAY_SIZE(words) && !take_value(a, rest, words[i], &value))
        i++;
    if (i == ARRAY_SIZE(words))
        return false;
    int64_t when = 0;
    bool local = false;
    *ret_bad = !value;
    if (!value)
        return true;
    switch (i) {
    case 0:
        *ret_bad = k->forced_command;
        k->forced_command = true;
        break;
    case 1:
        *ret_bad = k->principals;
        k->principals = true;
        break;
    case 2:
        *ret_bad = k->from != NULL;
        k->from = value;
        break;
    case 3:
        *ret_bad = !parse_time(value, &when, &local);
        if (!*ret_bad && (!k->expires || when < k->expires))
            k->expires = when;
        k->expires_local |= local;
        break;
    case 4:
        *ret_bad = !environment_is_sound(value);
        break;
    case 5:
    case 6:
        *ret_bad = !permit_is_sound(value, i == 6);
        break;
    case 7:
        *ret_bad = !is_tunnel(value);
        break;
    default:
        break;
    }
    return true;
}

/* sshauthopt_parse(): false: the line is passed over. */
static bool read_options(struct arena *a, struct authorized_key *k)
{
    static const char *const plain[] = {"port-forwarding", "agent-forwarding", "x11-forwarding",
                                        "touch-required", "user-rc"};
    struct str rest = k->options;
    while (rest.n) {
        bool on, bad = false, found = false;
        if (take_flag(&rest, "restrict", false, &on)) {
            found = k->no_pty = true;
        } else if (take_flag(&rest, "cert-authority", false, &on)) {
            found = k->cert_authority = true;
        } else if (take_flag(&rest, "pty", true, &on)) {
            found = true;
            k->no_pty = !on;
        } else if (take_flag(&rest, "verify-required", true, &on)) {
            found = true;
            k->verify_required = on;
        }
        for (size_t i = 0; !found && i < ARRAY_SIZE(plain); i++)
            found = take_flag(&rest, plain[i], true, &on);
        if (!found && take_valued(a, &rest, k, &bad) && bad)
            return false;
        if (!rest.n)
            return true;
        if (*rest.p != ',' || rest.n == 1)
            return false;
        rest = str_slice(rest, 1, rest.n);
    }
    return true;
}

/* ---- lines ---- */

static struct str skip_blanks(struct str s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = str_slice(s, 1, s.n);
    return s;
}

static size_t word_length(struct str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    return n;
}

/* sshkey_read(): type, blob, comment. False: no key begins here. */
static bool read_key(struct arena *a, struct str s, struct authorized_key *k)
{
    size_t n = word_length(s);
    struct str type = str_slice(s, 0, n);
    if (n == s.n || (!authorized_keys_type(type) && !is_certificate(type)))
        return false;
    s = skip_blanks(str_slice(s, n, s.n));
    n = word_length(s);
    struct str blob = str_trim(str_slice(s, 0, n));
    unsigned bits = 0;
    if (!is_certificate(type) && !blob_is_sound(a, type, blob, &bits))
        return false;
    k->type = type;
    k->blob = blob;
    k->bits = bits;
    k->comment = str_trim(str_slice(s, n, s.n));
    return true;
}

/* sshkey_advance_past_options(): SIZE_MAX: a quote is not closed. */
static size_t options_length(struct str s)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < s.n && (quoted || (s.p[i] != ' ' && s.p[i] != '\t')); i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '"')
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
    }
    return i == s.n && quoted ? SIZE_MAX : i;
}

static void read_line(struct arena *a, struct str s, struct authorized_key *k)
{
    if (!read_key(a, s, k)) {
        size_t n = options_length(s);
        k->options = str_slice(s, 0, n == SIZE_MAX ? s.n : n);
        if (n == SIZE_MAX) {
            k->bad = TEXT("a quote is not closed", "引号未闭合");
            return;
        }
        if (!read_key(a, skip_blanks(str_slice(s, n, s.n)), k)) {
            k->bad = TEXT("no key that sshd can read", "没有 sshd 可识别的密钥");
            return;
        }
    }
    if (!read_options(a, k))
        k->bad = TEXT("options that sshd refuses", "sshd 不接受的选项");
    else if (k->principals && !k->cert_authority) /* auth_authorise_keyopts() */
        k->bad = TEXT("principals= on a key that is no cert-authority",
                      "principals= 用于非 cert-authority 的密钥");
    else if (is_certificate(k->type))
        k->bad = TEXT("a certificate instead of a key", "是证书而不是密钥");
}

void authorized_keys_parse(struct arena *a, struct str bytes, struct authorized_keys *ret)
{
    struct str rest = bytes, line;
    unsigned number = 0;
    while (str_next_line(&rest, &line)) {
        int nul = str_index(line, '\0');
        struct authorized_key key = {.line = ++number};
        if (nul >= 0)
            line = str_slice(line, 0, (size_t)nul);
        line = skip_blanks(line);
        if (!line.n || *line.p == '#')
            continue;
        read_line(a, line, &key);
        vec_push(a, ret, key);
    }
}
