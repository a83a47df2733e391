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
static const char *client_of(struct arena *a, struct str connection)
{
    struct str address;
    return str_next_word(&connection, &address) ? str_dup(a, address) : NULL;
}

static const char *in_environment(struct arena *a, struct str environment)
{
    struct str entry;
    while (str_next_field(&environment, '\0', &entry))
        if (str_starts(entry, "SSH_CONNECTION="))
            return client_of(a, str_slice(entry, sizeof "SSH_CONNECTION=" - 1, entry.n));
    return NULL;
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
static const char *look_at(struct root *r, int64_t *pid)
{
    _cleanup_buf_ struct buf b = {0};
    const char *found = NULL;
    char name[40];
    (void)snprintf(name, sizeof name, "/proc/%lld", (long long)*pid);
    _cleanup_close_ int fd = disk_open(r, name, O_PATH | O_DIRECTORY);
    *pid = 0;
    if (fd < 0)
        return NULL;
    if (proc_read(fd, "environ", ENVIRONMENT_LIMIT, &b) == 0 && b.len)
        found = in_environment(r->arena, (struct str){b.data, b.len});
    if (proc_read(fd, "status", STATUS_LIMIT, &b) == 0 && b.len)
        *pid = parent_in((struct str){b.data, b.len});
    return found;
}

int live_ssh_client(struct root *r, const char **ret)
{
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    while (r->base)
        r = r->base;
    const char *own = getenv("SSH_CONNECTION");
    const char *found = own ? client_of(r->arena, str_of(own)) : NULL;
    int64_t pid = getppid();
    for (int i = 0; !found && pid > 1 && i < PARENTS_MAX; i++)
        found = look_at(r, &pid);
    if (!found)
        return -ENODATA;
    *ret = found;
    return 0;
}
