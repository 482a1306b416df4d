/* SPDX-License-Identifier: MIT */
/**
 * A configuration: everything that makes a model besides its data. Each setting is one row of one
 * table, which gives its place in the JSON file ("encoder.layers"), its flag on the command line
 * (--layers), its type, range, default and help.
 */
#ifndef HEED_CONFIG_H
#define HEED_CONFIG_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum heed_setting_type {
    HEED_SETTING_INTEGER,
    HEED_SETTING_NUMBER,
    HEED_SETTING_BOOLEAN, /**< "true" or "false" */
    HEED_SETTING_CHOICE,  /**< one of `choices` */
    HEED_SETTING_TEXT /**< a row of an attention table, as heed_attention_spec_parse takes it; of
                           "stage", several joined by commas, or "none" */
} heed_setting_type;

/** One setting. All strings are static. */
typedef struct heed_setting {
    const char *key;  /**< place in the JSON file: "group.name" */
    const char *flag; /**< on the command line, without the dashes */
    heed_setting_type type;
    const char *initial; /**< the default, as text */
    const char *choices; /**< of a CHOICE, separated by '|'; of a TEXT, the table; otherwise NULL */
    double least, most;  /**< of a number, both included */
    const char *help;    /**< one line */
} heed_setting;

/** Row `index` of the table, NULL past its end. */
HEED_API const heed_setting *heed_setting_at(size_t index);

typedef struct heed_config heed_config;

/** All defaults. The caller frees *out with heed_config_destroy. Errors HEED_E_NOMEM. */
HEED_API HEED_MUST_CHECK heed_status heed_config_create(heed_config **out);

/** Accepts NULL and a pointer to NULL; nulls the pointer. */
HEED_API void heed_config_destroy(heed_config **config);

/** Sets one setting by key or by flag. Errors HEED_E_INVALID (no such setting: names the nearest;
 * not of its type or range): the setting is then as it was. */
HEED_API HEED_MUST_CHECK heed_status heed_config_set(heed_config *config, const char *name,
                                                     const char *value);

/** The value as text, NULL for an unknown name. Owns: the configuration, until the next set. */
HEED_API const char *heed_config_get(const heed_config *config, const char *name);

/** Nonzero once heed_config_set or a file has set it. */
HEED_API int heed_config_is_set(const heed_config *config, const char *name);

/** Sets all that a JSON file names. Errors HEED_E_IO, HEED_E_FORMAT (not JSON), HEED_E_INVALID
 * (names the key); what came before the failing key is set. */
HEED_API HEED_MUST_CHECK heed_status heed_config_read(heed_config *config, const char *path);

/** The same from JSON text of `size` bytes; `name` stands for it in messages. */
HEED_API HEED_MUST_CHECK heed_status heed_config_parse(heed_config *config, const char *text,
                                                       size_t size, const char *name);

/** The whole configuration as JSON, groups and settings in the table's order. The caller frees *out
 * with heed_text_free. */
HEED_API HEED_MUST_CHECK heed_status heed_config_json(const heed_config *config, int indent,
                                                      char **out);

/** Frees text that a function of heed handed out. Accepts NULL. */
HEED_API void heed_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
