#include "shop/pages.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace fs = std::filesystem;
namespace http = cookieshop::http;
namespace view = cookieshop::view;
using namespace cookieshop::shop;

namespace {

const pages& shop_pages() {
    static http::assets assets;
    static const pages all{{}, assets};
    return all;
}

template <class Page>
std::string rendered(const Page& page) {
    std::string html;
    shop_pages().render(html, page);
    return html;
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t result = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++result;
    return result;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

const frame member{.user_email = "emma@example.com", .csrf_token = "TOKEN", .basket_count = 3};

// Every page with a frame, by name, with one of each thing that it can show. All texts that can come from
// users are `text`.
std::map<std::string, std::string> all_pages(const frame& frame, const std::string& text) {
    const std::vector<cookie_offer> offers{{&shop_pages().card(catalogue[0]), text, text}};
    const std::vector<basket_line> basket{{&shop_pages().card(catalogue[0]), 2}};
    const std::vector<order_line> lines{{text, 2, {2500}}};
    const std::vector<order_summary> orders{{text, {}, 2, {2500}}};
    const std::vector<session_entry> sessions{
        {text, {}, {}, text, text, true}, {text, {}, {}, text, text, false}};
    const faults bad{text};
    return {
        {"cookies", rendered(cookies_page{frame, offers})},
        {"basket", rendered(basket_page{frame, basket, {2500}})},
        {"checkout", rendered(checkout_page{frame, lines, {2500}, text})},
        {"order", rendered(order_page{frame, text, {}, lines, {2500}})},
        {"orders", rendered(orders_page{frame, orders})},
        {"register", rendered(register_page{frame, text, bad, bad, bad})},
        {"login", rendered(login_page{frame, text, true, bad, bad})},
        {"logout", rendered(logout_page{frame})},
        {"settings", rendered(settings_page{frame, bad, bad, bad})},
        {"sessions", rendered(sessions_page{frame, sessions})},
        {"confirm", rendered(confirm_page{frame, text, text, bad})},
    };
}

struct folder_of_views {
    folder_of_views() { fs::copy(COOKIESHOP_VIEWS, path, fs::copy_options::recursive); }
    ~folder_of_views() { fs::remove_all(path); }
    folder_of_views(const folder_of_views&) = delete;
    folder_of_views& operator=(const folder_of_views&) = delete;

    void write(std::string_view name, std::string_view content) const {
        std::ofstream{path / name} << content;
    }

    fs::path path = fs::temp_directory_path() / ("cookieshop-views-" + std::to_string(::getpid()));
    http::assets assets;
};

std::string error_page_of(const pages& pages) {
    std::string html;
    pages.render(html, error_page{404, "Not Found", ""});
    return html;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pages_)

BOOST_AUTO_TEST_CASE(titles_and_headings_name_the_page) {
    const std::map<std::string, std::string> headings{
        {"cookies", "Cookies"},   {"basket", "Basket"},     {"checkout", "Checkout"}, {"order", "Order"},
        {"orders", "Orders"},     {"login", "Login"},       {"register", "Register"}, {"logout", "Logout"},
        {"settings", "Settings"}, {"sessions", "Sessions"}, {"confirm", "Confirm"},
    };
    for (const auto& [name, html] : all_pages({}, "x")) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(contains(html, "<title>Cookieshop | " + headings.at(name) + "</title>"));
            BOOST_TEST(contains(html, "<h1>" + headings.at(name) + "</h1>"));
            BOOST_TEST(count(html, "<h1") == 1U);
        }
    }
}

BOOST_AUTO_TEST_CASE(hostile_text_is_escaped_wherever_it_stands) {
    const std::string text = "<script>'\"&</script>";
    const frame frame{.user_email = text, .csrf_token = text, .flash = text, .problem = text, .next = text};
    for (const auto& [name, html] : all_pages(frame, text)) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(!contains(html, "<script"));
            BOOST_TEST(!contains(html, "'\"&"));
            BOOST_TEST(contains(html, "&lt;script&gt;&#39;&quot;&amp;&lt;/script&gt;"));
        }
    }
    const std::string error = rendered(error_page{400, text, text});
    BOOST_TEST(!contains(error, "<script"));
    BOOST_TEST(contains(error, "&lt;script&gt;"));
}

