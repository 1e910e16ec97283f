#include "shop/pages.hpp"

#include "embedded.hpp"

#include <spdlog/spdlog.h>

#include <cassert>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace cookieshop::view {

using namespace cookieshop::shop;

template <>
fields fields_of<std::string>() {
    return {bind_self<std::string>()};
}

template <>
fields fields_of<cookie_offer>() {
    return {
        bind<&cookie_offer::card, &cookie_card::cookie, &cookie::id>("id"),
        bind<&cookie_offer::card, &cookie_card::cookie, &cookie::name>("name"),
        bind<&cookie_offer::card, &cookie_card::cookie, &cookie::description>("description"),
        bind<&cookie_offer::card, &cookie_card::cookie, &cookie::price>("price"),
        bind<&cookie_offer::card, &cookie_card::picture>("picture"),
        bind<&cookie_offer::quantity>("quantity"),
        bind<&cookie_offer::fault>("fault"),
    };
}

template <>
fields fields_of<basket_line>() {
    return {
        bind<&basket_line::card, &cookie_card::cookie, &cookie::id>("id"),
        bind<&basket_line::card, &cookie_card::cookie, &cookie::name>("name"),
        bind<&basket_line::card, &cookie_card::picture>("picture"),
        bind<&basket_line::quantity>("quantity"),
        bind<&basket_line::price>("price"),
    };
}

template <>
fields fields_of<order_line>() {
    return {
        bind<&order_line::name>("name"),
        bind<&order_line::quantity>("quantity"),
        bind<&order_line::price>("price"),
    };
}

template <>
fields fields_of<order_summary>() {
    return {
        bind<&order_summary::id>("id"),
        bind<&order_summary::placed_at>("placed_at"),
        bind<&order_summary::cookie_count>("cookie_count"),
        bind<&order_summary::several>("several"),
        bind<&order_summary::total>("total"),
    };
}

template <>
fields fields_of<session_entry>() {
    return {
        bind<&session_entry::handle>("handle"),
        bind<&session_entry::began_at>("began_at"),
        bind<&session_entry::last_seen_at>("last_seen_at"),
        bind<&session_entry::address>("address"),
        bind<&session_entry::browser>("browser"),
        bind<&session_entry::current>("current"),
    };
}

namespace {

template <class Page>
std::string_view heading() {
    return Page::heading;
}

template <class Page, area Where>
bool here() {
    return Page::here == Where;
}

url_text in_url(std::string_view text) {
    return {text};
}

constexpr auto any = [](const auto& list) { return !list.empty(); };

// The names that every page has, and its own.
template <class Page>
fields with_frame(std::initializer_list<field> own) {
    fields result{
        bind_constant<&heading<Page>>("heading"),
        bind<&Page::frame, &frame::logged_in>("logged_in"),
        bind<&Page::frame, &frame::user_email>("user_email"),
        bind<&Page::frame, &frame::csrf_token>("csrf_token"),
        bind<&Page::frame, &frame::flash>("flash"),
        bind<&Page::frame, &frame::problem>("problem"),
        bind<&Page::frame, &frame::next>("next"),
        bind<&Page::frame, &frame::next, &in_url>("next_in_url"),
        bind<&Page::frame, &frame::basket_count>("basket_count"),
        bind_constant<&here<Page, area::cookies>>("at_cookies"),
        bind_constant<&here<Page, area::basket>>("at_basket"),
        bind_constant<&here<Page, area::orders>>("at_orders"),
        bind_constant<&here<Page, area::settings>>("at_settings"),
        bind_constant<&here<Page, area::login>>("at_login"),
        bind_constant<&here<Page, area::registration>>("at_register"),
    };
    result.insert(result.end(), own.begin(), own.end());
    return result;
}

}  // namespace

template <>
fields fields_of<cookies_page>() {
    return with_frame<cookies_page>({bind<&cookies_page::cookies>("cookies")});
}

template <>
fields fields_of<basket_page>() {
    return with_frame<basket_page>({
        bind<&basket_page::lines>("lines"),
        bind<&basket_page::lines, any>("has_lines"),
        bind<&basket_page::total>("total"),
    });
}

