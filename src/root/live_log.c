/* What was changed, said to the system log and to the audit log of the machine it was changed on.
 */
#include <libaudit.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "base/width.h"
#include "root/live.h"

void live_log(struct root *r, const char *line)
{
    if (!root_is_live(r))
        return;
    const char *safe = safe_text(root_arena(r), line);
    openlog("dengbao", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
    syslog(LOG_NOTICE, "%s", safe);
    closelog();
    _cleanup_close_ int fd = audit_open(); /* fails without audit or the right: best effort */
    if (fd >= 0)
        (void)audit_log_user_message(fd, AUDIT_USYS_CONFIG,
                                     arena_printf(root_arena(r), "op=dengbao %s", safe), NULL, NULL,
                                     NULL, 1);
}
