/*
 * Arithmetic: $((…)), ((…)), let, declare -i; bash(1) ARITHMETIC EVALUATION, dash(1) Arithmetic
 * Expansion. Numbers wrap at 64 bits. What rests on an unknown value is unknown, and so is each
 * variable that would be assigned from it.
 */
#include "effective/shell_state.h"

#include <errno.h>

enum { ARITH_DEPTH = 40 };

struct number {
    bool known;
    int64_t n;
};

struct arith {
    struct sh *sh;
    const char *at;
    unsigned depth;
    bool idle;  /* inside a part that && || ?: leave out */
    bool wrong; /* a mistake: the shell gives the expression up */
};

static struct number comma(struct arith *a);
static struct number assign(struct arith *a);
static struct number unary(struct arith *a);

static struct number known(int64_t n)
{
    return (struct number){true, n};
}

static void blanks(struct arith *a)
{
    while (*a->at == ' ' || *a->at == '\t' || *a->at == '\n')
        a->at++;
}

static bool take(struct arith *a, const char *op)
{
    blanks(a);
    if (!cstr_starts(a->at, op))
        return false;
    a->at += strlen(op);
    return true;
}

static bool name_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

static int digit_of(char c, int64_t base)
{
    int d = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'z' ? c - 'a' + 10
            : c >= 'A' && c <= 'Z' ? c - 'A' + (base <= 36 ? 10 : 36)
            : c == '@'             ? 62
            : c == '_'             ? 63
                                   : -1;
    return d < base ? d : -1;
}

/* 10, 010 (octal), 0x10, and in bash 2#1010. */
static struct number literal(struct arith *a)
{
    int64_t base = 10;
    uint64_t n = 0;
    if (a->at[0] == '0') {
        base = a->at[1] == 'x' || a->at[1] == 'X' ? 16 : 8;
        a->at += base == 16 ? 2 : 0;
    }
    for (;; a->at++) {
        if (*a->at == '#' && a->sh->dialect == DIALECT_BASH && base == 10 && n >= 2 && n <= 64) {
            base = (int64_t)n;
            n = 0;
            continue;
        }
        int digit = digit_of(*a->at, base);
        if (digit < 0)
            break;
        n = n * (uint64_t)base + (uint64_t)digit;
    }
    if (name_char(*a->at, false) || *a->at == '.' || *a->at == '#')
        a->wrong = true;
    return known((int64_t)n);
}

/* bash evaluates what a variable holds as an expression, dash wants a number there. */
static struct number value_of(struct arith *a, const char *name)
{
    struct sh_value v = sh_get(a->sh, name);
    if (v.set == NO || a->idle)
        return known(0);
    if (v.set == MAYBE || !v.known)
        return (struct number){0};
    struct arith inner = {.sh = a->sh, .at = v.text, .depth = a->depth + 1};
    blanks(&inner);
    if (!*inner.at)
        return known(0);
    struct number n;
    if (a->sh->dialect == DIALECT_BASH) {
        n = comma(&inner);
    } else {
        bool minus = take(&inner, "-");
        if (!minus)
            (void)take(&inner, "+");
        inner.wrong = !(*inner.at >= '0' && *inner.at <= '9');
        n = literal(&inner);
        n.n = minus ? (int64_t)(0 - (uint64_t)n.n) : n.n;
    }
    blanks(&inner);
    if (inner.wrong || *inner.at)
        a->wrong = true;
    return n;
}

static struct number calculate(struct arith *a, const char *op, struct number x, struct number y)
{
    uint64_t u = (uint64_t)x.n, v = (uint64_t)y.n;
    if (!x.known || !y.known)
        return (struct number){0};
    switch (op[0]) {
    case '+':
        return known((int64_t)(u + v));
    case '-':
        return known((int64_t)(u - v));
    case '*':
        if (op[1] != '*')
            return known((int64_t)(u * v));
        if (y.n < 0) {
            a->wrong = a->wrong || !a->idle;
            return known(0);
        }
        uint64_t power = 1;
        for (; v; v >>= 1, u *= u)
            power *= v & 1 ? u : 1;
        return known((int64_t)power);
    case '/':
    case '%':
        if (y.n == 0 || (y.n == -1 && x.n == INT64_MIN)) {
            a->wrong = a->wrong || (y.n == 0 && !a->idle);
            return known(op[0] == '/' && y.n ? x.n : 0);
        }
        return known(op[0] == '/' ? x.n / y.n : x.n % y.n);
    case '&':
        return known((int64_t)(u & v));
    case '|':
        return known((int64_t)(u | v));
    case '^':
        return known((int64_t)(u ^ v));
    case '<':
        return known(op[1] == '<'   ? (int64_t)(u << (v & 63))
                     : op[1] == '=' ? x.n <= y.n
                                    : x.n < y.n);
    case '>':
        return known(op[1] == '>' ? x.n >> (v & 63) : op[1] == '=' ? x.n >= y.n : x.n > y.n);
    case '=':
        return known(x.n == y.n);
    default:
        return known(x.n != y.n);
    }
}