template <>
fields fields_of<checkout_page>() {
    return with_frame<checkout_page>({
        bind<&checkout_page::lines>("lines"),
        bind<&checkout_page::total>("total"),
        bind<&checkout_page::order_token>("order_token"),
    });
}

template <>
fields fields_of<order_page>() {
    return with_frame<order_page>({
        bind<&order_page::id>("id"),
        bind<&order_page::placed_at>("placed_at"),
        bind<&order_page::lines>("lines"),
        bind<&order_page::total>("total"),
        bind<&order_page::is_new>("is_new"),
    });
}

template <>
fields fields_of<orders_page>() {
    return with_frame<orders_page>({
        bind<&orders_page::orders>("orders"),
        bind<&orders_page::orders, any>("has_orders"),
        bind<&orders_page::older>("older"),
    });
}

template <>
fields fields_of<register_page>() {
    using page = register_page;
    return with_frame<page>({
        bind<&page::email>("email"),
        bind<&page::email_faults>("email_faults"),
        bind<&page::email_faults, any>("email_is_bad"),
        bind<&page::password_faults>("password_faults"),
        bind<&page::password_faults, any>("password_is_bad"),
        bind<&page::confirmation_faults>("confirmation_faults"),
        bind<&page::confirmation_faults, any>("confirmation_is_bad"),
        bind<&page::password_length_min>("password_length_min"),
        bind<&page::email_has_focus>("email_has_focus"),
        bind<&page::password_has_focus>("password_has_focus"),
        bind<&page::confirmation_has_focus>("confirmation_has_focus"),
    });
}

template <>
fields fields_of<login_page>() {
    using page = login_page;
    return with_frame<page>({
        bind<&page::email>("email"),
        bind<&page::remember>("remember"),
        bind<&page::email_faults>("email_faults"),
        bind<&page::email_faults, any>("email_is_bad"),
        bind<&page::password_faults>("password_faults"),
        bind<&page::password_faults, any>("password_is_bad"),
        bind<&page::email_has_focus>("email_has_focus"),
    });
}

template <>
fields fields_of<logout_page>() {
    return with_frame<logout_page>({});
}

template <>
fields fields_of<settings_page>() {
    using page = settings_page;
    return with_frame<page>({
        bind<&page::current_password_faults>("current_password_faults"),
        bind<&page::current_password_faults, any>("current_password_is_bad"),
        bind<&page::password_faults>("password_faults"),
        bind<&page::password_faults, any>("password_is_bad"),
        bind<&page::confirmation_faults>("confirmation_faults"),
        bind<&page::confirmation_faults, any>("confirmation_is_bad"),
        bind<&page::password_length_min>("password_length_min"),
        bind<&page::current_password_has_focus>("current_password_has_focus"),
        bind<&page::password_has_focus>("password_has_focus"),
        bind<&page::confirmation_has_focus>("confirmation_has_focus"),
    });
}

template <>
fields fields_of<sessions_page>() {
    return with_frame<sessions_page>({
        bind<&sessions_page::sessions>("sessions"),
        bind<&sessions_page::has_others>("has_others"),
    });
}

template <>
fields fields_of<confirm_page>() {
    using page = confirm_page;
    return with_frame<page>({
        bind<&page::session>("session"),
        bind<&page::all>("all"),
        bind<&page::current_password_faults>("current_password_faults"),
        bind<&page::current_password_faults, any>("current_password_is_bad"),
        bind<&page::current_password_has_focus>("current_password_has_focus"),
    });
}

template <>
fields fields_of<error_page>() {
    return {
        bind<&error_page::status>("status"),
        bind<&error_page::title>("heading"),
        bind<&error_page::detail>("detail"),
    };
}

}  // namespace cookieshop::view

