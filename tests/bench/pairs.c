/* pairs N A... -- B...: starts A and B in turn; prints the medians of A and B in microseconds and of B/A, of the time
   that passes and then of the CPU time. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;
static posix_spawn_file_actions_t quiet;

struct spent { double wall, cpu; };

static double micros(struct timeval time) { return time.tv_sec * 1e6 + time.tv_usec; }

static struct spent once(char **argv)
{
    struct timespec a, b;
    struct rusage usage;
    pid_t pid;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &a);
    if (posix_spawn(&pid, argv[0], &quiet, 0, argv, environ)) exit(2);
    wait4(pid, &status, 0, &usage);
    clock_gettime(CLOCK_MONOTONIC, &b);
    if (status) { fprintf(stderr, "%s failed: %d\n", argv[0], status); exit(2); }
    struct spent spent = { (b.tv_sec - a.tv_sec) * 1e6 + (b.tv_nsec - a.tv_nsec) / 1e3,
                           micros(usage.ru_utime) + micros(usage.ru_stime) };
    return spent;
}

static int order(const void *a, const void *b)
{
    double d = *(double *)a - *(double *)b;
    return (d > 0) - (d < 0);
}

static double median(double *x, int n) { qsort(x, n, sizeof *x, order); return x[n / 2]; }

int main(int argc, char **argv)
{
    int n = atoi(argv[1]), split = 2;
    while (strcmp(argv[split], "--")) split++;
    argv[split] = 0;
    char **a = argv + 2, **b = argv + split + 1;
    double *of[6];
    for (int i = 0; i < 6; i++) of[i] = calloc(n, 8);
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    for (int i = -20; i < n; i++) {
        struct spent x, y;
        if (i & 1) { x = once(a); y = once(b); } else { y = once(b); x = once(a); }
        if (i < 0) continue;
        double now[6] = { x.wall, y.wall, y.wall / x.wall, x.cpu, y.cpu, y.cpu / x.cpu };
        for (int j = 0; j < 6; j++) of[j][i] = now[j];
    }
    for (int j = 0; j < 6; j++) printf(j % 3 == 2 ? "%.2f " : "%.0f ", median(of[j], n));
    puts("");
    return 0;
}
