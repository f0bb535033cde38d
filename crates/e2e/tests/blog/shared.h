/* What the classic programs share: whose turn it is, and one text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#define TEXT_SIZE 2048

struct shared {
    int written_by_you;
    char some_text[TEXT_SIZE];
};

static int id;

static void must(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(EXIT_FAILURE);
    }
}

/* The segment behind the key, with nothing in it that waits. */
static volatile struct shared *open_shared(const char *key)
{
    id = shmget((key_t)strtoul(key, NULL, 0), sizeof(struct shared), IPC_CREAT | 0666);
    must(id != -1, "shmget");
    void *address = shmat(id, NULL, 0);
    must(address != (void *)-1, "shmat");
    volatile struct shared *shared = address;
    shared->written_by_you = 0;
    return shared;
}

/* Between two looks: a pause, or with "busy" nothing at all. */
static void pass_time(const char *how)
{
    if (strcmp(how, "busy") != 0)
        usleep(1000);
}
