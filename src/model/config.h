/* SPDX-License-Identifier: MIT */
/* Typed reading of a configuration, by key. A key that is not in the table is a bug of ours. */
#ifndef HEED_MODEL_CONFIG_H
#define HEED_MODEL_CONFIG_H

#include "heed/config.h"
#include "heed/context.h"

int64_t heed__config_integer(const heed_config *config, const char *key);
double heed__config_number(const heed_config *config, const char *key);
int heed__config_boolean(const heed_config *config, const char *key);
int heed__config_is(const heed_config *config, const char *key, const char *choice);

struct heed__json;

/* A setting's spelling on the command line. */
const char *heed__config_flag(const char *key);
/* Sets what was not given, which stays so. */
heed_status heed__config_default(heed_config *config, const char *key, const char *value);

/* Whether sources and targets are cut by one tokenizer, as far as settings say. */
int heed__config_joint(const heed_config *config);

/* Whether a language model knows positions by a learned table, beyond which there are none. */
int heed__config_learned_positions(const heed_config *config);

/* Gives settings that were left open the values that go with those that were set. */
heed_status heed__config_settle(heed_config *config);

/* Refuses what was set for reading a source, in a language model, which has none:
 * HEED_E_INVALID. */
heed_status heed__config_check_source(const heed_config *config);

/* Refuses what needs weights of attention over a source as values (copying, coverage) where the
 * decoder has none: HEED_E_INVALID. */
heed_status heed__config_check_copy(const heed_config *config, int language);

/* Logs a warning for each setting that was given and that this model does not listen to. */
void heed__config_warn(heed_context *context, const heed_config *config);

/* The group "attention" of a JSON configuration: what layers attend by, as data. */
heed_status heed__config_attention(heed_config *config, const struct heed__json *at);

heed_status heed__config_copy(const heed_config *config, heed_config **out);
/* What was not given becomes what `from` has, and counts as not given still. */
heed_status heed__config_inherit(heed_config *config, const heed_config *from);
/* As if it had never been given. */
heed_status heed__config_reset(heed_config *config, const char *key);

#endif
