/* SPDX-License-Identifier: MIT */
/* oneDNN's side of attention.py: scaled dot product attention as its graph has it, one case.
 *
 *     attention_onednn BATCH HEADS KEY_HEADS QUERIES KEYS SIZE CAUSAL BFLOAT16
 *
 * Says how many pieces the graph was cut into (1 = fused), then answers a line with the least
 * seconds of a round by the seconds of one run, by the clock and of processors. */
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

#include "oneapi/dnnl/dnnl_graph.hpp"
#include "oneapi/dnnl/dnnl_graph_sycl.h"
#include "oneapi/dnnl/dnnl_sycl.h"

using namespace dnnl::graph;
using dims = logical_tensor::dims;
using type = logical_tensor::data_type;
using layout = logical_tensor::layout_type;

namespace
{

/* Blocks that oneDNN takes for a run are kept for the next: the system's would be new pages each
 * time. */
std::map<void *, size_t> taken;
std::multimap<size_t, void *> kept;
std::vector<void *> given_back;

void *take(size_t bytes, size_t, const void *, const void *)
{
    auto found = kept.find(bytes);
    void *block = nullptr;
    if (found != kept.end()) {
        block = found->second;
        kept.erase(found);
    } else {
        block = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    }
    taken[block] = bytes;
    return block;
}

void give_back(void *block, const void *, const void *, void *)
{
    given_back.push_back(block); /* it may still be at work */
}

void keep_all()
{
    for (void *block : given_back) kept.emplace(taken[block], block);
    given_back.clear();
}

void check(dnnl_status_t status)
{
    if (status != dnnl_success) throw std::runtime_error("oneDNN: no engine for the processor");
}

dnnl::engine make_engine()
{
    dnnl::engine plain(dnnl::engine::kind::cpu, 0);
    dnnl_graph_allocator_t allocator;
    dnnl_engine_t engine;
    void *device, *context;
    check(dnnl_sycl_interop_engine_get_device(plain.get(), &device));
    check(dnnl_sycl_interop_engine_get_context(plain.get(), &context));
    check(dnnl_graph_sycl_interop_allocator_create(&allocator, take, give_back));
    check(dnnl_graph_sycl_interop_make_engine_with_allocator(&engine, device, context, allocator));
    return dnnl::engine(engine);
}

struct Case {
    dnnl_dim_t batch, heads, key_heads, queries, keys, size;
    bool causal, narrow;
};

/* Query heads that share keys are a dimension of their own. */
struct Shapes {
    dims q, k, scores;
    explicit Shapes(const Case &c)
    {
        dnnl_dim_t group = c.heads / c.key_heads;
        if (group == 1) {
            q = {c.batch, c.heads, c.queries, c.size};
            k = {c.batch, c.heads, c.keys, c.size};
            scores = {c.batch, c.heads, c.queries, c.keys};
        } else {
            q = {c.batch, c.key_heads, group, c.queries, c.size};
            k = {c.batch, c.key_heads, 1, c.keys, c.size};
            scores = {c.batch, c.key_heads, group, c.queries, c.keys};
        }
    }
};

class Attention
{
  public:
    explicit Attention(const Case &c)
        : engine_(make_engine()), stream_(engine_), shapes_(c), scale_(1 / std::sqrt(float(c.size)))
    {
        dnnl::graph::graph whole(dnnl::engine::kind::cpu);
        build(c, whole);
        whole.finalize();
        auto parts = whole.get_partitions();
        pieces = parts.size();
        for (auto &part : parts)
            if (!part.is_supported()) throw std::runtime_error("a part is not supported");
        if (pieces == 1) compile(parts[0]);
    }

    void run()
    {
        compiled_.execute(stream_, in_, out_);
        stream_.wait();
        keep_all();
    }

    size_t pieces;

  private:
    logical_tensor tensor(type kind, const dims &shape, bool strided = false)
    {
        return strided ? logical_tensor(id_++, kind, shape, layout::strided)
                       : logical_tensor(id_++, kind, shape, layout::any);
    }

    op add(dnnl::graph::graph &whole, op::kind kind, const std::vector<logical_tensor> &in,
           const logical_tensor &out, const std::map<op::attr, int64_t> &numbers = {},
           const std::map<op::attr, bool> &flags = {})
    {
        op made(id_++, kind, in, {out}, "");
        for (auto &one : numbers) made.set_attr<int64_t>(one.first, one.second);
        for (auto &one : flags) made.set_attr<bool>(one.first, one.second);
        if (kind == op::kind::SoftMax) made.set_attr<std::string>(op::attr::mode, "inf_as_zero");
        whole.add_op(made);
        return made;
    }

