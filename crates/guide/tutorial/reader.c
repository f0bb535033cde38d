/* The reader, as tutorials on shared memory have it, with all its faults. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

// ANCHOR: shared
struct shared {
    int written; /* 1: there is text */
    char text[2048];
};
// ANCHOR_END: shared

// ANCHOR: main
int main(int argc, char **argv)
{
    int id = shmget(argc > 1 ? atoi(argv[1]) : 1234, sizeof(struct shared), 0666 | IPC_CREAT);
    struct shared *shared = shmat(id, NULL, 0);

    shared->written = 0;
    for (;;) {
        while (shared->written == 0)
            ;
        printf("You wrote: %s", shared->text);
        fflush(stdout);
        shared->written = 0;
        if (strncmp(shared->text, "end", 3) == 0)
            break;
    }
    shmdt(shared);
    shmctl(id, IPC_RMID, NULL);
    return 0;
}
// ANCHOR_END: main
