/*
 * Rule sets of any kind through their loader and a packet through the result: the first byte says
 * which kind, the rest is the text.  The same question has the same answer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "effective/firewall.h"

static struct root *open_root(struct arena *a)
{
    static char dir[] = "/tmp/fuzz-firewall.XXXXXX", etc[64];
    static int made;
    struct root *root = NULL;
    if (!made++) {
        if (!mkdtemp(dir))
            abort();
        (void)snprintf(etc, sizeof etc, "%s/etc", dir);
        if (mkdir(etc, 0755) < 0)
            abort();
    }
    if (root_open(a, dir, 0, &root, NULL) < 0)
        abort();
    return root;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const addresses[] = {"192.0.2.7", "2001:db8::7"};
    if (!size || size > 65536)
        return 0;
    _cleanup_arena_ struct arena *a = arena_new();
    struct root *root = open_root(a);
    struct host *h = host_open(root, 0);
    struct packet_filter filter = {.arena = a};
    struct str text = {(const char *)data + 1, size - 1};
    int r = data[0] == '4'   ? firewall_load_iptables(h, "/x", &text, 4, &filter, NULL)
            : data[0] == '6' ? firewall_load_iptables(h, "/x", &text, 6, &filter, NULL)
                             : firewall_load_nft(h, "/x", &text, &filter, NULL);
    for (size_t i = 0; r == 0 && i < 2; i++) {
        struct packet p;
        struct where where;
        if (packet_packet(addresses[i], 22, "eth0", &p) < 0)
            abort();
        int first = (int)packet_filter_judge(&filter, &p, &where);
        if ((int)packet_filter_judge(&filter, &p, &where) != first)
            abort();
    }
    root_close(root);
    return 0;
}
