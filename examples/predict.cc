// SPDX-License-Identifier: MIT
// Labels texts with a trained model, from C++.  usage: predict MODEL TEXT...
#include "heed/model.h"

#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

struct destroy {
    void operator()(heed_model *model) const { heed_model_destroy(&model); }
};

int main(int argc, char **argv)
{
    heed_model *loaded = nullptr;
    if (argc < 3 || heed_model_load(nullptr, argv[1], &loaded) != HEED_OK) {
        std::fprintf(stderr, "%s\n",
                     argc < 3 ? "usage: predict MODEL TEXT..." : heed_status_message());
        return 1;
    }
    std::unique_ptr<heed_model, destroy> model(loaded);
    std::vector<float> values(static_cast<std::size_t>(heed_model_width(model.get())));
    for (int i = 2; i < argc; i++) {
        heed_text text = {argv[i], std::strlen(argv[i])};
        heed_answer answer;
        if (heed_model_predict(model.get(), &text, 1, values.data()) != HEED_OK) return 1;
        heed_model_best(model.get(), 0, values.data(), &answer);
        std::printf("%s\t%.6f\n", answer.label, static_cast<double>(answer.value));
    }
}
