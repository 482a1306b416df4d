/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* isatty, ioctl */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL = 80, LEAST = 40, MOST = 1000, NO_COLOURS = 1, COLOURS_256 = 0, COLOURS_RGB = 2 };

int terminal_columns(void)
{
    struct winsize size = {0};
    const char *set = getenv("COLUMNS");
    long columns = 0;
    if (!isatty(STDOUT_FILENO)) return USUAL;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) columns = size.ws_col;
    if (columns == 0 && set) columns = strtol(set, NULL, 10);
    if (columns <= 0) return USUAL;
    return columns < LEAST ? LEAST : columns > MOST ? MOST : (int)columns;
}

static int is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

int terminal_colours(void)
{
    const char *kind = getenv("TERM"), *colours = getenv("COLORTERM");
    if (!isatty(STDOUT_FILENO) || is_set("NO_COLOR")) return NO_COLOURS;
    if (!kind || strcmp(kind, "dumb") == 0) return NO_COLOURS;
    if (colours && (strcmp(colours, "truecolor") == 0 || strcmp(colours, "24bit") == 0))
        return COLOURS_RGB;
    return COLOURS_256;
}
