/*
 * The arguments of one line as values, spelled as dump_config() prints them: the cases of
 * process_server_config_line_depth() in servconf.c.
 */
#include "effective/sshd_parts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>

#include "base/cleanup.h"

int sshd_refuse(struct sshd_parsing *p, struct text what, const char *argument)
{
    if (p->why && argument) {
        p->why->message.en = arena_printf(p->arena, "%s: %s \"%s\"", p->keyword, what.en, argument);
        p->why->message.zh = arena_printf(p->arena, "%s：%s \"%s\"", p->keyword, what.zh, argument);
    } else if (p->why) {
        p->why->message.en = arena_printf(p->arena, "%s: %s", p->keyword, what.en);
        p->why->message.zh = arena_printf(p->arena, "%s：%s", p->keyword, what.zh);
    }
    return -EINVAL;
}

const char *sshd_next(struct sshd_parsing *p)
{
    if (p->next >= p->args.n)
        return NULL;
    const char *arg = p->args.v[p->next++];
    /* strdelim() loops stop at the first empty token */
    return p->how == SSHD_ARGUMENTS_DELIM && !*arg ? NULL : arg;
}

static int missing(struct sshd_parsing *p)
{
    return sshd_refuse(p, TEXT("no argument", "缺少参数"), NULL);
}

static int bad(struct sshd_parsing *p, const char *arg)
{
    return sshd_refuse(p, TEXT("sshd does not accept", "sshd 不接受"), arg);
}

static void give(struct sshd_parsing *p, struct strings *ret, const char *value)
{
    strings_add(p->arena, ret, value);
}

/* convtime() of misc.c */
int64_t sshd_time(const char *s)
{
    int64_t total = 0;
    if (!*s)
        return -1;
    while (*s) {
        char *end;
        errno = 0;
        long seconds = strtol(s, &end, 10);
        if (end == s || errno == ERANGE || seconds < 0)
            return -1;
        int64_t unit = 1;
        switch (tolower((unsigned char)*end)) {
        case '\0':
            end--;
            break;
        case 's':
            break;
        case 'm':
            unit = 60;
            break;
        case 'h':
            unit = 3600;
            break;
        case 'd':
            unit = 86400;
            break;
        case 'w':
            unit = 604800;
            break;
        default:
            return -1;
        }
        if (seconds > INT_MAX / unit || total + seconds * unit > INT_MAX)
            return -1;
        total += seconds * unit;
        s = end + 1;
    }
    return total;
}

static bool whole_number(const char *s, int64_t most, int64_t *ret)
{
    while (isspace((unsigned char)*s)) /* strtonum() reads with strtoll() */
        s++;
    int64_t n;
    if (str_to_int64(str_of(s), 10, &n) < 0 || n < 0 || n > most)
        return false;
    *ret = n;
    return true;
}

static int service_port(struct host *h, const char *name)
{
    struct str bytes, line, word;
    if (root_read(h->root, "/etc/services", &bytes) < 0)
        return -1;
    while (str_next_line(&bytes, &line)) {
        int hash = str_index(line, '#');
        struct str rest = hash < 0 ? line : str_slice(line, 0, (size_t)hash), first, port;
        if (!str_next_word(&rest, &first) || !str_next_word(&rest, &port) ||
            !str_ends(port, "/tcp"))
            continue;
        bool found = str_is(first, name);
        while (!found && str_next_word(&rest, &word))
            found = str_is(word, name);
        int64_t n;
        if (found && str_to_int64(str_slice(port, 0, port.n - 4), 10, &n) == 0 && n <= 65535)
            return (int)n;
    }
    return -1;
}

int sshd_port(struct host *h, const char *s)
{
    int64_t n;
    return whole_number(s, 65535, &n) ? (int)n : service_port(h, s);
}

static int word_value(struct sshd_parsing *p, const struct sshd_option *o, const char *arg,
                      struct strings *ret)
{
    for (const struct sshd_word *w = o->words; w->word; w++)
        if (o->kind == SSHD_WORD_CASE ? cstr_eq(w->word, arg) : cstr_eq_nocase(w->word, arg)) {
            give(p, ret, w->printed);
            return 0;
        }
    return bad(p, arg);
}

