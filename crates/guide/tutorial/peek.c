/* Shows an exchange without touching it: its header, and the first line of each slot's text. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

#include "exchange.h"

static void show(int index, struct slot *slot)
{
    uint32_t written = atomic_load_explicit(&slot->written, memory_order_acquire) & 0x7fffffff;
    uint32_t len = atomic_load_explicit(&slot->len, memory_order_relaxed);
    uint64_t words[257] = {0};
    char *text = (char *)words;

    for (int i = 0; i < 256; i++)
        words[i] = atomic_load_explicit(&slot->text[i], memory_order_relaxed);
    printf("slot %d: written %u, len %u, ", index, written, len);
    if (len == 0)
        printf(written ? "end of the stream\n" : "never used\n");
    else
        printf("\"%.*s\"\n", (int)strcspn(text, "\n"), text);
}

// ANCHOR: main
int main(int argc, char **argv)
{
    int id = shmget(argc > 1 ? strtoul(argv[1], NULL, 0) : 1234, 0, 0);
    struct shmid_ds status;
    struct header *header = shmat(id, NULL, SHM_RDONLY);

    if (shmctl(id, IPC_STAT, &status) != 0 || header == (void *)-1) {
        perror("no such segment");
        return 1;
    }
    struct slot *slots = (struct slot *)(header + 1);
    int count = (status.shm_segsz - sizeof *header) / sizeof *slots;
    uint64_t magic = atomic_load_explicit(&header->magic, memory_order_relaxed);

    printf("%zu bytes: %d slots\n", (size_t)status.shm_segsz, count);
    printf("magic %.7s, version %d\n", (char *)&magic, ((char *)&magic)[7]);
    printf("writer's role 0x%x, reader's role 0x%x\n", header->writer, header->reader);
    for (int i = 0; i < count; i++)
        show(i, &slots[i]);
    return 0;
}
// ANCHOR_END: main
