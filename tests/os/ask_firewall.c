/*
 * Our side of oracle-firewall.  Reads lines
 * "ROOT<TAB>KIND<TAB>PATH<TAB>PORT<TAB>INTERFACE<TAB> ADDRESS …" and answers one letter an address:
 * b blocked, r reached, u undecided. KIND: nft, iptables, ip6tables; running: what the kernel of
 * this network name space has, without a file.
 */
#include <time.h>

#include "effective/firewall.h"

static int load(struct host *h, const char *kind, const char *path, struct packet_filter *ret,
                struct err *why)
{
    if (strcmp(kind, "nft") == 0)
        return firewall_load_nft(h, path, NULL, ret, why);
    return firewall_load_iptables(h, path, NULL, strcmp(kind, "ip6tables") == 0 ? 6 : 4, ret, why);
}

/* A packet has to pass all of them. */
static enum firewall_answer judge_running(const struct firewalls *all, const struct packet *p)
{
    enum firewall_answer answer = FIREWALL_REACHED;
    struct where where;
    vec_each (w, &all->list) {
        if (!(p->family == 4 ? w->v4 : w->v6))
            continue;
        enum firewall_answer one =
            w->problem.en ? FIREWALL_UNDECIDED : packet_filter_judge(&w->filter, p, &where);
        if (one == FIREWALL_BLOCKED)
            return one;
        answer = one == FIREWALL_UNDECIDED ? one : answer;
    }
    return answer;
}

static void answer_line(char *line)
{
    _cleanup_arena_ struct arena *a = arena_new();
    char *field[5];
    for (size_t i = 0; i < 5; i++)
        if (!(field[i] = strsep(&line, "\t")))
            return;
    struct root *root;
    struct err e = {.arena = a};
    struct packet_filter filter = {.arena = a};
    if (root_open(a, field[0], 0, &root, &e) < 0)
        return;
    struct host *h = host_open(root, time(NULL));
    struct firewalls running;
    bool is_running = strcmp(field[1], "running") == 0;
    int r = is_running ? firewall_running(h, &running) : load(h, field[1], field[2], &filter, &e);
    if (r < 0)
        (void)printf("! %s:%u %s", e.path ? e.path : "", e.line, text_in(e.message, LANG_EN));
    for (char *address; r == 0 && (address = strsep(&line, "\t"));) {
        struct packet p;
        struct where where;
        unsigned port = (unsigned)strtoul(field[3], NULL, 10);
        (void)putchar(packet_packet(address, port, field[4], &p) < 0 ? '?'
                      : is_running ? "bru"[judge_running(&running, &p)]
                                   : "bru"[packet_filter_judge(&filter, &p, &where)]);
    }
    (void)putchar('\n');
    (void)fflush(stdout);
    root_close(root);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    while ((n = getline(&line, &size, stdin)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        answer_line(line);
    }
    free(line);
    return 0;
}
