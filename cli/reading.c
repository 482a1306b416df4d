/* SPDX-License-Identifier: MIT */
#include "cli/reading.h"

heed_status reading_options(const options *given, heed_read_options *out)
{
    *out = (heed_read_options){.text = options_text(given, "text"),
                               .label = options_text(given, "label"),
                               .max_bad = options_number(given, "max-bad"),
                               .max_line = (size_t)options_integer(given, "max-line")};
    if (out->max_bad == 0) out->max_bad = -1; /* 0 on the command line means not one */
    if (!options_given(given, "format")) return HEED_OK;
    return heed_format_find(options_text(given, "format"), &out->format);
}

heed_status reading_for_model(const options *given, const heed_model *model, heed_read_options *out)
{
    const char *text, *label;
    heed_status status = reading_options(given, out);
    heed_model_columns(model, &text, &label);
    out->columns_are_hints = !out->text && !out->label;
    if (!out->text && *text) out->text = text;
    if (!out->label && *label) out->label = label;
    return status;
}

heed_status reading_open(const options *given, int first, heed_context *context,
                         const heed_read_options *read, heed_reader **out)
{
    static const char *const standard_input[] = {"-"};
    int n = given->n_arguments - first;
    const char *const *paths = n > 0 ? given->arguments + first : standard_input;
    return heed_reader_open(context, paths, n > 0 ? n : 1, read, out);
}
