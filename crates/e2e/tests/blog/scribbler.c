/* scribbler KEY: passes turns that are not its own and changes the text all the time. */
#include "shared.h"

int main(int argc, char **argv)
{
    must(argc == 2, "usage");
    volatile struct shared *shared = open_shared(argv[1]);
    for (unsigned number = 1;; number = number * 1103515245 + 12345) {
        /* No flag but 0 and 1, and never the end: those would stop who is to be annoyed. */
        shared->some_text[1 + number / 65536 % (TEXT_SIZE - 1)] = (char)(number >> 8);
        shared->some_text[0] = 'x';
        shared->written_by_you = number >> 20 & 1;
    }
}
