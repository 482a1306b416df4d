/* SPDX-License-Identifier: MIT */
#include "heed/heed.h"

#include <stdio.h>

int main(void)
{
    printf("heed %s\n", heed_version());
    return 0;
}
