/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/sha256.h"

#include <string.h>

static void check_digest(const void *bytes, size_t size, const char *wanted)
{
    unsigned char digest[HEED_SHA256_SIZE];
    char text[HEED_SHA256_HEX];
    heed__sha256_of(bytes, size, digest);
    heed__sha256_hex(digest, text);
    assert_string_equal(text, wanted);
}

/* The examples published with FIPS 180-4. */
static void test_published_digests(void **state)
{
    (void)state;
    check_digest(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    check_digest(two_blocks, strlen(two_blocks),
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_a_million_letters_in_uneven_pieces(void **state)
{
    (void)state;
    heed__sha256 hash;
    heed__sha256_start(&hash);
    unsigned char letters[1000], digest[HEED_SHA256_SIZE];
    char text[HEED_SHA256_HEX];
    memset(letters, 'a', sizeof letters);
    size_t left = 1000000;
    for (size_t i = 0; left; i++) {
        size_t piece = (i * 37) % 1000;
        if (piece > left) piece = left;
        heed__sha256_add(&hash, letters, piece);
        left -= piece;
    }
    heed__sha256_finish(&hash, digest);
    heed__sha256_hex(digest, text);
    assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Every length around the places where the padding changes: whole and byte by byte agree, and no
 * two lengths have the same digest. */
static void test_every_length_around_a_block(void **state)
{
    (void)state;
    unsigned char zeros[200] = {0}, last[HEED_SHA256_SIZE] = {0};
    for (size_t n = 0; n < sizeof zeros; n++) {
        unsigned char whole[HEED_SHA256_SIZE], bytewise[HEED_SHA256_SIZE];
        heed__sha256_of(zeros, n, whole);
        heed__sha256 hash;
        heed__sha256_start(&hash);
        for (size_t i = 0; i < n; i++) heed__sha256_add(&hash, zeros + i, 1);
        heed__sha256_finish(&hash, bytewise);
        assert_memory_equal(whole, bytewise, sizeof whole);
        assert_memory_not_equal(whole, last, sizeof whole);
        memcpy(last, whole, sizeof whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_digests),
        cmocka_unit_test(test_a_million_letters_in_uneven_pieces),
        cmocka_unit_test(test_every_length_around_a_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
