/* SPDX-License-Identifier: MIT */
/*
 * A model is kept as its pieces and scores, checked by heed, and the serialised form that
 * SentencePiece loads is written here, so that bytes from a file never reach its parser. No
 * exception leaves this file.
 */
#ifdef HEED_WITH_SENTENCEPIECE
#    include "data/sentencepiece.h"

#    include <cmath>
#    include <cstring>
#    include <exception>
#    include <memory>
#    include <new>
#    include <sentencepiece_processor.h>
#    include <sentencepiece_trainer.h>
#    include <string>
#    include <unordered_map>

extern "C" {
#    include "base/fail.h"
}

struct heed__subwords {
    sentencepiece::SentencePieceProcessor processor;
};

namespace
{

class Texts : public sentencepiece::SentenceIterator
{
  public:
    Texts(int64_t n, heed__subwords_text text, void *user) : n_(n), text_(text), user_(user)
    {
        Take();
    }
    bool done() const override { return at_ >= n_ || status_ != HEED_OK; }
    void Next() override
    {
        at_++;
        Take();
    }
    const std::string &value() const override { return value_; }
    sentencepiece::util::Status status() const override { return sentencepiece::util::Status(); }
    heed_status failed() const { return status_; }

  private:
    void Take()
    {
        const char *bytes = nullptr;
        size_t size = 0;
        if (done()) return;
        status_ = text_(user_, at_, &bytes, &size);
        if (status_ == HEED_OK) value_.assign(bytes, size);
    }
    int64_t n_, at_ = 0;
    heed__subwords_text text_;
    void *user_;
    std::string value_;
    heed_status status_ = HEED_OK;
};

template <typename Body> heed_status guarded(Body body)
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return heed__fail(HEED_E_NOMEM, "no memory for subwords; give fewer texts");
    } catch (const std::exception &e) {
        return heed__fail(HEED_E_DATA, "SentencePiece: %s", e.what());
    } catch (...) {
        return heed__fail(HEED_E_DATA, "SentencePiece failed and gave no reason");
    }
}

heed_status train(const char *model, int64_t max_vocabulary, int all_characters, int64_t n,
                  heed__subwords_text text, heed__subwords_piece piece, void *user)
{
    const std::unordered_map<std::string, std::string> options = {
        {"model_type", model},
        {"vocab_size", std::to_string(max_vocabulary)},
        {"hard_vocab_limit", "false"},
        {"character_coverage", all_characters ? "1.0" : "0.9995"},
        {"normalization_rule_name", "identity"},
        {"num_threads", "1"},
        {"shuffle_input_sentence", "false"},
        {"max_sentence_length", "1073741824"},
        {"unk_id", "0"},
        {"bos_id", "1"},
        {"eos_id", "-1"},
        {"pad_id", "-1"},
        {"bos_piece", "<cls>"},
        {"minloglevel", "3"},
    };
    Texts texts(n, text, user);
    std::string serialized;
    const auto trained = sentencepiece::SentencePieceTrainer::Train(options, &texts, &serialized);
    if (texts.failed() != HEED_OK) return texts.failed();
    if (!trained.ok())
        return heed__fail(HEED_E_DATA, "SentencePiece cannot learn from these texts: %s",
                          trained.message());
    sentencepiece::SentencePieceProcessor learned;
    const auto loaded = learned.LoadFromSerializedProto(serialized);
    if (!loaded.ok()) return heed__fail(HEED_E_DATA, "SentencePiece: %s", loaded.message());
    for (int id = 2; id < learned.GetPieceSize(); id++) {
        const std::string &bytes = learned.IdToPiece(id);
        HEED_TRY(piece(user, bytes.data(), bytes.size(), learned.GetScore(id)));
    }
    return HEED_OK;
}

/* Protocol buffers: a number in groups of seven bits; a field is its number and kind, then it. */
void add_varint(std::string *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
    out->push_back(static_cast<char>(value));
}

void add_bytes(std::string *out, unsigned field, const std::string &bytes)
{
    add_varint(out, field << 3 | 2);
    add_varint(out, bytes.size());
    out->append(bytes);
}

void add_number(std::string *out, unsigned field, uint64_t value)
{
    add_varint(out, field << 3);
    add_varint(out, value);
}

void add_float(std::string *out, unsigned field, float value)
{
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    add_varint(out, field << 3 | 5);
    for (int i = 0; i < 4; i++) out->push_back(static_cast<char>(bits >> 8 * i));
}

/* Field and enumeration numbers are those of sentencepiece_model.proto. */
std::string serialize(const char *model, int64_t n, const char *const *pieces, const float *scores)
{
    enum { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, UNIGRAM = 1, BPE = 2 };
    std::string out, trainer, normalizer;
    for (int64_t id = 0; id < n; id++) {
        std::string piece;
        add_bytes(&piece, 1, pieces[id]);
        add_float(&piece, 2, scores[id]);
        add_number(&piece, 3, id == 0 ? UNKNOWN : id == 1 ? CONTROL : NORMAL);
        add_bytes(&out, 1, piece);
    }
    add_number(&trainer, 3, std::strcmp(model, "bpe") == 0 ? BPE : UNIGRAM);
    add_bytes(&normalizer, 1, "identity");
    add_bytes(&out, 2, trainer);
    add_bytes(&out, 3, normalizer);
    return out;
}

heed_status encode(const heed__subwords *subwords, const char *text, size_t size,
                   heed__subwords_token token, void *user)
{
    sentencepiece::ImmutableSentencePieceText found;
    const auto encoded =
        subwords->processor.Encode(absl::string_view(text, size), found.mutable_proto());
    if (!encoded.ok()) return heed__fail(HEED_E_DATA, "SentencePiece: %s", encoded.message());
    int stop = 0;
    for (size_t i = 0; i < found.pieces_size() && !stop; i++) {
        const auto piece = found.pieces(static_cast<int>(i));
        HEED_TRY(token(user, piece.id(), piece.begin(), piece.end(), &stop));
    }
    return HEED_OK;
}

} // namespace

extern "C" heed_status heed__subwords_train(const char *model, int64_t max_vocabulary,
                                            int all_characters, int64_t n, heed__subwords_text text,
                                            heed__subwords_piece piece, void *user)
{
    return guarded(
        [&] { return train(model, max_vocabulary, all_characters, n, text, piece, user); });
}

extern "C" heed_status heed__subwords_create(const char *model, int64_t n,
                                             const char *const *pieces, const float *scores,
                                             heed__subwords **out)
{
    *out = nullptr;
    return guarded([&] {
        std::unique_ptr<heed__subwords> made(new heed__subwords);
        const auto loaded =
            made->processor.LoadFromSerializedProto(serialize(model, n, pieces, scores));
        if (!loaded.ok())
            return heed__fail(HEED_E_FORMAT, "the tokenizer's subwords cannot be used: %s",
                              loaded.message());
        *out = made.release();
        return HEED_OK;
    });
}

extern "C" void heed__subwords_destroy(heed__subwords *subwords)
{
    delete subwords;
}

extern "C" heed_status heed__subwords_encode(const heed__subwords *subwords, const char *text,
                                             size_t size, heed__subwords_token token, void *user)
{
    return guarded([&] { return encode(subwords, text, size, token, user); });
}
#endif
