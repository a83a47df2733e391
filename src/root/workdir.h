/*
 * The directory a build works in, beside its output. It is locked (flock) for as long as somebody
 * works in it, so that what a build left whose whole process tree was killed, or the machine with
 * it, is told from what is in use, and the next build removes it. It names what the build
 * publishes: of an output that never came, what belongs beside it goes too.
 *
 *     workdir_clean(directory);                                 before looking at what is there
 *     lock = workdir_make(dir, ".dengbao-image-x", published);  in the worker; held until it ends
 *     workdir_remove(dir, ".dengbao-image-x", published);       in the janitor
 */
#pragma once

#define WORKDIR_PREFIX ".dengbao-image-"

/* `published`: names in the same directory, NULL-terminated, the output itself last; may be NULL.
 * The locked directory's descriptor, or -errno. */
int workdir_make(int dir, const char *name, const char *const *published);
/* 0 or -errno; absent is fine. */
int workdir_remove(int dir, const char *name, const char *const *published);
/* Removes what dead builds of this user left in that directory. What cannot be removed or told
 * from a living build's stays. */
void workdir_clean(const char *directory);