BOOST_AUTO_TEST_CASE(a_user_who_is_logged_in_has_the_footer_on_every_page) {
    for (const auto& [name, html] : all_pages(member, "x")) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(contains(html, "Logged in as emma@example.com."));
            BOOST_TEST(contains(html, "action=\"/logout\""));
        }
    }
}

BOOST_AUTO_TEST_CASE(nobody_else_has_the_footer) {
    for (const auto& [name, html] : all_pages({.csrf_token = "TOKEN"}, "x")) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(!contains(html, "Logged in as"));
            BOOST_TEST(!contains(html, "<footer"));
        }
    }
    BOOST_TEST(!contains(rendered(error_page{404, "Not Found", ""}), "Logged in as"));
}

BOOST_AUTO_TEST_CASE(every_form_that_is_posted_carries_the_token) {
    const std::string_view form = "<form ", post = "method=\"post\"",
                           token = "<input type=\"hidden\" name=\"csrf_token\" value=\"TOKEN\">";
    for (const auto& [name, html] : all_pages(member, "x")) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(count(html, form) >= 1U);
            BOOST_TEST(count(html, post) == count(html, form));
            BOOST_TEST(count(html, token) == count(html, form));
        }
    }
}

BOOST_AUTO_TEST_CASE(without_a_session_there_is_no_token) {
    for (const auto& [name, html] : all_pages({}, "x")) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(!contains(html, "csrf_token"));
        }
    }
}

BOOST_AUTO_TEST_CASE(login_and_registration_keep_next) {
    const frame frame{.next = "/orders/17?a=b&c=d"};
    for (const std::string& html : {rendered(login_page{frame}), rendered(register_page{frame})}) {
        BOOST_TEST(contains(html, "<input type=\"hidden\" name=\"next\" value=\"/orders/17?a=b&amp;c=d\">"));
        BOOST_TEST(contains(html, "href=\"/login?next=%2Forders%2F17%3Fa%3Db%26c%3Dd\""));
        BOOST_TEST(contains(html, "href=\"/register?next=%2Forders%2F17%3Fa%3Db%26c%3Dd\""));
    }
}

BOOST_AUTO_TEST_CASE(without_next_nothing_is_said_of_it) {
    BOOST_TEST(!contains(rendered(login_page{}), "next"));
    BOOST_TEST(!contains(rendered(register_page{}), "next"));
}

BOOST_AUTO_TEST_CASE(a_fault_stands_beside_its_field) {
    register_page page;
    page.password_faults = {"Too short.", "Too common."};
    const std::string html = rendered(page);
    BOOST_TEST(contains(
        html, "name=\"password\" type=\"password\" autocomplete=\"new-password\" "
              "aria-describedby=\"password-hint password-faults\" aria-invalid=\"true\" autofocus"
    ));
    BOOST_TEST(contains(html, "id=\"password-faults\">\n<p>Too short.</p>\n<p>Too common.</p>\n</div>"));
    BOOST_TEST(count(html, "aria-invalid") == 1U);
    BOOST_TEST(count(rendered(register_page{}), "aria-invalid") == 0U);
}

BOOST_AUTO_TEST_CASE(of_all_fields_with_faults_the_first_has_the_focus) {
    const faults bad{"Wrong."};
    for (const std::string& html :
         {rendered(register_page{{}, "", bad, bad, bad}), rendered(register_page{{}, "", {}, bad, bad}),
          rendered(register_page{{}, "", {}, {}, bad}), rendered(settings_page{{}, bad, bad, bad}),
          rendered(settings_page{{}, {}, bad, bad}), rendered(settings_page{{}, {}, {}, bad})}) {
        BOOST_TEST(count(html, "autofocus") == 1U);
        BOOST_TEST(html.find("autofocus") < html.find("aria-invalid", html.find("aria-invalid") + 1));
    }
}

