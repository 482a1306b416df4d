/* SPDX-License-Identifier: MIT */
/* Any bytes are a configuration or an error with a message; one that is taken says itself as JSON
 * that is taken again and says the same. */
#include "fuzz.h"

#include "heed/config.h"

#include <string.h>

static char *said(const heed_config *config)
{
    char *text = NULL;
    if (heed_config_json(config, 2, &text) != HEED_OK) abort();
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    heed_config *config = NULL, *again = NULL;
    if (heed_config_create(&config) != HEED_OK || heed_config_create(&again) != HEED_OK) abort();
    heed_status status = heed_config_parse(config, (const char *)bytes, size, "input");
    if (status != HEED_OK && !*heed_status_message()) abort();
    /* What came before a failing key is set: it must be sound too. */
    char *first = said(config);
    if (heed_config_parse(again, first, strlen(first), "again") != HEED_OK) abort();
    char *second = said(again);
    if (strcmp(first, second) != 0) abort();
    heed_text_free(first);
    heed_text_free(second);
    heed_config_destroy(&config);
    heed_config_destroy(&again);
    return 0;
}
