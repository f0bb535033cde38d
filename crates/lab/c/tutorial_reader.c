/*
 * The reading half of the text exchange that System V tutorials print, in its usual shape:
 *
 *     tutorial_reader KEY
 *
 * Its faults are what the experiments are about. Do not mend them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

#define TEXT_SIZE 2048

struct shared {
    int written_by_you;
    char some_text[TEXT_SIZE];
};

int main(int argc, char **argv)
{
    key_t key = strtol(argv[argc - 1], NULL, 0);
    int id = shmget(key, sizeof(struct shared), 0600 | IPC_CREAT);
    struct shared *shared = shmat(id, NULL, 0);
    int running = 1;

    shared->written_by_you = 0; /* so does the writer */
    while (running) {
        while (!shared->written_by_you)
            ; /* an int that nobody changes, as far as the compiler knows */

        printf("You wrote: %s", shared->some_text);
        fflush(stdout); /* a terminal would show a line at once, a pipe would not */
        if (strncmp(shared->some_text, "end", 3) == 0)
            running = 0;
        shared->written_by_you = 0;
    }
    shmdt(shared);
    shmctl(id, IPC_RMID, NULL);
    return 0;
}
