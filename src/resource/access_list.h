/* Between the files of resource access-list. */
#pragma once

#include "effective/firewall.h"
#include "effective/hosts_access.h"
#include "effective/sshd.h"
#include "resource/resource.h"

/* Does sshd itself keep arbitrary addresses out, for every account? */
struct sshd_reach {
    const char *account, *address; /* one that may come from anywhere; NULL: none */
    const char *mechanism;         /* "sshd AllowUsers"; NULL: no keyword speaks of it */
    struct strings sources;
    VEC(struct where) where;
    struct text unknown;
};
/* family: 0 IPv4, 1 IPv6 */
void access_list_sshd(struct host *h, const struct sshd *conf, unsigned family,
                      struct sshd_reach *ret);
/* Public addresses spread over the family, none in a source that a list names narrower than a /8
 * (IPv6: a /16). conf may be NULL. */
void access_list_outside(struct host *h, const struct sshd *conf, unsigned family,
                         struct strings *ret);
extern const struct resource resource_access_list;
int access_list_plan(struct host *h, const struct want *w, struct changes *ret);