BOOST_AUTO_TEST_CASE(the_email_is_kept_and_the_password_is_not) {
    login_page page;
    page.email = "emma@example.com";
    page.frame.problem = "The email address or password is not correct.";
    const std::string html = rendered(page);
    BOOST_TEST(contains(html, "name=\"email\" type=\"text\" value=\"emma@example.com\""));
    BOOST_TEST(contains(html, "role=\"alert\">The email address or password is not correct.</p>"));
    BOOST_TEST(!contains(html, "type=\"password\" value"));
}

BOOST_AUTO_TEST_CASE(labels_and_buttons_are_those_of_the_contract) {
    const std::string login = rendered(login_page{}), registration = rendered(register_page{}),
                      settings = rendered(settings_page{member, {}, {}, {}});
    for (const std::string_view label : {">Email</label>", ">Password</label>", ">Login</button>"}) {
        BOOST_TEST(contains(login, label));
    }
    for (const std::string_view label :
         {">Email</label>", ">Password</label>", ">Password Confirmation</label>", ">Sign Up</button>"}) {
        BOOST_TEST(contains(registration, label));
    }
    for (const std::string_view label :
         {">Current Password</label>", ">Password</label>", ">Password Confirmation</label>"}) {
        BOOST_TEST(contains(settings, label));
    }
}

BOOST_AUTO_TEST_CASE(the_shop_shows_every_cookie) {
    std::vector<cookie_offer> offers;
    for (const cookie& cookie : catalogue) offers.push_back({&shop_pages().card(cookie)});
    const std::string html = rendered(cookies_page{{}, offers});
    BOOST_TEST(count(html, "action=\"/basket\"") == catalogue.size());
    for (const cookie& cookie : catalogue) {
        BOOST_TEST_CONTEXT(cookie.id) {
            BOOST_TEST(contains(html, "name=\"cookie\" value=\"" + std::string{cookie.id} + '"'));
            BOOST_TEST(contains(html, "src=\"/assets/" + std::string{cookie.id} + ".svg?v="));
        }
    }
    BOOST_TEST(contains(html, "<strong>$12.50</strong>"));
}

BOOST_AUTO_TEST_CASE(a_basket_shows_lines_and_total_or_that_it_is_empty) {
    const std::vector<basket_line> lines{{&shop_pages().card(catalogue[0]), 3}};
    const std::string full = rendered(basket_page{{}, lines, {3750}}), empty = rendered(basket_page{});
    BOOST_TEST(contains(full, "3 × Chocolate Chip"));
    BOOST_TEST(count(full, "$37.50") == 2U);
    BOOST_TEST(contains(full, "action=\"/basket/remove\""));
    BOOST_TEST(!contains(full, "Your basket is empty."));
    BOOST_TEST(contains(empty, "Your basket is empty."));
    BOOST_TEST(!contains(empty, "/checkout"));
}

BOOST_AUTO_TEST_CASE(the_number_of_cookies_in_the_basket_is_on_every_page) {
    for (const auto& [name, html] : all_pages(member, "x")) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(contains(html, "Basket <span class=\"count\">3</span>"));
        }
    }
    BOOST_TEST(!contains(rendered(basket_page{}), "class=\"count\""));
}

BOOST_AUTO_TEST_CASE(sessions_say_which_is_this_one) {
    const std::vector<session_entry> entries{
        {"h1", {}, {}, "192.0.2.1", "Firefox", true}, {"h2", {}, {}, "192.0.2.2", "", false}};
    const std::string html = rendered(sessions_page{member, entries}),
                      alone = rendered(sessions_page{member, std::span{entries}.first(1)});
    BOOST_TEST(count(html, ">this one<") == 1U);
    BOOST_TEST(contains(html, "name=\"session\" value=\"h1\""));
    BOOST_TEST(contains(html, "name=\"session\" value=\"h2\""));
    BOOST_TEST(contains(html, "name=\"all\" value=\"others\""));
    BOOST_TEST(!contains(alone, "End all others"));
}

