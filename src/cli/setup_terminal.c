/*
 * Plain lines on any terminal, a serial console included: a prompt, an answer. Without echo for
 * passwords; whatever signal comes, the terminal is as it was afterwards.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/setup_session.h"

enum { LINE_LONGEST = 16384 };

/* A signal handler has no other way to know what to restore. */
static struct termios before;
static volatile sig_atomic_t silent;

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void on_signal(int number)
{
    if (silent)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* Suspending with the echo off would leave a dumb terminal to the shell: it waits for the answer.
 */
static void echo_off(struct sigaction old[], sigset_t *old_mask)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct termios now;
    sigset_t stop;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTSTP);
    (void)sigprocmask(SIG_BLOCK, &stop, old_mask);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        (void)sigaction(deadly[i], &action, &old[i]);
    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return;
    now = before;
    now.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    silent = 1;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
}

static void echo_on(const struct sigaction old[], const sigset_t *old_mask)
{
    if (silent)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
    silent = 0;
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        (void)sigaction(deadly[i], &old[i], NULL);
    (void)sigprocmask(SIG_SETMASK, old_mask, NULL);
}

/* One byte at a time: what follows the line stays for the next question, and no copy of a password
 * is left in a buffer of stdio. */
static int read_line(char *line, size_t size)
{
    size_t n = 0;
    for (;;) {
        char c;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return n && got == 0 ? (int)n : -ENODATA;
        if (c == '\n')
            break;
        if (c != '\r' && n + 1 < size)
            line[n++] = c;
    }
    line[n] = '\0';
    return (int)n;
}

void setup_say(const struct setup_session *s, const char *en, const char *zh)
{
    (void)fputs(s->i->lang == LANG_ZH ? zh : en, stdout);
    (void)fflush(stdout);
}

int setup_ask(const struct setup_session *s, struct text prompt, const char *otherwise,
              const char **ret)
{
    char *line = arena_alloc(s->i->arena, LINE_LONGEST);
    (void)printf(otherwise && *otherwise ? "%s [%s]: " : "%s: ", text_in(prompt, s->i->lang),
                 otherwise);
    (void)fflush(stdout);
    int r = read_line(line, LINE_LONGEST);
    if (r < 0)
        return r;
    struct str trimmed = str_trim((struct str){line, strlen(line)});
    *ret = trimmed.n ? str_dup(s->i->arena, trimmed) : otherwise ? otherwise : "";
    return 0;
}

int setup_ask_secret(const struct setup_session *s, struct text prompt, char *ret, size_t size)
{
    struct sigaction old[sizeof deadly / sizeof *deadly];
    sigset_t old_mask;
    echo_off(old, &old_mask); /* before the prompt: what is typed at once is not shown either */
    (void)printf("%s: ", text_in(prompt, s->i->lang));
    (void)fflush(stdout);
    int r = read_line(ret, size);
    echo_on(old, &old_mask);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    return r < 0 ? r : 0;
}

int setup_ask_yes(const struct setup_session *s, struct text prompt, bool otherwise, bool *ret)
{
    for (;;) {
        const char *answer;
        int r = setup_ask(s, prompt, otherwise ? "yes" : "no", &answer);
        if (r < 0)
            return r;
        bool yes =
            cstr_eq_nocase(answer, "yes") || cstr_eq_nocase(answer, "y") || cstr_eq(answer, "是");
        bool no =
            cstr_eq_nocase(answer, "no") || cstr_eq_nocase(answer, "n") || cstr_eq(answer, "否");
        if (yes || no) {
            *ret = yes;
            return 0;
        }
        setup_say(s, "  Please answer yes or no.\n", "  请回答 yes 或 no。\n");
    }
}
