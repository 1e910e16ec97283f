#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace cookieshop::test;

namespace {

struct named_page {
    const char* path;
    const char* heading;
};

constexpr named_page public_pages[] = {
    {"/cookies", "Cookies"}, {"/basket", "Basket"}, {"/register", "Register"}, {"/login", "Login"}};

constexpr named_page members_pages[] = {{"/cookies", "Cookies"},   {"/basket", "Basket"},
                                        {"/checkout", "Checkout"}, {"/orders", "Orders"},
                                        {"/settings", "Settings"}, {"/settings/sessions", "Sessions"}};

const element* find_control(const form& form, const std::string& name) {
    for (const auto& control : form.controls) {
        const auto found = control.attributes.find("name");
        if (found != control.attributes.end() && found->second == name) return &control;
    }
    return nullptr;
}

std::string attribute_of(const form& form, const std::string& control, const std::string& attribute) {
    const auto* element = find_control(form, control);
    if (element == nullptr || !element->attributes.contains(attribute)) return "";
    return element->attributes.at(attribute);
}

/// Everything that can be reached by links from the start, each page once.
std::vector<answer> crawl(client& who) {
    std::vector<answer> pages;
    std::vector<std::string> queue{"/cookies"};
    std::set<std::string> seen{"/cookies"};
    for (std::size_t at = 0; at < queue.size(); ++at) {
        pages.push_back(who.get(queue[at]));
        for (const auto& link : links(pages.back().body))
            if (link.starts_with('/') && seen.insert(link).second) queue.push_back(link);
    }
    return pages;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pages)

BOOST_FIXTURE_TEST_CASE(the_front_door_leads_to_the_cookies, shop) {
    auto visitor = guest();
    BOOST_TEST(redirects(visitor.get("/"), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(the_shop_shows_every_cookie_with_name_picture_price_and_a_form, shop) {
    auto visitor = guest();
    const auto page = visitor.get("/cookies");
    BOOST_TEST(has_status(page, 200));
    std::size_t pictures = 0, baskets = 0;
    for (const auto& element : elements(page.body))
        pictures +=
            element.name == "img" && has_status(visitor.get(element.attributes.at("src")), 200) ? 1 : 0;
    for (const auto& form : forms(page.body))
        baskets += form.action == "/basket" && form.method == "POST" ? 1 : 0;
    BOOST_TEST(baskets > 5);
    BOOST_TEST(pictures == baskets);
    BOOST_TEST(shows(page, "Chocolate Chip"));
    BOOST_TEST(shows(page, "$12.50"));
    BOOST_TEST(shows(page, "$9.00"));
}

BOOST_FIXTURE_TEST_CASE(titles_and_headings_name_the_page, shop) {
    auto visitor = guest();
    for (const auto& [path, heading] : public_pages) BOOST_TEST(is_page(visitor.get(path), heading));
    auto user = member();
    add_to_basket(user, "linzer");
    for (const auto& [path, heading] : members_pages) BOOST_TEST(is_page(user.get(path), heading));
}

BOOST_FIXTURE_TEST_CASE(pages_are_html_in_utf_8, shop) {
    auto visitor = guest();
    for (const auto& [path, heading] : public_pages) {
        const auto page = visitor.get(path);
        BOOST_TEST(has_header(page, "Content-Type", "text/html; charset=utf-8"));
        BOOST_TEST(page.body.starts_with("<!DOCTYPE html>"));
        BOOST_TEST(page.body.find("<html lang=\"en\">") != std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(registration_has_the_labels_and_the_button_of_the_tutorial, shop) {
    auto visitor = guest();
    const auto page = visitor.get("/register");
    BOOST_TEST(shows(page, "Email"));
    BOOST_TEST(shows(page, "Password"));
    BOOST_TEST(shows(page, "Password Confirmation"));
    BOOST_TEST(shows(page, "Sign Up"));
    const auto form = find_form(page.body, "/register").value();
    BOOST_TEST(form.method == "POST");
    BOOST_TEST(find_control(form, "email") != nullptr);
    for (const char* name : {"password", "password_confirmation"}) {
        BOOST_TEST(attribute_of(form, name, "type") == "password");
        BOOST_TEST(attribute_of(form, name, "autocomplete") == "new-password");
    }
}

BOOST_FIXTURE_TEST_CASE(login_has_the_labels_and_the_button_of_the_tutorial, shop) {
    auto visitor = guest();
    const auto page = visitor.get("/login");
    const auto form = find_form(page.body, "/login").value();
    BOOST_TEST(form.method == "POST");
    BOOST_TEST(attribute_of(form, "email", "autocomplete") == "username");
    BOOST_TEST(attribute_of(form, "password", "type") == "password");
    BOOST_TEST(attribute_of(form, "password", "autocomplete") == "current-password");
    BOOST_TEST(attribute_of(form, "remember", "type") == "checkbox");
    BOOST_TEST(shows(page, "Email"));
    BOOST_TEST(shows(page, "Password"));
    BOOST_TEST(std::ranges::count(elements(page.body), "Login", &element::text) > 0);
}

BOOST_FIXTURE_TEST_CASE(every_control_has_a_label, shop) {
    auto user = member();
    auto visitor = guest();
    for (const auto& page : {visitor.get("/register"), visitor.get("/login"), user.get("/settings")}) {
        std::set<std::string> labelled;
        for (const auto& element : elements(page.body))
            if (element.name == "label" && element.attributes.contains("for"))
                labelled.insert(element.attributes.at("for"));
        for (const auto& form : forms(page.body)) {
            for (const auto& control : form.controls) {
                const auto& attributes = control.attributes;
                if (control.name != "input" || !attributes.contains("id")) continue;
                BOOST_TEST(labelled.contains(attributes.at("id")), attributes.at("id") << " has a label");
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(every_page_of_a_logged_in_user_says_so_and_can_log_out, shop) {
    auto user = member();
    add_to_basket(user, "linzer");
    for (const auto& [path, heading] : members_pages) BOOST_TEST(is_logged_in(user.get(path), anna));
    const auto order = place_order(user);
    BOOST_TEST(is_logged_in(user.get(order), anna));
    const auto refused = add_to_basket(user, "linzer", 100);
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(shows(refused, "Logged in as anna@example.com."));
}

BOOST_FIXTURE_TEST_CASE(no_other_page_says_who_is_logged_in, shop) {
    auto visitor = guest();
    add_to_basket(visitor, "linzer");
    for (const auto& [path, heading] : public_pages) BOOST_TEST(is_guest(visitor.get(path)));
    auto user = member();
    BOOST_TEST(hides(user.get("/nowhere"), "Logged in as"));
}

BOOST_FIXTURE_TEST_CASE(every_link_of_the_site_leads_somewhere, shop) {
    auto visitor = guest(), user = member();
    for (auto* who : {&visitor, &user}) {
        place_order(user);
        const auto pages = crawl(*who);
        BOOST_TEST(pages.size() > 3U);
        for (const auto& page : pages) BOOST_TEST((page.status == 200 || page.status == 303), page);
    }
}

BOOST_FIXTURE_TEST_CASE(no_page_has_scripts_or_styles_inside, shop) {
    auto user = member();
    add_to_basket(user, "linzer");
    for (const auto& page : crawl(user)) {
        for (const auto& element : elements(page.body)) {
            BOOST_TEST((element.name != "style"), page);
            BOOST_TEST((element.name != "script" || element.attributes.contains("src")), page);
            for (const auto& [name, value] : element.attributes)
                BOOST_TEST((name != "style" && !name.starts_with("on")), "no attribute " << name << page);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(assets_may_be_kept_for_long_and_are_asked_for_by_their_tag, shop) {
    auto visitor = guest();
    std::size_t assets = 0;
    for (const auto& element : elements(visitor.get("/login").body)) {
        if (element.name != "link") continue;
        ++assets;
        const auto& path = element.attributes.at("href");
        BOOST_TEST(path.starts_with("/assets/"));
        const auto asset = visitor.get(path);
        BOOST_TEST(has_status(asset, 200));
        BOOST_TEST(header_names(asset, "Cache-Control", "max-age=31536000"));
        BOOST_TEST(lacks_header(asset, "Set-Cookie"));
        const std::string tag{asset.header("ETag")};
        BOOST_TEST(tag.starts_with('"'));
        const auto unchanged = visitor.get(path, {{"If-None-Match", tag}});
        BOOST_TEST(has_status(unchanged, 304));
        BOOST_TEST(unchanged.body.empty());
        BOOST_TEST(has_header(unchanged, "ETag", tag));
        BOOST_TEST(has_status(visitor.get(path, {{"If-None-Match", "\"another\""}}), 200));
    }
    BOOST_TEST(assets >= 1U);
    BOOST_TEST(has_status(visitor.get("/assets/none.css"), 404));
    BOOST_TEST(has_status(visitor.get("/assets/..%2f..%2fcookieshop.db"), 404));
}

BOOST_FIXTURE_TEST_CASE(a_logged_in_user_has_no_use_for_login_and_registration, shop) {
    auto user = member();
    BOOST_TEST(redirects(user.get("/login"), "/cookies"));
    BOOST_TEST(redirects(user.get("/register"), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(a_page_for_members_sends_a_visitor_to_the_login_and_back, shop) {
    member();
    for (const char* path : {"/checkout", "/orders", "/orders/1", "/settings", "/settings/sessions"}) {
        BOOST_TEST_CONTEXT(path) {
            auto visitor = guest();
            const auto answer = visitor.get(path);
            BOOST_TEST(has_status(answer, 303));
            BOOST_TEST(answer.header("Location").starts_with("/login?next="));
            const auto login = visitor.follow(answer);
            BOOST_TEST(shows(login, "Please log in to access this page."));
            const auto back = visitor.submit(
                login, "/login", {{"email", std::string{anna}}, {"password", std::string{good_password}}}
            );
            BOOST_TEST(redirects(back, path));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(the_way_back_keeps_its_query, shop) {
    member();
    auto visitor = guest();
    const auto login = visitor.follow(visitor.get("/orders?page=2&sort=%C3%A4"));
    const auto back = visitor.submit(
        login, "/login", {{"email", std::string{anna}}, {"password", std::string{good_password}}}
    );
    BOOST_TEST(redirects(back, "/orders?page=2&sort=%C3%A4"));
}

BOOST_FIXTURE_TEST_CASE(a_program_that_is_not_logged_in_gets_401, shop) {
    auto program = guest();
    program.always = {{"Accept", "*/*"}};
    for (const char* path : {"/checkout", "/orders", "/settings", "/settings/sessions"}) {
        const auto answer = program.get(path);
        BOOST_TEST(has_status(answer, 401));
        BOOST_TEST((answer.body.find("Unauthorized") != std::string::npos), answer);
    }
}

BOOST_FIXTURE_TEST_CASE(members_forms_are_closed_to_visitors, shop) {
    auto visitor = guest();
    for (const char* path : {"/checkout", "/settings/password", "/settings/sessions/revoke"}) {
        const auto answer = visitor.post(path, {});
        BOOST_TEST(has_status(answer, 303));
        BOOST_TEST(answer.header("Location").starts_with("/login"));
    }
}

BOOST_FIXTURE_TEST_CASE(login_and_registration_lead_to_each_other_and_keep_the_way_back, shop) {
    auto visitor = guest();
    const auto login = visitor.follow(visitor.get("/settings"));
    const auto find_link = [](const answer& page, std::string_view start) {
        for (const auto& link : links(page.body))
            if (link.starts_with(start)) return link;
        return std::string{};
    };
    const auto registration = visitor.get(find_link(login, "/register?next="));
    BOOST_TEST(is_page(registration, "Register"));
    const auto again = visitor.get(find_link(registration, "/login?next="));
    BOOST_TEST(is_page(again, "Login"));
    const std::string password{good_password};
    const auto done = visitor.submit(
        registration, "/register",
        {{"email", std::string{anna}}, {"password", password}, {"password_confirmation", password}}
    );
    BOOST_TEST(redirects(done, "/settings"));
}

BOOST_FIXTURE_TEST_CASE(whatever_somebody_types_is_shown_as_text, shop) {
    const std::string email = "<script>\"'&{{x}}{%y%}@example.com";
    auto visitor = guest();
    const auto refused = post_login(visitor, email);
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST((refused.body.find("<script>") == std::string::npos), refused);
    BOOST_TEST(attribute_of(find_form(refused.body, "/login").value(), "email", "value") == email);
    auto user = member(email);
    const auto page = user.get("/settings");
    BOOST_TEST(is_logged_in(page, email));
    BOOST_TEST((page.body.find("<script>") == std::string::npos), page);
    const auto next = visitor.get("/login?next=%2F%22%3E%3Cscript%3E");
    BOOST_TEST((next.body.find("<script>") == std::string::npos), next);
}

BOOST_AUTO_TEST_SUITE_END()
