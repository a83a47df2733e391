/*
 * A role is a closed list of commands. The drop-in begins with "!ALL", which takes away what groups
 * and earlier lines give; so what an account may do is exactly the list, and that is what is
 * judged: not the file, but what sudo leaves to the account (effective/sudo_granted.c).
 */
#include "resource/sudo_role.h"

#include <errno.h>

#include "format/yaml.h"

enum { NAME_SHORTEST = 2, NAME_LONGEST = 16 };

struct role {
    struct host *h;
    const char *id;
    struct strings commands; /* as sudoers reads them: "/usr/bin/passwd [a-z]…" */
};

static const struct yaml_value *find_role(struct host *h, const char *id)
{
    struct str bytes;
    const struct yaml_value *top;
    struct problems problems = {.arena = h->arena};
    if (!h->options->data ||
        h->options->data(h->options->data_context, "data/roles.yaml", &bytes) < 0 ||
        yaml_read(h->arena, "data/roles.yaml", bytes, &top, &problems) < 0)
        return NULL;
    const struct yaml_value *roles = yaml_member(top, "roles");
    for (size_t i = 0; roles && i < roles->items.n; i++) {
        const struct yaml_value *v = yaml_member(&roles->items.v[i], "id");
        if (v && v->text && cstr_eq(v->text, id))
            return &roles->items.v[i];
    }
    return NULL;
}

static const char *program_path(struct host *h, const char *name)
{
    static const char *const directories[] = {"/usr/sbin", "/usr/bin",       "/sbin",
                                              "/bin",      "/usr/local/bin", "/usr/local/sbin"};
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        const char *path = arena_printf(h->arena, "%s/%s", directories[i], name);
        if (root_exists(h->root, path))
            return path;
    }
    return NULL;
}

/* "passwd -l NAME" with NAME replaced by `name`. */
static const char *with_name(struct arena *a, const char *arguments, const char *name)
{
    const char *at = strstr(arguments, "NAME");
    return at ? arena_printf(a, "%.*s%s%s", (int)(at - arguments), arguments, name, at + 4)
              : arguments;
}

static const char *name_pattern(struct arena *a, int length)
{
    _cleanup_buf_ struct buf b = {0};
    buf_puts(&b, "[a-z_]");
    for (int i = 1; i < length; i++)
        buf_puts(&b, "[a-z0-9_-]");
    return arena_strndup(a, b.data, b.len);
}

/* One line of the data file, with its patterns, then what is taken out of them. */
static void add_command(struct role *r, const char *text, const char *except, bool installed_only)
{
    struct arena *a = r->h->arena;
    struct str rest = str_of(text), word, name;
    if (!str_next_word(&rest, &word))
        return;
    const char *program = str_dup(a, word), *arguments = str_dup(a, str_trim(rest));
    const char *path = cstr_eq(program, "sudoedit") ? program : program_path(r->h, program);
    if (cstr_eq(program, "sudoedit") && installed_only && !root_exists(r->h->root, arguments))
        return;
    if (!path)
        return;
    if (!strstr(arguments, "NAME")) {
        strings_add(a, &r->commands, arena_printf(a, "%s %s", path, arguments));
        return;
    }
    for (int n = NAME_SHORTEST; n <= NAME_LONGEST; n++)
        strings_add(a, &r->commands,
                    arena_printf(a, "%s %s", path, with_name(a, arguments, name_pattern(a, n))));
    struct str names = str_of(except);
    while (str_next_word(&names, &name))
        strings_add(a, &r->commands,
                    arena_printf(a, "!%s %s", path, with_name(a, arguments, str_dup(a, name))));
}

/* false: no such role in the policy's data. */
static bool open_role(struct host *h, const char *id, const char *except, bool installed_only,
                      struct role *ret)
{
    const struct yaml_value *role = find_role(h, id);
    const struct yaml_value *commands = role ? yaml_member(role, "commands") : NULL;
    *ret = (struct role){.h = h, .id = id};
    for (size_t i = 0; commands && i < commands->items.n; i++)
        if (commands->items.v[i].text)
            add_command(ret, commands->items.v[i].text, except ? except : "", installed_only);
    return commands != NULL;
}

static const char *role_wanted(const struct want *w)
{
    return w->op == WANT_IS && w->expected.text ? w->expected.text : "";
}

/* Everything left to the account is of the role, and what the role's names leave out is left out.
 */
