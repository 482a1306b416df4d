/* SPDX-License-Identifier: MIT */
/** The library's version, at compile time and at run time. */
#ifndef HEED_VERSION_H
#define HEED_VERSION_H

#include "heed/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED_VERSION_MAJOR  0
#define HEED_VERSION_MINOR  1
#define HEED_VERSION_PATCH  0
#define HEED_VERSION_STRING "0.1.0"

/** "MAJOR.MINOR.PATCH" of the library that is running. The string is static. */
HEED_API const char *heed_version(void);

#ifdef __cplusplus
}
#endif
#endif
