/*
 * Listening sockets that can be reached from outside: /proc/net/{tcp,tcp6,udp,udp6} of a running
 * system (proc(5)). A socket bound to a loopback address is not reachable and does not count.
 */
#include "resource/resource.h"

#include <stdlib.h>

#include "root/live.h"

static const char *const port_args[] = {"ports", NULL};

static const struct key keys[] = {
    {"open",
     VALUE_LIST,
     NULL,
     "proc(5)",
     {"listening on an address other than loopback, of the ports named",
      "在非回环地址上监听的端口（限所列端口）"},
     port_args},
    {"listening",
     VALUE_LIST,
     NULL,
     "proc(5)",
     {"every port listening on an address other than loopback", "在非回环地址上监听的全部端口"}},
    {"loopback",
     VALUE_LIST,
     NULL,
     "proc(5)",
     {"ports listening on loopback only", "仅在回环地址上监听的端口"}},
    {0},
};

/* "23", "514/tcp", "6000-6063/tcp" */
static bool entry_matches(struct str entry, const struct listener *l)
{
    int slash = str_index(entry, '/');
    struct str range = slash < 0 ? entry : str_slice(entry, 0, (size_t)slash);
    struct str protocol =
        slash < 0 ? (struct str){0} : str_slice(entry, (size_t)slash + 1, entry.n);
    if (protocol.n && !str_eq(protocol, str_slice(str_of(l->protocol), 0, 3)))
        return false;
    int dash = str_index(range, '-');
    int64_t first = 0, last = 0;
    if (str_to_int64(dash < 0 ? range : str_slice(range, 0, (size_t)dash), 10, &first) < 0)
        return false;
    last = first;
    if (dash >= 0 && str_to_int64(str_slice(range, (size_t)dash + 1, range.n), 10, &last) < 0)
        return false;
    return l->port >= first && l->port <= last;
}

static bool named(const char *ports, const struct listener *l)
{
    struct str rest = str_of(ports), word;
    while (str_next_word(&rest, &word)) {
        while (word.n && word.p[word.n - 1] == ',')
            word.n--;
        if (entry_matches(word, l))
            return true;
    }
    return false;
}

static const char *describe(struct arena *a, const struct listener *l)
{
    const char *open = l->protocol[3] == '6' ? "[" : "", *close = *open ? "]" : "";
    const char *text =
        arena_printf(a, "%u/%.3s on %s%s%s", l->port, l->protocol, open, l->address, close);
    return l->process ? arena_printf(a, "%s (%s)", text, l->process) : text;
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const struct listeners *all;
    int r = live_listeners(h->root, &all);
    if (r < 0) {
        (void)facts_unknown(ret, NULL, errno_text(r));
        return;
    }
    bool want_loopback = cstr_eq(w->key_name, "loopback");
    const char *ports = want_arg(w, "ports");
    struct strings found = {0};
    vec_each (l, all) {
        if (l->loopback != want_loopback || (ports && !named(ports, l)))
            continue;
        const char *text = describe(h->arena, l);
        if (strings_find(&found, text) < 0)
            strings_add(h->arena, &found, text);
    }
    struct fact *f = facts_running(ret, NULL, value_list(found));
    fact_add_where(ret, f, "/proc/net/tcp", 0);
    fact_add_where(ret, f, "/proc/net/udp", 0);
}

const struct resource resource_port = {
    .name = "port",
    .summary = {"listening sockets by port and address", "按端口和地址列出的监听套接字"},
    .keys = keys,
    .observe = observe,
};
