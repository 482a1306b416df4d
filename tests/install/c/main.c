/* SPDX-License-Identifier: MIT */
/* Links the whole library: a context is made and ended, and the versions agree. */
#include <heed/heed.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    heed_context *context = NULL;
    if (heed_context_create(NULL, &context) != HEED_OK) {
        fprintf(stderr, "%s\n", heed_status_message());
        return 1;
    }
    printf("heed %s, %d threads\n", heed_version(), heed_context_threads(context));
    heed_context_destroy(&context);
    return strcmp(heed_version(), HEED_VERSION_STRING) != 0;
}
