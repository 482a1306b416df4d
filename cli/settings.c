/* SPDX-License-Identifier: MIT */
#include "cli/settings.h"

/* What the help calls a value of each type. */
static const struct {
    option_type type;
    const char *argument;
} kinds[] = {
    [HEED_SETTING_INTEGER] = {OPTION_INTEGER, "N"},
    [HEED_SETTING_NUMBER] = {OPTION_NUMBER, "X"},
    [HEED_SETTING_BOOLEAN] = {OPTION_BOOLEAN, "BOOL"},
    [HEED_SETTING_CHOICE] = {OPTION_CHOICE, "KIND"},
    [HEED_SETTING_TEXT] = {OPTION_TEXT, "TEXT"},
};

int settings_option(size_t index, option_row *out)
{
    const heed_setting *setting = heed_setting_at(index);
    if (!setting) return 0;
    *out = (option_row){.flag = setting->flag,
                        .argument = kinds[setting->type].argument,
                        .type = kinds[setting->type].type,
                        .initial = setting->initial,
                        .choices = setting->choices,
                        .least = setting->least,
                        .most = setting->most,
                        .help = setting->help};
    return 1;
}

heed_status settings_apply(const options *given, heed_config *config)
{
    const heed_setting *setting;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++) {
        if (!options_given(given, setting->flag)) continue;
        heed_status status =
            heed_config_set(config, setting->key, options_text(given, setting->flag));
        if (status != HEED_OK) return status;
    }
    return HEED_OK;
}
