/* SPDX-License-Identifier: MIT */
/* What standard output can show. */
#ifndef HEED_CLI_TERMINAL_H
#define HEED_CLI_TERMINAL_H

/* Characters a line: the terminal's, else COLUMNS; 80 where output goes to a file or a pipe. */
int terminal_columns(void);

/* As heed_draw_options.colours: 1 none, 0 = 256, 2 = 24 bit. None where output is no terminal, or
 * NO_COLOR is set (no-color.org), or the terminal is a dumb one. */
int terminal_colours(void);

#endif
