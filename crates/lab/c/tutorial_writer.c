/*
 * The writing half of the text exchange that System V tutorials print, in its usual shape:
 *
 *     tutorial_writer KEY <text
 *
 * Its faults are what the experiments are about. Do not mend them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#define TEXT_SIZE 2048
#define LINE_SIZE 8192 /* BUFSIZ, with glibc */

struct shared {
    int written_by_you;
    char some_text[TEXT_SIZE];
};

int main(int argc, char **argv)
{
    key_t key = strtol(argv[argc - 1], NULL, 0);
    int id = shmget(key, sizeof(struct shared), 0600 | IPC_CREAT);
    struct shared *shared = shmat(id, NULL, 0);
    char buffer[LINE_SIZE];
    int running = 1;

    shared->written_by_you = 0; /* so does the reader */
    while (running) {
        while (shared->written_by_you == 1)
            usleep(1000); /* tutorials: sleep(1) */

        fgets(buffer, LINE_SIZE, stdin); /* at the end of the input, buffer stays as it is */
        strncpy(shared->some_text, buffer, TEXT_SIZE); /* a long text has no NUL then */
        shared->written_by_you = 1;

        if (strncmp(buffer, "end", 3) == 0) /* so does "endless" */
            running = 0;
    }
    shmdt(shared);
    return 0;
}