    void build(const Case &c, dnnl::graph::graph &whole)
    {
        type kind = c.narrow ? type::bf16 : type::f32, sum = type::f32;
        auto q = tensor(kind, shapes_.q, true), k = tensor(kind, shapes_.k, true);
        auto v = tensor(kind, shapes_.k, true), scale = tensor(kind, {1}, true);
        auto scores = tensor(sum, shapes_.scores), scaled = tensor(sum, shapes_.scores);
        auto weights = tensor(kind, shapes_.scores), o = tensor(kind, shapes_.q, true);
        add(whole, op::kind::MatMul, {q, k}, scores, {}, {{op::attr::transpose_b, true}});
        add(whole, op::kind::Multiply, {scores, scale}, scaled);
        if (c.causal) scaled = mask(whole, scaled);
        add(whole, op::kind::SoftMax, {scaled}, weights, {{op::attr::axis, -1}});
        add(whole, op::kind::MatMul, {weights, v}, o);
    }

    /* Numbers that are added: 0 where a key is seen, else -inf. */
    logical_tensor mask(dnnl::graph::graph &whole, const logical_tensor &scores)
    {
        dims shape(shapes_.scores.size(), 1);
        std::copy(shapes_.scores.end() - 2, shapes_.scores.end(), shape.end() - 2);
        auto hidden = tensor(type::f32, shape, true), masked = tensor(type::f32, shapes_.scores);
        mask_ = hidden.get_id();
        add(whole, op::kind::Add, {scores, hidden}, masked);
        return masked;
    }

    void compile(partition &part)
    {
        auto in = part.get_input_ports(), out = part.get_output_ports();
        compiled_ = part.compile(in, out, engine_);
        for (auto &one : in) in_.push_back(make(one));
        for (auto &one : out) out_.push_back(make(compiled_.query_logical_tensor(one.get_id())));
    }

    float number(const logical_tensor &shape, size_t i, size_t n)
    {
        size_t keys = size_t(shapes_.scores.back());
        if (shape.get_id() == mask_) return i % keys > i / keys ? -INFINITY : 0;
        return n > 1 ? normal_(draw_) : scale_;
    }

    dnnl::graph::tensor make(const logical_tensor &shape)
    {
        size_t bytes = shape.get_mem_size();
        bool narrow = shape.get_data_type() == type::bf16;
        size_t n = bytes / (narrow ? 2 : 4);
        char *room = static_cast<char *>(aligned_alloc(4096, (bytes + 4095) / 4096 * 4096));
        for (size_t i = 0; i < n; i++) {
            float x = number(shape, i, n);
            uint32_t bits;
            memcpy(&bits, &x, sizeof bits);
            uint16_t half = uint16_t(bits >> 16);
            if (narrow)
                memcpy(room + 2 * i, &half, sizeof half);
            else
                memcpy(room + 4 * i, &x, sizeof x);
        }
        return dnnl::graph::tensor(shape, engine_, room);
    }

    dnnl::engine engine_;
    dnnl::stream stream_;
    Shapes shapes_;
    size_t id_ = 0, mask_ = SIZE_MAX;
    float scale_;
    std::mt19937 draw_{1};
    std::normal_distribution<float> normal_;
    compiled_partition compiled_;
    std::vector<dnnl::graph::tensor> in_, out_;
};

} // namespace

int main(int argc, char **argv)
{
    if (argc != 9) return 2;
    Case c{atoll(argv[1]), atoll(argv[2]), atoll(argv[3]),     atoll(argv[4]),
           atoll(argv[5]), atoll(argv[6]), atoi(argv[7]) != 0, atoi(argv[8]) != 0};
    try {
        Attention attention(c);
        const dnnl_version_t *version = dnnl_version();
        printf("%d.%d.%d %zu\n", version->major, version->minor, version->patch, attention.pieces);
        fflush(stdout);
        for (double least; attention.pieces == 1 && std::cin >> least;) {
            double spent = 0, work = double(clock());
            long times = 0;
            auto start = std::chrono::steady_clock::now();
            while (times == 0 || spent < least) {
                attention.run();
                times++;
                spent =
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            }
            work = (double(clock()) - work) / CLOCKS_PER_SEC;
            printf("%.9f %.9f\n", spent / double(times), work / double(times));
            fflush(stdout);
        }
    } catch (const std::exception &failure) {
        printf("%s\n", failure.what());
        return 1;
    }
    return 0;
}
