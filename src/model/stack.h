/* SPDX-License-Identifier: MIT */
/* What several parts read from the configuration alike. */
#ifndef HEED_MODEL_STACK_H
#define HEED_MODEL_STACK_H

#include "model/config.h"
#include "nn/transformer.h"

/* The encoder's settings; the decoder changes what is its own. */
heed__transformer_options heed__stack_options(const heed_config *config);
/* What "encoder", "decoder" (looking at what was written) or "cross" (at the source) attends by;
 * NULL = the first row of a table. */
heed__mechanism_texts heed__stack_mechanisms(const heed_config *config, const char *part);
heed_status heed__stack_positions(heed__params *params, const heed_config *config, const char *name,
                                  int64_t size, heed__positions *positions);
/* decoder.X, or encoder.X where that is 0. */
int64_t heed__decoder_integer(const heed_config *config, const char *name);

/* Sizes of embeddings: input.dim, else those of what reads them. */
int64_t heed__source_dim(const heed_config *config);
int64_t heed__target_dim(const heed_config *config);
/* Columns of what the encoder gives. */
int64_t heed__states_dim(const heed_config *config);

#endif
