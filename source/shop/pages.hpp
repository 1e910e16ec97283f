// The pages of the shop, as values: a struct a page, filled by handlers, written by a template of the same
// name.
//
// Templates never see a request or a session. The structs are views: what they refer to lives until the page
// is rendered. Whatever text they hold, the templates escape it.

#pragma once

#include "cookieshop/http/assets.hpp"
#include "cookieshop/util/clock.hpp"
#include "cookieshop/view/snapshot.hpp"
#include "cookieshop/view/template.hpp"
#include "cookieshop/view/value.hpp"
#include "shop/catalogue.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::shop {

// What all pages have in common.
struct frame {
    std::string_view user_email;   // empty: nobody is logged in
    std::string_view csrf_token;   // of the session, for every form; empty: there is none
    std::string_view flash;        // said once, after something went well
    std::string_view problem;      // what went wrong, where it concerns no single field
    std::string_view next;         // where login and registration lead to; empty: to the shop
    std::size_t basket_count = 0;  // cookies in the basket

    bool logged_in() const noexcept { return !user_email.empty(); }
};

// What is wrong with the fields of a form, in whole sentences; shown beside the field.
using faults = std::vector<std::string>;

// The part of the site that the navigation marks as the current one.
enum class area { none, cookies, basket, orders, settings, login, registration };

// ---- the shop

// A cookie as it is shown: its picture has the URL of an asset.
struct cookie_card {
    const shop::cookie* cookie = nullptr;
    std::string picture;
};

// A cookie that is offered, with the form that puts it into the basket.
struct cookie_offer {
    const cookie_card* card = nullptr;  // pages::card()
    std::string_view quantity = "1";    // as it was typed
    std::string_view fault;             // what is wrong with that; empty: nothing
};

struct cookies_page {
    static constexpr std::string_view heading = "Cookies", file = "cookies.html";
    static constexpr area here = area::cookies;

    shop::frame frame;
    std::span<const cookie_offer> cookies;
};

struct basket_line {
    const cookie_card* card = nullptr;  // pages::card()
    unsigned quantity = 0;

    view::money price() const noexcept { return {card->cookie->price.cents * quantity}; }
};

struct basket_page {
    static constexpr std::string_view heading = "Basket", file = "basket.html";
    static constexpr area here = area::basket;

    shop::frame frame;
    std::span<const basket_line> lines;
    view::money total;
};

// A line of an order that is, or is about to be, placed: with the price of that day.
struct order_line {
    std::string_view name;
    unsigned quantity = 0;
    view::money price;  // of all of them
};

struct checkout_page {
    static constexpr std::string_view heading = "Checkout", file = "checkout.html";
    static constexpr area here = area::basket;

    shop::frame frame;
    std::span<const order_line> lines;
    view::money total;
    std::string_view order_token;  // makes sending the form twice harmless
};

struct order_page {
    static constexpr std::string_view heading = "Order", file = "order.html";
    static constexpr area here = area::orders;

    shop::frame frame;
    std::string_view id;
    time_point placed_at{};
    std::span<const order_line> lines;
    view::money total;
    bool is_new = false;  // placed a moment ago
};

struct order_summary {
    std::string id;
    time_point placed_at{};
    std::size_t cookie_count = 0;
    view::money total;

    bool several() const noexcept { return cookie_count != 1; }
};

struct orders_page {
    static constexpr std::string_view heading = "Orders", file = "orders.html";
    static constexpr area here = area::orders;

    shop::frame frame;
    std::span<const order_summary> orders;
    std::string_view older;  // the last order that is shown, when there are older ones
};

// ---- who you are

struct register_page {
    static constexpr std::string_view heading = "Register", file = "register.html";
    static constexpr area here = area::registration;

    shop::frame frame;
    std::string_view email;  // as it was typed
    faults email_faults, password_faults, confirmation_faults;
    std::size_t password_length_min = 8;

