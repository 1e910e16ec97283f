#include "shop/user_agent.hpp"

#include <span>
#include <utility>

namespace cookieshop::shop {
namespace {

constexpr std::size_t shown_max = 60;  // of what is no browser that we know

using mark = std::pair<std::string_view, std::string_view>;  // what a User-Agent contains, what that means

// Every browser claims to be those below it.
constexpr mark browsers[] = {
    {"Edg/", "Edge"},     {"OPR/", "Opera"},     {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
    {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},   {"curl/", "curl"},
};
constexpr mark systems[] = {
    {"iPhone", "iPhone"},  {"iPad", "iPad"},     {"Android", "Android"}, {"Windows", "Windows"},
    {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
};

std::string_view first_of(std::span<const mark> marks, std::string_view text) {
    for (const auto& [part, name] : marks) {
        if (text.find(part) != text.npos) return name;
    }
    return {};
}

}  // namespace

std::string browser_name(std::string_view user_agent) {
    if (user_agent.empty()) return "Unknown browser";
    const std::string_view browser = first_of(browsers, user_agent);
    if (browser.empty()) return std::string{user_agent.substr(0, shown_max)};
    std::string name{browser};
    if (const std::string_view system = first_of(systems, user_agent); !system.empty()) {
        name += " on ";
        name += system;
    }
    return name;
}

}  // namespace cookieshop::shop
