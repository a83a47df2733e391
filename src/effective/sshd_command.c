/*
 * The command line of the daemon: options there are read before the file and so win.  EL 8 passes
 * the crypto policy this way (ExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY).
 */
#include "effective/sshd_parts.h"

#include <errno.h>

#include "effective/unit.h"

struct variable {
    const char *name, *value;
    struct where where;
};

struct variables {
    struct variable *v;
    size_t n, cap;
};

/* Words with the quotes systemd and EnvironmentFile= know. */
static void split_words(struct arena *a, const char *s, struct strings *ret)
{
    while (*(s += strspn(s, " \t\n"))) {
        char *word = arena_alloc(a, strlen(s) + 1), quote = 0;
        size_t n = 0;
        for (; *s && (quote || !strchr(" \t\n", *s)); s++) {
            if (quote ? *s == quote : *s == '"' || *s == '\'')
                quote = quote ? 0 : *s;
            else if (*s == '\\' && s[1] && quote != '\'')
                word[n++] = *++s;
            else
                word[n++] = *s;
        }
        strings_add(a, ret, word);
    }
}

/* KEY=value lines of systemd.exec(5) EnvironmentFile=; a later file or line wins. */
static int read_environment(struct host *h, const char *path, struct variables *ret,
                            struct err *why)
{
    bool optional = *path == '-';
    path += optional;
    struct strings files = {0};
    int r = root_glob(h->root, path, &files);
    if (r < 0 && r != -ENOENT)
        return err_set(why, r, "cannot look for %s", "无法查找 %s", path);
    for (size_t i = 0; i < files.n; i++) {
        struct str bytes, line;
        r = root_read(h->root, files.v[i], &bytes);
        if (r < 0) {
            if (why)
                why->message = root_error_text(h->root, files.v[i], r);
            return r;
        }
        for (unsigned number = 1; str_next_line(&bytes, &line); number++) {
            line = str_trim(line);
            int equals = str_index(line, '=');
            if (equals <= 0 || *line.p == '#' || *line.p == ';')
                continue;
            const char *text = str_dup(h->arena, str_slice(line, (size_t)equals + 1, line.n));
            struct strings words = {0};
            split_words(h->arena, text, &words);
            vec_push(
                h->arena, ret,
                (struct variable){str_dup(h->arena, str_trim(str_slice(line, 0, (size_t)equals))),
                                  strings_join(h->arena, &words, " ", 0),
                                  {files.v[i], number}});
        }
    }
    return 0;
}

static const struct variable *variable(const struct variables *list, const char *name)
{
    for (size_t i = list->n; i > 0; i--)
        if (cstr_eq(list->v[i - 1].name, name))
            return &list->v[i - 1];
    return NULL;
}

struct argument {
    const char *text;
    struct where where;
};

struct arguments {
    struct argument *v;
    size_t n, cap;
};

/* "$NAME" becomes any number of words, "${NAME}" a part of one (systemd.service(5)). */
static void expand(struct host *h, const char *word, struct where where,
                   const struct variables *vars, struct arguments *ret)
{
    if (word[0] == '$' && word[1] && word[1] != '{' && word[1] != '$') {
        const struct variable *v = variable(vars, word + 1);
        struct strings words = {0};
        if (v)
            split_words(h->arena, v->value, &words);
        for (size_t i = 0; i < words.n; i++)
            vec_push(h->arena, ret, (struct argument){words.v[i], v->where});
        return;
    }
    const char *open = strstr(word, "${"), *close = open ? strchr(open, '}') : NULL;
    if (close) {
        const char *name = arena_strndup(h->arena, open + 2, (size_t)(close - open) - 2);
        const struct variable *v = variable(vars, name);
        word = arena_printf(h->arena, "%.*s%s%s", (int)(open - word), word, v ? v->value : "",
                            close + 1);
    }
    vec_push(h->arena, ret, (struct argument){word, where});
}

static void add(struct host *h, struct sshd_command *ret, struct where where, const char *keyword,
                const char *value)
{
    const char *text =
        keyword ? arena_printf(h->arena, "%s=%s", keyword, value ? value : "") : value;
    vec_push(h->arena, &ret->options, (struct sshd_command_option){text, where});
}

static void take_option(struct host *h, char letter, const char *value, struct where where,
                        struct sshd_command *ret)
{
    switch (letter) {
    case 'o':
        add(h, ret, where, NULL, value);
        break;
    case 'f':
        ret->config_file = value;
        break;
    case 'p':
        ret->ports = true;
        add(h, ret, where, "Port", value);
        break;
    case 'g':
        add(h, ret, where, "LoginGraceTime", value);
        break;
    case 'h':
        add(h, ret, where, "HostKey", value);
        break;
    case '4':
        add(h, ret, where, "AddressFamily", "inet");
        break;
    case '6':
        add(h, ret, where, "AddressFamily", "inet6");
        break;
    case 'q':
        add(h, ret, where, "LogLevel", "QUIET");
        break;
    default:
        break;
    }
}

static void read_options(struct host *h, const struct arguments *args, struct sshd_command *ret)
{
    static const char with_value[] = "CEbcfghkopuV";
    for (size_t i = 1; i < args->n; i++) {
        const char *arg = args->v[i].text;
        if (arg[0] != '-' || !arg[1] || cstr_eq(arg, "--"))
            return; /* getopt() stops here; sshd refuses extra arguments */
        for (const char *p = arg + 1; *p; p++) {
            const char *value = NULL;
            if (strchr(with_value, *p)) {
                value = p[1] ? p + 1 : i + 1 < args->n ? args->v[++i].text : "";
                take_option(h, *p, value, args->v[i].where, ret);
                break;
            }
            take_option(h, *p, NULL, args->v[i].where, ret);
        }
    }
}

static int setting(struct host *h, const char *key, const char **ret, struct where *where)
{
    static const char *const units[] = {"ssh.service", "sshd.service"};
    for (size_t i = 0; i < 2; i++)
        if (unit_setting(h, units[i], key, ret, where, NULL) == 0)
            return 0;
    return -ENOENT;
}

int sshd_command(struct host *h, struct sshd_command *ret, struct err *why)
{
    *ret = (struct sshd_command){0};
    const char *start = NULL, *files = NULL;
    struct where where = {0}, files_where;
    if (setting(h, "Service.ExecStart", &start, &where) < 0 || !start)
        return 0; /* no unit: started by hand, by a container's own init: without options */
    if (strstr(start, "; "))
        return err_set(why, -ENOTSUP, "the sshd unit starts several programs: %s",
                       "sshd 单元启动多个程序：%s", start);
    struct variables vars = {0};
    if (setting(h, "Service.EnvironmentFile", &files, &files_where) == 0 && files) {
        struct str rest = str_of(files), one;
        while (str_next_field(&rest, ';', &one)) {
            int r = read_environment(h, str_dup(h->arena, str_trim(one)), &vars, why);
            if (r < 0)
                return r;
        }
    }
    struct strings words = {0};
    split_words(h->arena, start, &words);
    struct arguments args = {0};
    for (size_t i = 0; i < words.n; i++)
        expand(h, words.v[i], where, &vars, &args);
    const char *program = args.n ? args.v[0].text + strspn(args.v[0].text, "-@:+!|") : "";
    if (!cstr_ends(program, "/sshd"))
        return err_set(why, -ENOTSUP, "the sshd unit starts %s, which we do not know",
                       "sshd 单元启动的是 %s，无法判断其行为", program);
    read_options(h, &args, ret);
    return 0;
}