    // The first field with a fault, and no other.
    bool email_has_focus() const noexcept { return !email_faults.empty(); }
    bool password_has_focus() const noexcept { return !email_has_focus() && !password_faults.empty(); }
    bool confirmation_has_focus() const noexcept {
        return !email_has_focus() && !password_has_focus() && !confirmation_faults.empty();
    }
};

struct login_page {
    static constexpr std::string_view heading = "Login", file = "login.html";
    static constexpr area here = area::login;

    shop::frame frame;
    std::string_view email;  // as it was typed
    bool remember = false;
    faults email_faults, password_faults;

    bool email_has_focus() const noexcept { return !email_faults.empty(); }
};

// Asks whoever came from another site.
struct logout_page {
    static constexpr std::string_view heading = "Logout", file = "logout.html";
    static constexpr area here = area::none;

    shop::frame frame;
};

struct settings_page {
    static constexpr std::string_view heading = "Settings", file = "settings.html";
    static constexpr area here = area::settings;

    shop::frame frame;
    faults current_password_faults, password_faults, confirmation_faults;
    std::size_t password_length_min = 8;

    // The first field with a fault, and no other.
    bool current_password_has_focus() const noexcept { return !current_password_faults.empty(); }
    bool password_has_focus() const noexcept {
        return !current_password_has_focus() && !password_faults.empty();
    }
    bool confirmation_has_focus() const noexcept {
        return !current_password_has_focus() && !password_has_focus() && !confirmation_faults.empty();
    }
};

struct session_entry {
    std::string handle;
    time_point began_at{}, last_seen_at{};
    std::string address, browser;
    bool current = false;
};

struct sessions_page {
    static constexpr std::string_view heading = "Sessions", file = "sessions.html";
    static constexpr area here = area::settings;

    shop::frame frame;
    std::span<const session_entry> sessions;

    bool has_others() const noexcept { return sessions.size() > 1; }
};

// Asks for the password once more, and says what will happen then.
struct confirm_page {
    static constexpr std::string_view heading = "Confirm", file = "confirm.html";
    static constexpr area here = area::settings;

    shop::frame frame;
    std::string_view session, all;  // what the form before this one was about
    faults current_password_faults;

    bool current_password_has_focus() const noexcept { return true; }
};

// The short answer to what went wrong; has no frame, as there may be no session to ask.
struct error_page {
    unsigned status = 500;
    std::string_view title, detail;
};

// ---- rendering

// Where the views come from.
struct pages_options {
    std::filesystem::path folder;  // empty: the built-in ones
    bool watch = false;            // read the folder again when a file in it changes
};

// All templates, compiled at start-up. Rendering looks nothing up and allocates only where `out` must grow.
// May be called from all threads, `reload` included.
class pages {
public:
    // Throws `view::view_error`, which names file and line, or `std::system_error` when the folder can't be
    // read.
    // `assets` outlives it, and serves what is in the folder `assets` of the views.
    pages(pages_options options, http::assets& assets);
    ~pages();

    // Appends the page to `out`. Page: one of the structs above.
    template <class Page>
    void render(std::string& out, const Page& page) const;

    // Precondition: `cookie` is an element of the catalogue.
    const cookie_card& card(const cookie& cookie) const noexcept;

    // Reads and compiles the views again, and the assets with them. What is wrong with them, if anything;
    // then the old ones stay in use.
    std::optional<std::string> reload();

private:
    struct compiled;

    void read_again() const;
    void reload_if_changed() const;

    const pages_options options_;  // watches nothing when there is no folder
    http::assets& assets_;
    mutable view::snapshot<compiled> current_;
    mutable std::vector<std::shared_ptr<const compiled>>
        all_;  // what was current once: cards of it are in use
    mutable std::mutex reloading_;
    mutable std::filesystem::file_time_type seen_change_;
    mutable std::atomic<std::chrono::steady_clock::rep> next_look_ = 0;
};

}  // namespace cookieshop::shop