static const char *path_value(struct sshd_parsing *p, const char *arg)
{
    if (cstr_eq_nocase(arg, "none"))
        return "none";
    if (*arg == '/' || cstr_eq(arg, "SSH_AUTH_SOCK") || cstr_eq(arg, "internal"))
        return arg;
    if (*arg == '~' && (arg[1] == '/' || !arg[1]))
        return arena_printf(p->arena, "/root/%s", arg + 1 + strspn(arg + 1, "/"));
    return arena_printf(p->arena, "//%s", arg); /* getcwd() of a service is "/", and a slash */
}

static int methods_value(struct sshd_parsing *p, struct strings *ret)
{
    static const char *const known[] = {"none",
                                        "publickey",
                                        "password",
                                        "hostbased",
                                        "gssapi-keyex",
                                        "gssapi-with-mic",
                                        "keyboard-interactive"};
    bool any = false, seen = false;
    for (const char *arg; (arg = sshd_next(p)); seen = true) {
        if (any || (seen && cstr_eq(arg, "any")))
            return bad(p, arg);
        any = cstr_eq(arg, "any");
        struct str rest = str_of(arg), method;
        if (!*arg)
            return bad(p, arg);
        while (!any && str_next_field(&rest, ',', &method)) {
            int colon = str_index(method, ':');
            if (colon >= 0)
                method = str_slice(method, 0, (size_t)colon);
            size_t i = 0;
            while (i < ARRAY_SIZE(known) && !str_is(method, known[i]))
                i++;
            if (i == ARRAY_SIZE(known))
                return bad(p, arg);
        }
        give(p, ret, arg);
    }
    return seen ? 0 : missing(p);
}

/* hpdelim() of misc.c: "[host]:port", "host:port", "host/port"; *ret_port NULL: none given. */
static bool split_host(struct sshd_parsing *p, const char *arg, const char **ret_host,
                       const char **ret_port)
{
    const char *end = *arg == '[' ? strchr(arg, ']') : arg + strcspn(arg, ":/");
    if (!end)
        return false;
    bool brackets = *arg == '[';
    const char *after = end + brackets;
    if (*after && *after != ':' && *after != '/')
        return false;
    *ret_host = arena_strndup(p->arena, arg + brackets, (size_t)(end - arg) - brackets);
    *ret_port = *after ? after + 1 : NULL;
    return true;
}

static int open_value(struct sshd_parsing *p, const struct sshd_option *o, struct strings *ret)
{
    const char *arg = sshd_next(p);
    if (!arg || !*arg)
        return missing(p);
    if (cstr_eq(arg, "any") || cstr_eq(arg, "none")) {
        give(p, ret, arg);
        return 0;
    }
    for (; arg && *arg; arg = sshd_next(p)) {
        bool bare = o->kind == SSHD_LISTEN_PORTS && !strchr(arg, ':');
        const char *host = NULL, *port = NULL;
        if (bare)
            port = arg;
        else if (!split_host(p, arg, &host, &port))
            return bad(p, arg);
        if (!port)
            return bad(p, arg);
        if (!cstr_eq(port, "*") && sshd_port(p->host, port) < 0)
            return bad(p, arg);
        give(p, ret, bare ? arena_printf(p->arena, "*:%s", arg) : arg);
    }
    return 0;
}

/* USER_ENV: the words exactly as written; anything else is a pattern list. */
static int env_value(struct sshd_parsing *p, const struct sshd_option *o, struct strings *ret)
{
    struct strings names = {0};
    for (const char *arg; (arg = sshd_next(p));) {
        const char *equals = strchr(arg, '=');
        if (!*arg || (o->kind == SSHD_ENV ? equals != NULL : !equals))
            return bad(p, arg);
        if (o->kind == SSHD_SETENV) {
            const char *name = arena_strndup(p->arena, arg, (size_t)(equals - arg));
            if (strings_find(&names, name) >= 0)
                continue;
            strings_add(p->arena, &names, name);
        }
        give(p, ret, arg);
    }
    return 0;
}

/* parse_pattern_interval() of misc.c: "type=time" */
static bool channel_timeout(const char *arg)
{
    const char *equals = strchr(arg, '=');
    return cstr_eq_nocase(arg, "none") || (equals && equals > arg && sshd_time(equals + 1) >= 0);
}

