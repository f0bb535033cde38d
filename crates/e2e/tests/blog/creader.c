/* creader KEY busy|pause: prints what a writer hands over, and removes the segment at the end. */
#include "shared.h"

int main(int argc, char **argv)
{
    must(argc == 3, "usage");
    volatile struct shared *shared = open_shared(argv[1]);
    for (int running = 1; running;) {
        if (!shared->written_by_you) {
            pass_time(argv[2]);
            continue;
        }
        printf("You wrote: %s", (char *)shared->some_text);
        fflush(stdout);
        if (strncmp((char *)shared->some_text, "end", 3) == 0)
            running = 0;
        shared->written_by_you = 0;
    }
    must(shmdt((void *)shared) != -1, "shmdt");
    must(shmctl(id, IPC_RMID, NULL) != -1, "shmctl");
    return 0;
}
