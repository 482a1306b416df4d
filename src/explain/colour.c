/* SPDX-License-Identifier: MIT */
#include "explain/colour.h"

#include <math.h>

typedef struct lab {
    double l, a, b;
} lab;

static double linear(uint8_t value)
{
    double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static uint8_t encoded(double v)
{
    v = v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
    return (uint8_t)lround(255.0 * (v < 0 ? 0 : v > 1 ? 1 : v));
}

static lab to_lab(heed__rgb c)
{
    double r = linear(c.r), g = linear(c.g), b = linear(c.b);
    double l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return (lab){0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

static heed__rgb from_lab(lab c)
{
    double l = c.l + 0.3963377774 * c.a + 0.2158037573 * c.b;
    double m = c.l - 0.1055613458 * c.a - 0.0638541728 * c.b;
    double s = c.l - 0.0894841775 * c.a - 1.2914855480 * c.b;
    l = l * l * l, m = m * m * m, s = s * s * s;
    return (heed__rgb){encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                       encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                       encoded(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

enum { STOPS = 3 };

/* Zero, half, full. */
static const heed__rgb warm_light[STOPS] = {{255, 255, 255}, {255, 184, 120}, {206, 48, 16}};
static const heed__rgb cold_light[STOPS] = {{255, 255, 255}, {150, 198, 244}, {26, 92, 184}};
static const heed__rgb warm_dark[STOPS] = {{32, 33, 36}, {150, 66, 22}, {255, 138, 76}};
static const heed__rgb cold_dark[STOPS] = {{32, 33, 36}, {30, 82, 148}, {108, 176, 250}};

heed__rgb heed__colour_of(float shade, int dark)
{
    if (isnan(shade)) shade = 0.0f;
    const heed__rgb *stops =
        shade < 0.0f ? dark ? cold_dark : cold_light : (dark ? warm_dark : warm_light);
    double place = fmin(fabsf(shade), 1.0) * (STOPS - 1);
    int stop = place >= STOPS - 1 ? STOPS - 2 : (int)place;
    double t = place - stop;
    lab a = to_lab(stops[stop]), b = to_lab(stops[stop + 1]);
    return from_lab((lab){a.l + t * (b.l - a.l), a.a + t * (b.a - a.a), a.b + t * (b.b - a.b)});
}

static double luminance(heed__rgb c)
{
    return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

double heed__contrast(heed__rgb a, heed__rgb b)
{
    double x = luminance(a), y = luminance(b);
    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

heed__rgb heed__text_colour(heed__rgb background)
{
    const heed__rgb black = {0, 0, 0}, white = {255, 255, 255};
    return heed__contrast(background, black) >= heed__contrast(background, white) ? black : white;
}

/* 16 to 231 are a cube of six steps a channel, 232 to 255 a ramp of greys. */
static const uint8_t cube[6] = {0, 95, 135, 175, 215, 255};

heed__rgb heed__colour_from_256(int index)
{
    if (index >= 232) {
        uint8_t grey = (uint8_t)(8 + 10 * (index - 232));
        return (heed__rgb){grey, grey, grey};
    }
    index -= 16;
    return (heed__rgb){cube[index / 36], cube[index / 6 % 6], cube[index % 6]};
}

int heed__colour_256(heed__rgb colour)
{
    lab wanted = to_lab(colour);
    int best = 16;
    double least = HUGE_VAL;
    for (int i = 16; i < 256; i++) {
        lab c = to_lab(heed__colour_from_256(i));
        double distance = (c.l - wanted.l) * (c.l - wanted.l) +
                          (c.a - wanted.a) * (c.a - wanted.a) + (c.b - wanted.b) * (c.b - wanted.b);
        if (distance < least) least = distance, best = i;
    }
    return best;
}
