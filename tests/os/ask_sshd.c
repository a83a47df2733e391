/*
 * Our side of oracle-sshd.  Reads lines "ROOT<TAB>user=…,host=…,addr=…,laddr=…,lport=…" (no
 * specification: the plain start) and answers like `sshd -T`, ended by a line "."; a configuration
 * that sshd refuses is "! reason".
 */
#include <time.h>

#include "effective/sshd.h"

static void print_answer(const char *name, const struct sshd_answer *answer, bool one_line)
{
    if (one_line && answer->values.n)
        (void)printf("%s", name);
    for (size_t i = 0; i < answer->values.n; i++)
        (void)printf(one_line ? " %s" : "%s %s\n", one_line ? answer->values.v[i] : name,
                     answer->values.v[i]);
    if (one_line && answer->values.n)
        (void)printf("\n");
}

static void print_all(const struct sshd *conf, const struct sshd_context *c)
{
    for (size_t i = 0; sshd_keyword_name(i); i++) {
        struct sshd_answer answer;
        const char *name = sshd_keyword_name(i);
        if (!sshd_keyword_is_first(i))
            continue;
        int r = sshd_query(conf, name, c, &answer);
        if (r == 0)
            print_answer(name, &answer, sshd_keyword_is_line(i));
        else if (r == -22)
            (void)printf("! connection refused by its configuration\n");
    }
}

static void read_specification(char *s, struct sshd_context *ret)
{
    for (char *part; (part = strsep(&s, ",")) && *part;) {
        char *value = strchr(part, '=');
        if (!value)
            continue;
        *value++ = '\0';
        if (strcmp(part, "user") == 0)
            ret->user = value;
        else if (strcmp(part, "host") == 0)
            ret->host = value;
        else if (strcmp(part, "addr") == 0)
            ret->address = value;
        else if (strcmp(part, "laddr") == 0)
            ret->local_address = value;
        else if (strcmp(part, "lport") == 0)
            ret->local_port = (unsigned)strtoul(value, NULL, 10);
    }
}

static void answer_line(char *line)
{
    _cleanup_arena_ struct arena *a = arena_new();
    char *tab = strchr(line, '\t');
    if (tab)
        *tab++ = '\0';
    struct root *root;
    struct err e = {.arena = a};
    if (root_open(a, line, 0, &root, &e) < 0) {
        (void)printf("! %s\n", text_in(e.message, LANG_EN));
        return;
    }
    struct host *h = host_open(root, time(NULL));
    const struct sshd *conf;
    struct sshd_context c = {0};
    if (tab)
        read_specification(tab, &c);
    if (sshd_load(h, &conf, &e) < 0)
        (void)printf("! %s: %u: %s\n", e.path ? e.path : "", e.line, text_in(e.message, LANG_EN));
    else if (tab && strncmp(tab, "contexts", 8) == 0) {
        const struct sshd_contexts *all;
        int r = sshd_contexts(conf, &all);
        for (size_t i = 0; r == 0 && i < all->n; i++)
            (void)printf("user=%s,host=%s,addr=%s,laddr=%s,lport=%u\n", all->v[i].user,
                         all->v[i].host, all->v[i].address, all->v[i].local_address,
                         all->v[i].local_port);
    } else
        print_all(conf, &c);
    root_close(root);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        answer_line(line);
        (void)printf(".\n");
        (void)fflush(stdout);
    }
    free(line);
    return 0;
}