static int list_value(struct sshd_parsing *p, const struct sshd_option *o, struct strings *ret)
{
    const bool none_alone = o->kind == SSHD_VERBATIM && p->args.n > 1;
    for (const char *arg; (arg = sshd_next(p));) {
        if (none_alone && cstr_eq_nocase(arg, "none"))
            return bad(p, arg);
        if (cstr_eq(o->name, "ChannelTimeout") && !channel_timeout(arg))
            return bad(p, arg);
        if (!*arg || (o->kind == SSHD_USERS && sshd_user_pattern(NULL, arg) < 0))
            return bad(p, arg);
        give(p, ret, arg);
    }
    return 0;
}

static int startups_value(struct sshd_parsing *p, const char *arg, struct strings *ret)
{
    int begin, rate, full;
    int n = sscanf(arg, "%9d:%9d:%9d", &begin, &rate, &full);
    if (n == 3) {
        if (begin > full || rate > 100 || rate < 1)
            return bad(p, arg);
        give(p, ret, arena_printf(p->arena, "%d:%d:%d", begin, rate, full));
        return 0;
    }
    if (n != 1)
        return bad(p, arg);
    /* "the rate keeps what it was": never set is printed as the default of 30 */
    give(p, ret, arena_printf(p->arena, "%d:30:%d", begin, begin));
    return 0;
}

static int netblock_value(struct sshd_parsing *p, const char *arg, struct strings *ret)
{
    int v4, v6 = 128;
    int n = sscanf(arg, "%9d:%9d", &v4, &v6);
    if (n < 1 || v4 < 0 || v4 > 32 || v6 < 0 || v6 > 128)
        return bad(p, arg);
    give(p, ret, arena_printf(p->arena, "%d:%d", v4, v6));
    return 0;
}

/* scan_scaled() of OpenBSD for whole numbers. */
static bool scaled(const char *s, int64_t *ret)
{
    static const char units[] = "BKMGTPE";
    size_t digits = strspn(s, "0123456789");
    int64_t n;
    if (!digits || str_to_int64((struct str){s, digits}, 10, &n) < 0)
        return false;
    const char *unit = s[digits] ? strchr(units, toupper((unsigned char)s[digits])) : units;
    if (!unit || !*unit || (s[digits] && s[digits + 1]))
        return false;
    for (ptrdiff_t i = unit - units; i > 0; i--)
        if (__builtin_mul_overflow(n, 1024, &n))
            return false;
    *ret = n;
    return true;
}

static int rekey_value(struct sshd_parsing *p, const char *arg, struct strings *ret)
{
    int64_t bytes = 0, seconds = 0;
    if (!cstr_eq(arg, "default") && (!scaled(arg, &bytes) || (bytes && bytes < 16)))
        return bad(p, arg);
    const char *interval = sshd_next(p);
    if (interval && !cstr_eq(interval, "none")) {
        seconds = sshd_time(interval);
        if (seconds < 0)
            return bad(p, interval);
    }
    bool given = interval && !cstr_eq(interval, "none");
    give(p, ret,
         given ? arena_printf(p->arena, "%lld %lld", (long long)bytes, (long long)seconds)
               : arena_printf(p->arena, "%lld -", (long long)bytes)); /* "-": a later line may */
    return 0;
}

