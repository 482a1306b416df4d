/* SPDX-License-Identifier: MIT */
/* Labels texts with a trained model.  usage: predict MODEL TEXT... */
#include "heed/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    heed_model *model = NULL;
    if (argc < 3 || heed_model_load(NULL, argv[1], &model) != HEED_OK) {
        fprintf(stderr, "%s\n", argc < 3 ? "usage: predict MODEL TEXT..." : heed_status_message());
        return 1;
    }
    float *values = malloc((size_t)heed_model_width(model) * sizeof *values);
    for (int i = 2; values && i < argc; i++) {
        heed_text text = {argv[i], strlen(argv[i])};
        heed_answer answer;
        if (heed_model_predict(model, &text, 1, values) != HEED_OK) return 1;
        heed_model_best(model, 0, values, &answer);
        printf("%s\t%.6f\n", answer.label, (double)answer.value);
    }
    free(values);
    heed_model_destroy(&model);
    return 0;
}
