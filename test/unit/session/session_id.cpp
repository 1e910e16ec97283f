#include "cookieshop/session/session_id.hpp"

#include <boost/test/unit_test.hpp>

#include <bitset>
#include <set>
#include <string>
#include <vector>

namespace cookieshop::session {
namespace {

const secret first_key{"the first key, of more than 32 characters"};
const secret second_key{"the second key, of more than 32 characters"};

id_signer signer_with(std::vector<secret> keys) {
    return id_signer{keys};
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

BOOST_AUTO_TEST_SUITE(session_id_)

BOOST_AUTO_TEST_CASE(I1_what_was_generated_is_verified) {
    const id_signer signer = signer_with({first_key});
    const session_id id = signer.generate();
    const auto verified = signer.verify(id.token());
    BOOST_REQUIRE(verified);
    BOOST_TEST((*verified == id));
    BOOST_TEST(verified->key() == id.key());
}

BOOST_AUTO_TEST_CASE(I1_every_other_text_at_every_place_is_refused) {
    const id_signer signer = signer_with({first_key});
    const std::string token{signer.generate().token()};
    for (std::size_t i = 0; i < token.size(); ++i) {
        for (const char c : alphabet) {
            std::string forged = token;
            forged[i] = c;
            if (forged != token) BOOST_TEST(!signer.verify(forged), forged);
        }
    }
}

BOOST_AUTO_TEST_CASE(I1_other_lengths_and_other_alphabets_are_refused) {
    const id_signer signer = signer_with({first_key});
    const std::string token{signer.generate().token()};
    for (std::size_t size = 0; size < token.size(); ++size) BOOST_TEST(!signer.verify(token.substr(0, size)));
    for (const std::string& text :
         {token + "A", token + "=", " " + token, std::string(44, '+'), std::string(44, '\0')}) {
        BOOST_TEST(!signer.verify(text), text);
    }
}

BOOST_AUTO_TEST_CASE(I1_another_key_verifies_nothing) {
    BOOST_TEST(!signer_with({second_key}).verify(signer_with({first_key}).generate().token()));
}

BOOST_AUTO_TEST_CASE(I2_the_stores_key_holds_nothing_of_the_token) {
    const session_id id = signer_with({first_key}).generate();
    const std::string key = id.key();
    BOOST_TEST(key.size() == 43u);
    for (std::size_t i = 0; i + 8 <= id.token().size(); ++i) {
        BOOST_TEST(key.find(id.token().substr(i, 8)) == key.npos);
    }
}

BOOST_AUTO_TEST_CASE(keys_are_rotated_without_ending_a_session) {
    const session_id old = signer_with({first_key}).generate();
    const id_signer rotated = signer_with({second_key, first_key});
    BOOST_TEST(rotated.verify(old.token()).has_value());
    // The new one signs: it is enough for those who come later.
    BOOST_TEST(signer_with({second_key}).verify(rotated.generate().token()).has_value());
}

BOOST_AUTO_TEST_CASE(the_order_of_the_keys_that_verify_does_not_matter) {
    const session_id a = signer_with({first_key}).generate(), b = signer_with({second_key}).generate();
    for (const id_signer& signer :
         {signer_with({first_key, second_key}), signer_with({second_key, first_key})}) {
        BOOST_TEST(signer.verify(a.token()).has_value());
        BOOST_TEST(signer.verify(b.token()).has_value());
    }
}

BOOST_AUTO_TEST_CASE(short_keys_and_no_keys_are_refused) {
    BOOST_CHECK_THROW(signer_with({}), std::invalid_argument);
    BOOST_CHECK_THROW(signer_with({secret{std::string(31, 'x')}}), std::invalid_argument);
    BOOST_CHECK_THROW(signer_with({first_key, secret{"short"}}), std::invalid_argument);
    BOOST_CHECK_NO_THROW(signer_with({secret{std::string(32, 'x')}}));
}

// ASVS 7.2.3. Not a proof of randomness: it finds counters, clocks and constants.
BOOST_AUTO_TEST_CASE(a_hundred_thousand_ids_differ_and_half_of_their_bits_are_set) {
    const id_signer signer = signer_with({first_key});
    constexpr int count = 100'000;
    std::set<std::string, std::less<>> ids;
    std::vector<std::size_t> set_bits(
        22 * 6
    );  // the 132 bits in front hold the number, the id, and 4 of the MAC
    for (int i = 0; i < count; ++i) {
        const session_id id = signer.generate();
        ids.emplace(id.token());
        for (std::size_t c = 0; c < 22; ++c) {
            const std::bitset<6> bits{alphabet.find(id.token()[c])};
            for (std::size_t b = 0; b < 6; ++b) set_bits[c * 6 + (5 - b)] += bits[b];
        }
    }
    BOOST_TEST(ids.size() == static_cast<std::size_t>(count));
    for (std::size_t bit = 8; bit < set_bits.size(); ++bit) {  // the first byte is the key's number
        BOOST_TEST_CONTEXT("bit " << bit) {
            // Ten standard deviations.
            BOOST_TEST(set_bits[bit] > 48'400u);
            BOOST_TEST(set_bits[bit] < 51'600u);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop::session