static const char *qos_name(struct arena *a, const char *arg)
{
    static const struct {
        const char *name;
        int value;
    } known[] = {{"af11", 0x28},       {"af12", 0x30}, {"af13", 0x38},     {"af21", 0x48},
                 {"af22", 0x50},       {"af23", 0x58}, {"af31", 0x68},     {"af32", 0x70},
                 {"af33", 0x78},       {"af41", 0x88}, {"af42", 0x90},     {"af43", 0x98},
                 {"cs0", 0x00},        {"cs1", 0x20},  {"cs2", 0x40},      {"cs3", 0x60},
                 {"cs4", 0x80},        {"cs5", 0xa0},  {"cs6", 0xc0},      {"cs7", 0xe0},
                 {"ef", 0xb8},         {"le", 0x04},   {"lowdelay", 0x10}, {"throughput", 0x08},
                 {"reliability", 0x04}};
    if (cstr_eq_nocase(arg, "none"))
        return "none";
    int64_t n = -1;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (cstr_eq_nocase(known[i].name, arg))
            n = known[i].value;
    char *end = NULL;
    if (n < 0 && isdigit((unsigned char)*arg)) {
        errno = 0;
        n = strtol(arg, &end, 0);
        if (*end || errno || n > 255)
            return NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (known[i].value == n)
            return known[i].name;
    return n < 0 ? NULL : arena_printf(a, "0x%02x", (unsigned)n);
}

static int qos_value(struct sshd_parsing *p, const char *arg, struct strings *ret)
{
    const char *first = qos_name(p->arena, arg), *next = sshd_next(p);
    const char *second = next ? qos_name(p->arena, next) : first;
    if (!first || !second)
        return bad(p, first ? next : arg);
    give(p, ret, arena_printf(p->arena, "%s %s", first, second));
    return 0;
}

static int key_options_value(struct sshd_parsing *p, struct strings *ret)
{
    bool touch = false, verify = false;
    for (const char *arg; (arg = sshd_next(p));) {
        touch |= cstr_eq_nocase(arg, "touch-required");
        verify |= cstr_eq_nocase(arg, "verify-required");
        if (!cstr_eq_nocase(arg, "none") && !cstr_eq_nocase(arg, "touch-required") &&
            !cstr_eq_nocase(arg, "verify-required"))
            return bad(p, arg);
    }
    if (touch)
        give(p, ret, "touch-required");
    if (verify)
        give(p, ret, "verify-required");
    if (!touch && !verify)
        give(p, ret, "none");
    return 0;
}

static int listen_value(struct sshd_parsing *p, const char *arg, struct strings *ret)
{
    const char *host = arg, *port = NULL, *colon = strchr(arg, ':');
    bool bare_v6 = !strchr(arg, '[') && colon && strchr(colon + 1, ':');
    if (!bare_v6 && !split_host(p, arg, &host, &port))
        return bad(p, arg);
    static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789.-_:%";
    if (!*host || host[strspn(host, name_bytes)] || (port && sshd_port(p->host, port) <= 0))
        return bad(p, arg);
    if (sshd_next(p)) /* "rdomain X" is OpenBSD's: valid_rdomain() knows none here */
        return bad(p, "rdomain");
    const char *shown = strchr(host, ':') ? arena_printf(p->arena, "[%s]", host) : host;
    give(p, ret, port ? arena_printf(p->arena, "%s:%d", shown, sshd_port(p->host, port)) : shown);
    return 0;
}

/* The text behind the keyword, as str + strspn(str, WHITESPACE). */
static int rest_value(struct sshd_parsing *p, const struct sshd_option *o, struct strings *ret)
{
    const char *rest = p->rest ? p->rest + strspn(p->rest, " \t\r\n") : "";
    p->next = p->args.n;
    if (!p->rest || !*p->rest)
        return missing(p);
    if (o->kind == SSHD_COMMAND && *rest != '/' && !cstr_eq_nocase(rest, "none"))
        return bad(p, rest);
    if (o->kind == SSHD_ADDENDUM) {
        if (strchr(rest, '\r'))
            return bad(p, rest);
    }
    give(p, ret, cstr_eq_nocase(rest, "none") ? "none" : rest);
    return 0;
}

static int subsystem_value(struct sshd_parsing *p, const char *name, struct strings *ret)
{
    const char *command = sshd_next(p);
    if (!command || !*command)
        return missing(p);
    _cleanup_buf_ struct buf all = {0};
    buf_printf(&all, "%s %s", name, command);
    for (const char *arg; (arg = sshd_next(p));)
        buf_printf(&all, " %s", arg);
    give(p, ret, arena_strdup(p->arena, all.data));
    return 0;
}

static int number_value(struct sshd_parsing *p, const struct sshd_option *o, const char *arg,
                        struct strings *ret)
{
    int64_t n;
    const bool or_none = o->kind == SSHD_TIME && cstr_eq(o->builtin, "none");
    if (or_none && cstr_eq_nocase(arg, "none")) {
        give(p, ret, "none");
        return 0;
    }
    if (o->kind == SSHD_TIME) {
        n = sshd_time(arg);
        if (n < 0)
            return bad(p, arg);
        give(p, ret, arena_printf(p->arena, "%lld", (long long)n));
        return 0;
    }
    if (o->kind == SSHD_PER_SOURCE && cstr_eq(arg, "none")) {
        give(p, ret, "none");
        return 0;
    }
    if (o->kind == SSHD_PORT)
        n = sshd_port(p->host, arg);
    else if (!whole_number(arg, INT_MAX, &n))
        n = -1;
    if (n < 0 || (o->kind == SSHD_PORT && n == 0))
        return bad(p, arg);
    give(p, ret, arena_printf(p->arena, "%lld", (long long)n));
    return 0;
}

static int mask_value(struct sshd_parsing *p, const char *arg, struct strings *ret)
{
    char *end;
    errno = 0;
    long n = strtol(arg, &end, 8);
    if (end == arg || errno || n < 0 || n > 0777)
        return bad(p, arg);
    give(p, ret, arena_printf(p->arena, "0%lo", (unsigned long)n));
    return 0;
}

/* Options that take exactly one first argument. */
static int single_value(struct sshd_parsing *p, const struct sshd_option *o, const char *arg,
                        struct strings *ret)
{
    switch (o->kind) {
    case SSHD_WORD:
    case SSHD_WORD_CASE:
        return word_value(p, o, arg, ret);
    case SSHD_INT:
    case SSHD_TIME:
    case SSHD_PORT:
    case SSHD_PER_SOURCE:
        return number_value(p, o, arg, ret);
    case SSHD_PATH:
    case SSHD_KEY_FILE:
        give(p, ret, path_value(p, arg));
        return 0;
    case SSHD_STARTUPS:
        return startups_value(p, arg, ret);
    case SSHD_NETBLOCK:
        return netblock_value(p, arg, ret);
    case SSHD_QOS:
        return qos_value(p, arg, ret);
    case SSHD_REKEY:
        return rekey_value(p, arg, ret);
    case SSHD_MASK:
        return mask_value(p, arg, ret);
    case SSHD_LISTEN:
        return listen_value(p, arg, ret);
    case SSHD_SUBSYSTEM:
        return subsystem_value(p, arg, ret);
    case SSHD_CIPHERS:
    case SSHD_MACS:
    case SSHD_KEX:
    case SSHD_KEY_TYPES:
        if (!sshd_algorithms_valid(p->program, o, arg))
            return bad(p, arg);
        give(p, ret, arg);
        return 0;
    default:
        give(p, ret, arg);
        return 0;
    }
}

static int read_values(struct sshd_parsing *p, const struct sshd_option *o, struct strings *ret)
{
    switch (o->kind) {
    case SSHD_REFUSED:
        return sshd_refuse(p, TEXT("not supported on Linux", "在 Linux 上不受支持"), NULL);
    case SSHD_IGNORED:
        p->next = p->args.n;
        return 0;
    case SSHD_REST:
    case SSHD_COMMAND:
    case SSHD_ADDENDUM:
        return rest_value(p, o, ret);
    case SSHD_USERS:
    case SSHD_GROUPS:
    case SSHD_FILES:
    case SSHD_VERBATIM:
        return list_value(p, o, ret);
    case SSHD_ENV:
    case SSHD_SETENV:
        return env_value(p, o, ret);
    case SSHD_OPEN:
    case SSHD_LISTEN_PORTS:
        return open_value(p, o, ret);
    case SSHD_METHODS:
        return methods_value(p, ret);
    case SSHD_KEY_OPTIONS:
        return key_options_value(p, ret);
    default:
        break;
    }
    const char *arg = sshd_next(p);
    if (!arg || !*arg)
        return missing(p);
    return single_value(p, o, arg, ret);
}

int sshd_values(struct sshd_parsing *p, const struct sshd_option *o, struct strings *ret)
{
    struct strings values = {0};
    int r = read_values(p, o, &values);
    if (r < 0)
        return r;
    bool more = p->next < p->args.n;
    if (more && p->how == SSHD_ARGUMENTS_DELIM)
        more = *p->args.v[p->next] != '\0';
    if (more)
        return sshd_refuse(p, TEXT("extra argument at the end of the line", "行尾有多余的参数"),
                           p->args.v[p->next]);
    *ret = values;
    return 0;
}
