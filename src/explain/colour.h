/* SPDX-License-Identifier: MIT */
/* The colours of a picture: white to orange to red for sizes, blue - white - red for signs, both
 * even to the eye (interpolated in OKLab, Ottosson 2020), and text that stays readable on them. */
#ifndef HEED_EXPLAIN_COLOUR_H
#define HEED_EXPLAIN_COLOUR_H

#include <stdint.h>

typedef struct heed__rgb {
    uint8_t r, g, b;
} heed__rgb;

/* shade -1 to 1 (clamped; NaN = 0); the zero colour is white, or nearly black on a dark page. */
heed__rgb heed__colour_of(float shade, int dark);

/* WCAG 2 contrast ratio, 1 to 21. */
double heed__contrast(heed__rgb a, heed__rgb b);

/* Black or white, whichever reads better; always 4.5 or more. */
heed__rgb heed__text_colour(heed__rgb background);

/* The nearest of the 240 fixed colours of a 256-colour terminal, and what that one looks like. */
int heed__colour_256(heed__rgb colour);
heed__rgb heed__colour_from_256(int index);

#endif
