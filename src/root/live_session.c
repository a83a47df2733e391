#include "root/live_session.h"

#include <errno.h>
#include <fcntl.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/handle.h"
#include "root/live_proc.h"

enum { PARENTS_MAX = 32, ENVIRONMENT_LIMIT = 1 << 18, STATUS_LIMIT = 1 << 14 };

/* sshd sets "client port server port". */
static bool connection_of(struct arena *a, struct str text, struct ssh_connection *ret)
{
    struct str client, port, server;
    if (!str_next_word(&text, &client))
        return false;
    *ret = (struct ssh_connection){.client = str_dup(a, client)};
    if (str_next_word(&text, &port) && str_next_word(&text, &server))
        ret->server = str_dup(a, server);
    return true;
}

static bool in_environment(struct arena *a, struct str environment, struct ssh_connection *ret)
{
    static const char name[] = "SSH_CONNECTION=";
    struct str entry;
    while (str_next_field(&environment, '\0', &entry))
        if (str_starts(entry, name))
            return connection_of(a, str_slice(entry, strlen(name), entry.n), ret);
    return false;
}

static int64_t parent_in(struct str status)
{
    struct str line;
    int64_t parent = 0;
    while (str_next_line(&status, &line))
        if (str_starts(line, "PPid:"))
            return str_to_int64(str_trim(str_slice(line, 5, line.n)), 10, &parent) < 0 ? 0 : parent;
    return 0;
}

/* One process; its parent in *pid (0: the end). */
static bool look_at(struct root *r, int64_t *pid, struct ssh_connection *ret)
{
    _cleanup_buf_ struct buf b = {0};
    bool found = false;
    char name[40];
    (void)snprintf(name, sizeof name, "/proc/%lld", (long long)*pid);
    _cleanup_close_ int fd = disk_open(r, name, O_PATH | O_DIRECTORY);
    *pid = 0;
    if (fd < 0)
        return false;
    if (proc_read(fd, "environ", ENVIRONMENT_LIMIT, &b) == 0 && b.len)
        found = in_environment(r->arena, (struct str){b.data, b.len}, ret);
    if (proc_read(fd, "status", STATUS_LIMIT, &b) == 0 && b.len)
        *pid = parent_in((struct str){b.data, b.len});
    return found;
}

int live_ssh_connection(struct root *r, struct ssh_connection *ret)
{
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    while (r->base)
        r = r->base;
    const char *own = getenv("SSH_CONNECTION");
    bool found = own && connection_of(r->arena, str_of(own), ret);
    int64_t pid = getppid();
    for (int i = 0; !found && pid > 1 && i < PARENTS_MAX; i++)
        found = look_at(r, &pid, ret);
    return found ? 0 : -ENODATA;
}

int live_ssh_client(struct root *r, const char **ret)
{
    struct ssh_connection c;
    int code = live_ssh_connection(r, &c);
    if (code == 0)
        *ret = c.client;
    return code;
}