namespace cookieshop::shop {

namespace {

constexpr std::string_view assets_folder = "assets/";

view::files read_views(const pages_options& options) {
    if (!options.folder.empty()) return view::read_files(options.folder);
    view::files result;
    for (const auto& [name, content] : embedded_views()) result.emplace(name, content);
    return result;
}

std::string picture_url(const cookie& cookie, const http::assets& assets) {
    const std::string name = std::string{cookie.id} + ".svg";
    try {
        return assets.url(name);
    } catch (const std::out_of_range&) {
        throw view::view_error{"there is no asset " + name + "; add the file"};
    }
}

http::assets::files asset_files(const view::files& views) {
    http::assets::files result;
    for (const auto& [name, content] : views) {
        if (name.starts_with(assets_folder)) result.emplace(name.substr(assets_folder.size()), content);
    }
    return result;
}

// The built-in views don't change.
pages_options usable(pages_options options) {
    if (options.folder.empty()) options.watch = false;
    return options;
}

template <class Page>
view::page_template<Page> framed(const view::library& library) {
    return {library, "layout.html", Page::file};
}

}  // namespace

struct pages::compiled {
    template <class... Page>
    using templates = std::tuple<view::page_template<Page>...>;

    compiled(const view::files& views, const http::assets& assets)
        : compiled{view::library{views, [&assets](std::string_view name) { return assets.url(name); }}} {
        for (const cookie& cookie : catalogue) cards.push_back({&cookie, picture_url(cookie, assets)});
    }

    explicit compiled(const view::library& library)
        : all{framed<cookies_page>(library),  framed<basket_page>(library),  framed<checkout_page>(library),
              framed<order_page>(library),    framed<orders_page>(library),  framed<register_page>(library),
              framed<login_page>(library),    framed<logout_page>(library),  framed<settings_page>(library),
              framed<sessions_page>(library), framed<confirm_page>(library), {library, "error.html", {}}} {}

    templates<
        cookies_page, basket_page, checkout_page, order_page, orders_page, register_page, login_page,
        logout_page, settings_page, sessions_page, confirm_page, error_page>
        all;
    std::vector<cookie_card> cards;  // in the order of the catalogue
};

pages::pages(pages_options options, http::assets& assets)
    : options_{usable(std::move(options))}, assets_{assets} {
    if (options_.watch) seen_change_ = view::last_change(options_.folder);
    read_again();
}

pages::~pages() = default;

template <class Page>
void pages::render(std::string& out, const Page& page) const {
    if (options_.watch) reload_if_changed();
    std::get<view::page_template<Page>>(current_.get().all).render(out, page);
}

template void pages::render(std::string&, const cookies_page&) const;
template void pages::render(std::string&, const basket_page&) const;
template void pages::render(std::string&, const checkout_page&) const;
template void pages::render(std::string&, const order_page&) const;
template void pages::render(std::string&, const orders_page&) const;
template void pages::render(std::string&, const register_page&) const;
template void pages::render(std::string&, const login_page&) const;
template void pages::render(std::string&, const logout_page&) const;
template void pages::render(std::string&, const settings_page&) const;
template void pages::render(std::string&, const sessions_page&) const;
template void pages::render(std::string&, const confirm_page&) const;
template void pages::render(std::string&, const error_page&) const;

const cookie_card& pages::card(const cookie& cookie) const noexcept {
    assert(&cookie >= catalogue.data() && &cookie < catalogue.data() + catalogue.size());
    return current_.get().cards[static_cast<std::size_t>(&cookie - catalogue.data())];
}

std::optional<std::string> pages::reload() {
    const std::lock_guard lock{reloading_};
    try {
        read_again();
        return std::nullopt;
    } catch (const std::exception& error) {
        return error.what();
    }
}

// The assets first: pages name them by their content. Precondition: nobody else does the same.
void pages::read_again() const {
    const view::files views = read_views(options_);
    assets_.replace(asset_files(views));
    all_.push_back(std::make_shared<const compiled>(views, assets_));
    current_.publish(all_.back());
}

// Looks at most once a second. Blocks, and so is for development only.
void pages::reload_if_changed() const {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    if (now < next_look_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock{reloading_};
    next_look_ = now + std::chrono::steady_clock::duration{std::chrono::seconds{1}}.count();
    try {
        const auto change = view::last_change(options_.folder);
        if (change == seen_change_) return;
        seen_change_ = change;
        read_again();
    } catch (const std::exception& error) {
        spdlog::error("views: {}; the old ones stay in use", error.what());
    }
}

}  // namespace cookieshop::shop
