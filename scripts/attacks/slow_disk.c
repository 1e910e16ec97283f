/* Makes the disk slow for one program, while it runs: LD_PRELOAD=slow_disk.so SLOW_DISK=FILE program
 *
 * Every fsync and fdatasync waits as many microseconds as the number in FILE says at that moment, then does its work. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
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

#define SLOW(name)                                                     \
    int name(int fd) {                                                 \
        wait_first();                                                  \
        return ((int (*)(int))dlsym(RTLD_NEXT, #name))(fd);            \
    }

SLOW(fsync)
SLOW(fdatasync)
