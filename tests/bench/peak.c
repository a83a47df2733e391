/*
 * peak OUT PROGRAM ARGUMENT…: runs it and writes "SECONDS KIB STATUS" to OUT: wall time, peak
 * memory of the largest process, exit status (128 + signal).  A small program, because a process
 * counts the memory it had before execve(2): what a large one starts never looks smaller than that.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec from, to;
    struct rusage used;
    int status = 0;
    if (argc < 3)
        return 64;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    pid_t child = fork();
    if (child == 0) {
        (void)execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0)
        return 1;
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    FILE *out = fopen(argv[1], "we");
    if (!out)
        return 1;
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    (void)fprintf(out, "%.6f %ld %d\n", seconds, used.ru_maxrss,
                  WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    return fclose(out) ? 1 : 0;
}
