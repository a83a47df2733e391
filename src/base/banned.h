/*
 * Calls that are never right here; included before every file by the build. What is right on one
 * floor only (open, rename, exec …) is checked by scripts/structure.py.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Its macros use what is banned here; a macro may, if it was defined before. */
#ifdef USES_XLSXWRITER
#include <xlsxwriter.h>
#endif

#pragma GCC poison strcpy strcat sprintf vsprintf gets strncpy strncat strtok atoi atol atoll
#pragma GCC poison system popen tmpnam mktemp tempnam gmtime localtime asctime ctime
#pragma GCC poison getpwnam getpwuid getgrnam getgrgid getspnam strerror_r
