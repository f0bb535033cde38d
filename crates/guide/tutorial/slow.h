/* Stops the program before each comparison, until somebody continues it. */

#include <signal.h>
#include <string.h>

static int slow_strncmp(const char *a, const char *b, size_t n)
{
    raise(SIGSTOP);
    return strncmp(a, b, n);
}

#define strncmp slow_strncmp
