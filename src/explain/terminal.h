/* SPDX-License-Identifier: MIT */
/* A terminal's screen as it is written: what texts and matrices share. */
#ifndef HEED_EXPLAIN_TERMINAL_H
#define HEED_EXPLAIN_TERMINAL_H

#include "explain/picture.h"

/* Marks: -SHADES .. SHADES (0 = plain), or UNKNOWN. */
enum { HEED_SCREEN_SHADES = 5, HEED_SCREEN_UNKNOWN = 100 };

typedef struct heed__screen {
    heed__buffer *out;
    heed__colours colours;
    int columns;
    int column; /* where the next character goes */
    int mark;   /* what is switched on now */
} heed__screen;

int heed__screen_mark_of(float shade);
/* Letters from here on stand on the mark's ground; nothing without colours. */
void heed__screen_switch(heed__screen *screen, int mark);
/* Ends the line, and the mark with it. */
void heed__screen_line(heed__screen *screen);
/* Plain text, wrapped, and the end of its line; nothing for nothing. Frees it. */
void heed__screen_text(heed__screen *screen, heed__buffer *text);
/* A matrix; `explanation` NULL: it stands by itself. Errors HEED_E_NOMEM. */
heed_status heed__screen_heat_map(heed__screen *screen, const heed__explanation *explanation,
                                  const heed__heat_map *map);

#endif
