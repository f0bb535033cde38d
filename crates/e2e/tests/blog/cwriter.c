/* cwriter KEY busy|pause: hands over line by line what it reads. At the end of its input it
   leaves as if killed: the classic one would send its last line for ever. */
#include "shared.h"

int main(int argc, char **argv)
{
    char line[BUFSIZ];

    must(argc == 3, "usage");
    volatile struct shared *shared = open_shared(argv[1]);
    for (int running = 1; running;) {
        while (shared->written_by_you == 1)
            pass_time(argv[2]);
        printf("Enter some text: ");
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return 1;
        strncpy((char *)shared->some_text, line, TEXT_SIZE);
        shared->written_by_you = 1;
        if (strncmp(line, "end", 3) == 0)
            running = 0;
    }
    must(shmdt((void *)shared) != -1, "shmdt");
    return 0;
}
