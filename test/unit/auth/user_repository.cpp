#include "cookieshop/auth/user_repository.hpp"

#include "cookieshop/db/writer.hpp"
#include "support/manual_clock.hpp"
#include "support/run_task.hpp"
#include "support/temporary_database.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cookieshop;
using auth::add_user;
using auth::rehash_password;
using auth::set_password;
using cookieshop::test::manual_clock;
using cookieshop::test::run_task;
using db::in;
using db::out;

namespace {

struct fixture {
    result<void> run(const session::companion& companion) {
        return run_task(io, writer.run([&](db::connection& c) { return companion(c, change); }));
    }
    session::user_id add(const std::string& email, const std::string& hash) {
        BOOST_REQUIRE(run(add_user(email, hash)).has_value());
        return change.log_in->user;
    }
    std::optional<auth::user> find(std::string email) { return run_task(io, users.find(std::move(email))); }
    std::optional<auth::user> find(session::user_id id) { return run_task(io, users.find(id)); }
    void raise_epoch(session::user_id id) {
        run_task(io, writer.run([id](db::connection& c) {
            c.run("UPDATE users SET epoch = epoch + 1 WHERE id = :id", in(id));
        }));
    }
    std::string hash_of(session::user_id id) { return find(id).value().password_hash; }

    cookieshop::test::temporary_database database;
    asio::io_context io;
    db::readers readers{*database, 1};
    db::writer writer{*database};
    auth::user_repository users{readers};
    session::change change{.now = manual_clock::start};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(user_repository, fixture)

BOOST_AUTO_TEST_CASE(a_user_is_found_by_email_and_by_id_as_added) {
    const auto id = add("Ada@Example.org", "$hash");
    for (const auto& found : {find("Ada@Example.org"), find("ADA@eXAMPLE.ORG"), find(id)}) {
        BOOST_REQUIRE(found.has_value());
        BOOST_TEST(found->id == id);
        BOOST_TEST(found->email == "Ada@Example.org");
        BOOST_TEST(found->password_hash == "$hash");
        BOOST_TEST(found->epoch == 0u);
    }
}

BOOST_AUTO_TEST_CASE(who_is_not_there_is_not_found) {
    const auto id = add("ada@x", "$hash");
    BOOST_TEST(!find("bob@x"));
    BOOST_TEST(!find(""));
    BOOST_TEST(!find("' OR 1=1 --"));
    BOOST_TEST(!find(id + 1));
    BOOST_TEST(!find(0));
}

BOOST_AUTO_TEST_CASE(whoever_is_added_is_logged_in) {
    const auto id = add("ada@x", "$hash");
    BOOST_TEST(id > 0);
    BOOST_TEST(change.log_in->epoch == 0u);
    BOOST_TEST(!change.log_in->remember);
}

BOOST_AUTO_TEST_CASE(the_time_of_the_change_is_kept_as_that_of_the_user) {
    add("ada@x", "$hash");
    time_point created_at{};
    run_task(io, readers.run([&](db::connection& c) {
        c.run("SELECT created_at FROM users", {}, out(created_at));
    }));
    BOOST_TEST((created_at == manual_clock::start));
}

BOOST_AUTO_TEST_CASE(an_email_is_taken_whatever_the_case_of_its_letters) {
    const auto id = add("ada@x", "$hash");
    change.log_in.reset();
    for (const std::string email : {"ada@x", "ADA@X"}) {
        BOOST_TEST((run(add_user(email, "$other")).error() == errc::exists));
        BOOST_TEST(!change.log_in);
    }
    BOOST_TEST(hash_of(id) == "$hash");
    BOOST_TEST(add("bob@x", "$hash") != id);
}

BOOST_AUTO_TEST_CASE(text_is_kept_to_the_byte) {
    for (const std::string email : {"o'brien\"@x;--", "\U0001F36A@x", "%s:id@x"}) {
        const auto id = add(email, "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA");
        BOOST_TEST(find(id).value().email == email);
        BOOST_TEST(find(email).value().id == id);
    }
}

BOOST_AUTO_TEST_CASE(a_password_is_set_if_the_epoch_is_still_the_one_that_was_read) {
    const auto id = add("ada@x", "$old"), other = add("bob@x", "$old");
    BOOST_TEST(run(set_password(id, "$new", 0)).has_value());
    BOOST_TEST(hash_of(id) == "$new");
    raise_epoch(id);
    BOOST_TEST((run(set_password(id, "$late", 0)).error() == errc::conflict));
    BOOST_TEST(hash_of(id) == "$new");
    BOOST_TEST(run(set_password(id, "$newest", 1)).has_value());
    BOOST_TEST(hash_of(id) == "$newest");
    BOOST_TEST(hash_of(other) == "$old");
}

BOOST_AUTO_TEST_CASE(the_password_of_nobody_can_not_be_set) {
    BOOST_TEST((run(set_password(7, "$new", 0)).error() == errc::conflict));
}

BOOST_AUTO_TEST_CASE(a_hash_is_replaced_unless_it_changed_meanwhile) {
    const auto id = add("ada@x", "$old");
    BOOST_TEST(run(rehash_password(id, "$other", "$late")).has_value());
    BOOST_TEST(hash_of(id) == "$old");
    BOOST_TEST(run(rehash_password(id, "$old", "$new")).has_value());
    BOOST_TEST(hash_of(id) == "$new");
}

BOOST_AUTO_TEST_SUITE_END()
