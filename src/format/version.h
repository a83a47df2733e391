/*
 * The order of package versions, by rpm's rules (rpm docs/manual/dependencies.md, rpmvercmp) and by
 * Debian's (deb-version(7)).  Every string compares with every other.
 */
#pragma once

/* [epoch:]version[-release]; a missing epoch is 0, a missing release sorts before any. */
int version_compare_rpm(const char *a, const char *b);
/* [epoch:]upstream[-revision]; a missing revision is "0". */
int version_compare_dpkg(const char *a, const char *b);
