/*
 * Password hashes of crypt(5): which are whole, which are strong on this release, and making one.
 */
#pragma once

#include "effective/host.h"

/* Can some password match it: a method that some libcrypt knows, and what that gives in length and
 * parameters? A hash that was cut off matches none. Without "$" (DES) it counts as whole. */
bool password_hash_is_whole(const char *hash);
/* Whole, of a strong method, and one that the libcrypt of this root knows; else the reason. */
bool password_hash_is_strong(struct host *h, const char *hash, struct text *ret_why);
/* By the method of login.defs where it is yescrypt, else SHA-512. 0, or -EOPNOTSUPP: the libcrypt
 * we run with cannot; the hash lives in the host's arena. */
int password_hash_make(struct host *h, const char *password, const char **ret);
