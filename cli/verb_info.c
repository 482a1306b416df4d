/* SPDX-License-Identifier: MIT */
/* heed info: the version, the processor and the libraries. */
#include "cli/output.h"
#include "cli/report.h"
#include "cli/session.h"

#include "heed/info.h"
#include "heed/version.h"

#include <stdio.h>

static void show_text(int threads)
{
    heed_info_level level;
    heed_info_library library;
    output_format("%-12s%s\n", "heed", heed_version());
    output_format("%-12s%s\n", "processor", heed_info_processor());
    output_format("%-12s", "levels");
    for (size_t i = 0, shown = 0; heed_info_level_at(i, &level); i++)
        if (level.available)
            output_format("%s%s%s", shown++ ? ", " : "", level.name, level.chosen ? " (used)" : "");
    output_format("\n%-12s%d\n\nlibraries\n", "threads", threads);
    for (size_t i = 0; heed_info_library_at(i, &library); i++)
        if (library.version)
            output_format("  %-14s%-9s %s\n", library.name, library.version, library.use);
        else
            output_format("  %-14s%-9s %s: install %s and build again\n", library.name, "none",
                          library.use, library.package);
}

static heed_status show_json(int threads)
{
    heed_info_level level;
    heed_info_library library;
    json_t *levels = json_array(), *libraries = json_array();
    const char *used = "";
    for (size_t i = 0; heed_info_level_at(i, &level); i++) {
        if (level.available) json_array_append_new(levels, json_string(level.name));
        if (level.chosen) used = level.name;
    }
    for (size_t i = 0; heed_info_library_at(i, &library); i++)
        json_array_append_new(libraries, json_pack("{s:s, s:s?, s:s, s:s}", "name", library.name,
                                                   "version", library.version, "use", library.use,
                                                   "package", library.package));
    return output_json(json_pack("{s:s, s:s, s:s, s:o, s:i, s:o}", "version", heed_version(),
                                 "processor", heed_info_processor(), "level", used, "levels",
                                 levels, "threads", threads, "libraries", libraries));
}

static heed_status run(const options *given)
{
    heed_context *context;
    heed_status status = session_start(given, &context);
    if (status != HEED_OK) return status;
    int threads = heed_context_threads(context);
    heed_context_destroy(&context);
    if (heed_info_check_level() != HEED_OK)
        fprintf(stderr, "heed: warning: %s\n", heed_status_message());
    if (options_flag(given, "json")) return show_json(threads);
    show_text(threads);
    return HEED_OK;
}

static const verb_example examples[] = {
    {"heed info", "what this machine and this build can do"},
    {"HEED_CPU=scalar heed info --json", "the same as data, held to portable code"},
    {NULL, NULL},
};

const verb verb_info = {
    .name = "info",
    .summary = "show the version, the processor and the libraries",
    .arguments = "",
    .description = "Shows which heed this is, the processor's name and vector levels (HEED_CPU in "
                   "the environment caps the level used: scalar, avx2, avx512, amx or neon), the "
                   "number of threads that verbs work with, and the libraries it stands on.",
    .common = COMMON_THREADS | COMMON_JSON,
    .examples = examples,
    .run = run,
};
