/* SPDX-License-Identifier: MIT */
#include "heed/info.h"

#include "cpu/cpu.h"
#include "kernels/gemm_amx.h"
#include "ops/ops.h"

#include <csv.h>
#include <jansson.h>
#include <utf8proc.h>
#include <zlib.h>
#ifdef HEED_WITH_CAIRO
#    include <pango/pangocairo.h>
#endif

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

const char *heed_info_processor(void)
{
    return heed__cpu_name();
}

int heed_info_level_at(size_t index, heed_info_level *out)
{
    if (index >= HEED_LEVELS) return 0;
    heed__level level = (heed__level)index;
    *out = (heed_info_level){heed__level_name(level), heed__cpu_has(level),
                             heed__cpu_level() == level};
    return 1;
}

int heed_info_precision_at(size_t index, heed_info_precision *out)
{
    static const heed_info_precision rows[] = {
        [HEED_PRECISION_HIGHEST] = {"highest", "float32", 1e-6},
        [HEED_PRECISION_HIGH] = {"high", "two bfloat16 (amx)", 2e-5},
        [HEED_PRECISION_MEDIUM] = {"medium", "bfloat16 (amx)", 1e-2},
    };
    if (index >= sizeof rows / sizeof *rows) return 0;
    *out = rows[index];
    if (heed__gemm_parts((heed_precision)index)) return 1;
    out->arithmetic = rows[HEED_PRECISION_HIGHEST].arithmetic;
    out->error = rows[HEED_PRECISION_HIGHEST].error;
    return 1;
}

heed_status heed_info_check_level(void)
{
    return heed__cpu_check();
}

/* libcsv and SentencePiece cannot be asked which one runs; what was built against stands for it. */
static const char *csv_version(void)
{
    return TEXT(CSV_MAJOR) "." TEXT(CSV_MINOR) "." TEXT(CSV_RELEASE);
}

static const char *sentencepiece_version(void)
{
#ifdef HEED_WITH_SENTENCEPIECE
    return HEED_WITH_SENTENCEPIECE;
#else
    return NULL;
#endif
}

static const char *drawing_version(int pango)
{
#ifdef HEED_WITH_CAIRO
    return pango ? pango_version_string() : cairo_version_string();
#else
    (void)pango;
    return NULL;
#endif
}

static const char *cairo_version_or_null(void)
{
    return drawing_version(0);
}

static const char *pango_version_or_null(void)
{
    return drawing_version(1);
}

static const struct {
    const char *name;
    const char *(*version)(void);
    const char *use, *package;
} libraries[] = {
    {"jansson", jansson_version_str, "JSON", "libjansson-dev"},
    {"utf8proc", utf8proc_version, "Unicode", "libutf8proc-dev"},
    {"zlib", zlibVersion, "compressed input", "zlib1g-dev"},
    {"libcsv", csv_version, "quoted columns", "libcsv-dev"},
    {"sentencepiece", sentencepiece_version, "subword tokenizers", "libsentencepiece-dev"},
    {"cairo", cairo_version_or_null, "drawings as svg and png", "libpango1.0-dev"},
    {"pango", pango_version_or_null, "text in drawings", "libpango1.0-dev"},
};

int heed_info_library_at(size_t index, heed_info_library *out)
{
    if (index >= sizeof libraries / sizeof *libraries) return 0;
    *out = (heed_info_library){libraries[index].name, libraries[index].version(),
                               libraries[index].use, libraries[index].package};
    return 1;
}

int heed_info_operation_at(size_t index, heed_info_operation *out)
{
    for (size_t i = 0; heed__ops[i]; i++)
        if (i == index) {
            *out = (heed_info_operation){heed__ops[i]->name, heed__ops[i]->summary};
            return 1;
        }
    return 0;
}