static bool has_role(const struct role *r, const struct strings *granted)
{
    if (r->commands.n == 0)
        return granted->n == 0;
    bool some = false;
    for (size_t i = 0; i < granted->n; i++) {
        if (strings_find(&r->commands, granted->v[i]) < 0)
            return false;
        some = some || granted->v[i][0] != '!';
    }
    for (size_t i = 0; i < r->commands.n; i++)
        if (r->commands.v[i][0] == '!' && strings_find(granted, r->commands.v[i]) < 0)
            return false;
    return some;
}

void sudo_role_observe(struct host *h, const struct want *w, const struct sudo_conf *conf,
                       struct facts *ret)
{
    const char *user = want_arg(w, "user");
    struct strings granted = {0};
    struct role role;
    if (!user) {
        (void)facts_unknown(ret, NULL, TEXT("the row names no user", "该行未指定 user"));
        return;
    }
    (void)sudo_granted(conf, user, &granted); /* who does not exist may do nothing */
    const char *is = granted.n ? "other" : "none";
    if (open_role(h, role_wanted(w), want_arg(w, "except"), false, &role) &&
        has_role(&role, &granted))
        is = role.id;
    struct fact *f = facts_configured(ret, user, value_word(is));
    if (cstr_eq(is, "other"))
        f->reason = text_make(h->arena, "may run: %s", "可执行：%s",
                              strings_join(h->arena, &granted, ", ", 3));
    fact_add_where(ret, f, "/etc/sudoers", 0);
}

/* Command arguments in sudoers: "," ":" "=" and "\" need a backslash (sudoers(5)). */
static void put_command(struct buf *out, const char *command)
{
    const char *blank = strchr(command, ' ');
    for (const char *p = command; *p; p++) {
        if (blank && p > blank && strchr(",:=\\", *p))
            buf_putc(out, '\\');
        buf_putc(out, *p);
    }
}

static struct str drop_in(struct role *r, const char *user)
{
    _cleanup_buf_ struct buf out = {0};
    buf_printf(&out, "# Written by dengbao setup: %s %s. Nothing but what stands here.\n", user,
               cstr_eq(r->id, "none") ? "has no rights by sudo"
                                      : arena_printf(r->h->arena, "is the %s", r->id));
    buf_printf(&out, "%s ALL=(ALL:ALL) !ALL\n", user);
    vec_each (c, &r->commands) {
        buf_printf(&out, "%s ALL=(root) ", user);
        put_command(&out, *c);
        buf_putc(&out, '\n');
    }
    return (struct str){arena_strndup(r->h->arena, out.data, out.len), out.len};
}

static int fail(struct changes *ret, int code, struct text why)
{
    ret->why = why;
    return code;
}

int sudo_role_plan(struct host *h, const struct want *w, struct changes *ret)
{
    static const struct attributes attributes = {.set = true, .mode = 0440};
    const char *user = want_arg(w, "user");
    const struct sudo_conf *conf;
    struct facts facts = {.arena = h->arena};
    struct text why = {0};
    struct role role;
    if (!user || !accounts_find(root_accounts(h->root), user))
        return fail(ret, -ENOENT, TEXT("no such account", "没有此账户"));
    if (!open_role(h, role_wanted(w), want_arg(w, "except"), true, &role))
        return fail(ret, -ENOTSUP,
                    text_make(h->arena, "the policy has no role \"%s\"", "策略中没有角色“%s”",
                              role_wanted(w)));
    /* sudo passes over names with a dot (sudoers(5), Including other files). */
    char *path = arena_printf(h->arena, "/etc/sudoers.d/zz-dengbao-role-%s", user);
    for (char *dot = strchr(path, '.') + 1; (dot = strchr(dot, '.'));)
        *dot = '_';
    int r = stage_write(h->root, path, drop_in(&role, user), &attributes);
    if (r < 0)
        return fail(ret, r, root_error_text(h->root, path, r));
    r = sudo_load(h, &conf, &why);
    if (r < 0 || conf->refuses)
        return fail(ret, -EINVAL, TEXT("sudoers would not be read any more", "sudoers 将无法读取"));
    sudo_role_observe(h, w, conf, &facts);
    if (facts.n && facts.v[0].state == FACT_KNOWN && want_accepts(w, &facts.v[0].configured))
        return 0;
    return fail(
        ret, -ENOTSUP,
        TEXT("no line includes /etc/sudoers.d last, or a later line gives more; sudoers has "
             "to be put in order by hand",
             "没有在末尾包含 /etc/sudoers.d，或其后的行另有授权；须人工整理 sudoers"));
}
