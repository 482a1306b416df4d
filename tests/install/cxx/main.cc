/* SPDX-License-Identifier: MIT */
// Links the whole library from C++, with its handle in a smart pointer.
#include <heed/heed.h>

#include <iostream>
#include <memory>

struct context_end {
    void operator()(heed_context *context) const { heed_context_destroy(&context); }
};

int main()
{
    heed_context *raw = nullptr;
    if (heed_context_create(nullptr, &raw) != HEED_OK) {
        std::cerr << heed_status_message() << '\n';
        return 1;
    }
    std::unique_ptr<heed_context, context_end> context(raw);
    std::cout << "heed " << heed_version() << ", " << heed_context_threads(context.get())
              << " threads\n";
    return 0;
}
