/* Makes the disk slow for one program, while it runs: LD_PRELOAD=slow_disk.so SLOW_DISK=FILE program
 *
 * Every fsync and fdatasync waits as many microseconds as the number in FILE says at that moment, then does its work.
 * FILE.longest says how many the longest of them took with that. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void wait_first(void) {
    unsigned long microseconds = 0;
    FILE* file = fopen(getenv("SLOW_DISK"), "re");
    if (!file) return;
    if (fscanf(file, "%lu", &microseconds) != 1) microseconds = 0;
    fclose(file);
    while (microseconds >= 1000000) usleep(999999), microseconds -= 999999;
    usleep((useconds_t)microseconds);
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void keep_longest(long microseconds) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static long longest;
    pthread_mutex_lock(&mutex);
    if (microseconds > longest) {
        char name[4096];
        snprintf(name, sizeof name, "%s.longest", getenv("SLOW_DISK"));
        FILE* file = fopen(name, "we");
        if (file) {
            fprintf(file, "%ld\n", microseconds);
            fclose(file);
            longest = microseconds;
        }
    }
    pthread_mutex_unlock(&mutex);
}

#define SLOW(name)                                                           \
    int name(int fd) {                                                       \
        const long begin = now();                                            \
        wait_first();                                                        \
        const int result = ((int (*)(int))dlsym(RTLD_NEXT, #name))(fd);      \
        keep_longest(now() - begin);                                         \
        return result;                                                       \
    }

SLOW(fsync)
SLOW(fdatasync)
