/* SPDX-License-Identifier: MIT */
/** All of heed. Each header also stands alone, in C11 and in C++17. */
#ifndef HEED_HEED_H
#define HEED_HEED_H

#include "heed/alignment.h"
#include "heed/array.h"
#include "heed/attention.h"
#include "heed/attention_batch.h"
#include "heed/attention_double.h"
#include "heed/attention_parts.h"
#include "heed/attention_textbook.h"
#include "heed/config.h"
#include "heed/context.h"
#include "heed/data.h"
#include "heed/evaluate.h"
#include "heed/explain.h"
#include "heed/file.h"
#include "heed/info.h"
#include "heed/metrics.h"
#include "heed/model.h"
#include "heed/real.h"
#include "heed/report.h"
#include "heed/status.h"
#include "heed/tags.h"
#include "heed/text_metrics.h"
#include "heed/train.h"
#include "heed/translate.h"
#include "heed/tune.h"
#include "heed/version.h"

#endif
