/* The writer, as tutorials on shared memory have it, with all its faults. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

struct shared {
    int written; /* 1: there is text */
    char text[2048];
};

// ANCHOR: main
int main(int argc, char **argv)
{
    int id = shmget(argc > 1 ? atoi(argv[1]) : 1234, sizeof(struct shared), 0666 | IPC_CREAT);
    struct shared *shared = shmat(id, NULL, 0);
    char line[8192];

    shared->written = 0;
    for (;;) {
        while (shared->written == 1)
            ;
        fgets(line, sizeof line, stdin);
        strncpy(shared->text, line, sizeof shared->text);
        shared->written = 1;
        if (strncmp(line, "end", 3) == 0)
            break;
    }
    shmdt(shared);
    return 0;
}
// ANCHOR_END: main