static void store(struct arith *a, const char *name, struct number n)
{
    if (a->idle || a->wrong)
        return;
    struct sh_value v =
        n.known ? sh_text(arena_printf(a->sh->arena, "%lld", (long long)n.n)) : sh_unknown();
    if (sh_set(a->sh, name, v, a->sh->line) < 0)
        a->wrong = true;
}

/* A name, with what may follow it: an assignment or ++. */
static struct number variable(struct arith *a, const char *step)
{
    static const char *const ops[] = {
        "<<=", ">>=", "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "=", NULL};
    size_t n = 0;
    while (name_char(a->at[n], n == 0))
        n++;
    const char *name = arena_strndup(a->sh->arena, a->at, n);
    bool bash = a->sh->dialect == DIALECT_BASH;
    a->at += n;
    if (*a->at == '[') { /* an element of an array: not followed */
        sh_forget_names_in(a->sh, name, 0);
        a->at = strchr(a->at, ']') ? strchr(a->at, ']') + 1 : a->at + strlen(a->at);
        return (struct number){0};
    }
    if (step) {
        struct number v = calculate(a, step, value_of(a, name), known(1));
        store(a, name, v);
        return v;
    }
    for (size_t i = 0; ops[i]; i++) {
        blanks(a);
        if (!cstr_starts(a->at, ops[i]) || (cstr_eq(ops[i], "=") && a->at[1] == '='))
            continue;
        a->at += strlen(ops[i]);
        struct number old = cstr_eq(ops[i], "=") ? known(0) : value_of(a, name), v = assign(a);
        v = cstr_eq(ops[i], "=") ? v : calculate(a, ops[i], old, v);
        store(a, name, v);
        return v;
    }
    struct number v = value_of(a, name);
    if (bash && (take(a, "++") || take(a, "--")))
        store(a, name, calculate(a, a->at[-1] == '+' ? "+" : "-", v, known(1)));
    return v;
}

static struct number primary(struct arith *a)
{
    blanks(a);
    if (take(a, "(")) {
        struct number n = comma(a);
        if (!take(a, ")"))
            a->wrong = true;
        return n;
    }
    if (*a->at >= '0' && *a->at <= '9')
        return literal(a);
    if (name_char(*a->at, true))
        return variable(a, NULL);
    a->wrong = true;
    return known(0);
}

static struct number unary(struct arith *a)
{
    struct number n;
    if (a->depth > ARITH_DEPTH || a->wrong) {
        a->wrong = true;
        return known(0);
    }
    a->depth++;
    blanks(a);
    bool bash = a->sh->dialect == DIALECT_BASH;
    bool step = bash && (cstr_starts(a->at, "++") || cstr_starts(a->at, "--"));
    const char *after = a->at + (step ? 2 : 0);
    while (step && (*after == ' ' || *after == '\t'))
        after++;
    if (step && name_char(*after, true)) {
        const char *op = a->at[0] == '+' ? "+" : "-";
        a->at = after;
        n = variable(a, op);
    } else if (take(a, "+")) {
        n = unary(a);
    } else if (take(a, "-")) {
        n = unary(a);
        n.n = (int64_t)(0 - (uint64_t)n.n);
    } else if (take(a, "~")) {
        n = unary(a);
        n.n = ~n.n;
    } else if (*a->at == '!' && a->at[1] != '=') {
        a->at++;
        n = unary(a);
        n.n = !n.n;
    } else {
        n = primary(a);
    }
    if (bash && !a->wrong && take(a, "**"))
        n = calculate(a, "**", n, unary(a));
    a->depth--;
    return n;
}

/* Binary operators by level of binding; the longer of two that begin alike stands first. */
static const char *const levels[][5] = {
    {"*", "/", "%"}, {"+", "-"}, {"<<", ">>"}, {"<=", ">=", "<", ">"},
    {"==", "!="},    {"&"},      {"^"},        {"|"}};
enum { LEVELS = sizeof levels / sizeof *levels };

static const char *operator_of(struct arith *a, size_t level)
{
    blanks(a);
    for (size_t i = 0; i < 5 && levels[level][i]; i++) {
        const char *op = levels[level][i];
        size_t n = strlen(op);
        if (!cstr_starts(a->at, op))
            continue;
        char next = a->at[n];
        bool other = (n == 1 && next == op[0] && strchr("<>&|", op[0])) ||
                     (next == '=' && !strchr("=!", op[0]) && op[n - 1] != '=');
        if (other)
            continue;
        a->at += n;
        return op;
    }
    return NULL;
}

static struct number binary(struct arith *a, size_t level)
{
    struct number n = level ? binary(a, level - 1) : unary(a);
    const char *op;
    while (!a->wrong && (op = operator_of(a, level))) {
        struct number other = level ? binary(a, level - 1) : unary(a);
        n = calculate(a, op, n, other);
    }
    return n;
}

/* The side that is not reached is read, but nothing in it happens. */
static struct number logical(struct arith *a, bool is_or)
{
    struct number n = is_or ? logical(a, false) : binary(a, LEVELS - 1);
    while (!a->wrong && take(a, is_or ? "||" : "&&")) {
        bool idle = a->idle, decided = n.known && (n.n != 0) == is_or;
        a->idle = idle || decided;
        const char *from = a->at;
        struct number other = is_or ? logical(a, false) : binary(a, LEVELS - 1);
        if (!n.known && !idle) /* it may not have run */
            sh_forget_names_in(a->sh, arena_strndup(a->sh->arena, from, (size_t)(a->at - from)), 0);
        a->idle = idle;
        if (decided)
            n.n = n.n != 0;
        else if (other.known && (other.n != 0) == is_or)
            n = known(is_or);
        else
            n = (struct number){n.known && other.known, is_or ? n.n || other.n : n.n && other.n};
    }
    return n;
}

static struct number assign(struct arith *a)
{
    if (a->depth > ARITH_DEPTH) {
        a->wrong = true;
        return known(0);
    }
    a->depth++;
    struct number n = logical(a, true);
    if (!a->wrong && take(a, "?")) {
        bool idle = a->idle;
        const char *from = a->at;
        a->idle = idle || (n.known && !n.n);
        struct number yes = assign(a);
        if (!take(a, ":"))
            a->wrong = true;
        a->idle = idle || (n.known && n.n);
        struct number no = assign(a);
        a->idle = idle;
        if (!n.known && !idle)
            sh_forget_names_in(a->sh, arena_strndup(a->sh->arena, from, (size_t)(a->at - from)), 0);
        n = !n.known ? (struct number){0} : n.n ? yes : no;
    }
    a->depth--;
    return n;
}

static struct number comma(struct arith *a)
{
    struct number n = assign(a);
    while (!a->wrong && a->sh->dialect == DIALECT_BASH && take(a, ","))
        n = assign(a);
    return n;
}

enum tri sh_arithmetic(struct sh *sh, const char *text, int64_t *ret, bool *ret_wrong)
{
    *ret_wrong = false;
    const struct shell_word *w = shell_parse_quoted(sh->arena, str_of(text), sh->dialect);
    struct sh_value v = w ? sh_expand(sh, w) : sh_unknown();
    if (!v.known || strlen(v.text) > 4096) {
        sh_forget_names_in(sh, text, 0);
        return MAYBE;
    }
    struct arith a = {.sh = sh, .at = v.text};
    blanks(&a);
    struct number n = *a.at ? comma(&a) : known(0);
    blanks(&a);
    if (a.wrong || *a.at) {
        *ret_wrong = true;
        return MAYBE;
    }
    *ret = n.n;
    return !n.known ? MAYBE : n.n ? YES : NO;
}