BOOST_AUTO_TEST_CASE(nothing_needs_inline_script_or_style) {
    for (const auto& [name, html] : all_pages(member, "x")) {
        BOOST_TEST_CONTEXT(name) {
            for (const std::string_view inlined :
                 {"<script", "<style", " style=", " onclick=", "javascript:"}) {
                BOOST_TEST(!contains(html, inlined));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_checkout_of_three_is_small) {
    const std::vector<order_line> lines{
        {"Chocolate Chip", 2, {2500}}, {"Pizzelle", 1, {1050}}, {"Black & White", 1, {1300}}};
    BOOST_TEST(rendered(checkout_page{member, lines, {4850}, "4f1d2c8e9b7a"}).size() < 2560U);
}

BOOST_AUTO_TEST_CASE(the_folder_of_assets_is_served) {
    http::assets assets;
    const pages all{{}, assets};
    for (const cookie& cookie : catalogue) BOOST_TEST(assets.url(std::string{cookie.id} + ".svg") != "");
    BOOST_CHECK_THROW(assets.url("layout.html"), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(the_embedded_files_are_those_of_the_folder) {
    http::assets built_in, of_the_folder;
    const pages embedded{{}, built_in}, read{{.folder = COOKIESHOP_VIEWS}, of_the_folder};
    BOOST_TEST(built_in.url("style.css") == of_the_folder.url("style.css"));
    BOOST_TEST(error_page_of(embedded) == error_page_of(read));
}

BOOST_FIXTURE_TEST_CASE(a_folder_replaces_the_views, folder_of_views) {
    write("error.html", "{{heading}}!");
    const pages own{{.folder = path}, assets};
    BOOST_TEST(error_page_of(own) == "Not Found!");
}

BOOST_FIXTURE_TEST_CASE(a_broken_folder_is_refused, folder_of_views) {
    write("login.html", "\n{{emial}}");
    BOOST_CHECK_EXCEPTION(pages({.folder = path}, assets), view::view_error, [](const auto& error) {
        return std::string_view{error.what()}.starts_with("login.html:2: ");
    });
    BOOST_CHECK_THROW(pages({.folder = path / "nowhere"}, assets), std::system_error);
}

BOOST_FIXTURE_TEST_CASE(reloading_takes_what_is_new_and_keeps_what_works, folder_of_views) {
    pages own{{.folder = path}, assets};
    write("error.html", "first");
    BOOST_TEST(error_page_of(own) != "first");
    BOOST_TEST(!own.reload());
    BOOST_TEST(error_page_of(own) == "first");

    write("error.html", "\n{{#broken}}");
    const auto problem = own.reload();
    BOOST_REQUIRE(problem);
    BOOST_TEST(problem->starts_with("error.html:2: "));
    BOOST_TEST(error_page_of(own) == "first");
}

BOOST_FIXTURE_TEST_CASE(a_watched_folder_is_read_again_when_a_file_changed, folder_of_views) {
    const pages own{{.folder = path, .watch = true}, assets};
    write("error.html", "changed");
    fs::last_write_time(path / "error.html", fs::file_time_type::clock::now() + std::chrono::seconds{5});
    BOOST_TEST(error_page_of(own) == "changed");
}

BOOST_FIXTURE_TEST_CASE(a_changed_asset_has_another_url, folder_of_views) {
    pages own{{.folder = path}, assets};
    const std::string before = own.card(catalogue[0]).picture, style = assets.url("style.css");
    write("assets/chocolate-chip.svg", "<svg/>");
    BOOST_TEST(!own.reload());
    BOOST_TEST(own.card(catalogue[0]).picture != before);
    BOOST_TEST(assets.url("style.css") == style);
}

BOOST_FIXTURE_TEST_CASE(a_missing_picture_is_named, folder_of_views) {
    fs::remove(path / "assets" / "chocolate-chip.svg");
    BOOST_CHECK_EXCEPTION(pages({.folder = path}, assets), view::view_error, [](const auto& error) {
        return error.what() == std::string_view{"there is no asset chocolate-chip.svg; add the file"};
    });
}

BOOST_AUTO_TEST_CASE(cookies_are_found_by_id) {
    for (const cookie& cookie : catalogue) BOOST_TEST(find_cookie(cookie.id) == &cookie);
    for (const std::string_view id : {"", "Linzer", "linzer ", "nothing"}) BOOST_TEST(!find_cookie(id));
}

BOOST_AUTO_TEST_SUITE_END()
