#include "support/shop.hpp"

#include <sstream>
#include <stdexcept>

namespace cookieshop::test {

namespace {

void require_redirect(const answer& answer) {
    if (answer.status == 303) return;
    std::ostringstream message;
    message << "wanted a redirect, got" << answer;
    throw std::runtime_error{message.str()};
}

}  // namespace

client shop::member(std::string_view email, std::string_view password) const {
    client who = guest();
    require_redirect(post_registration(who, email, password));
    return who;
}

client shop::login(std::string_view email, std::string_view password) const {
    client who = guest();
    require_redirect(post_login(who, email, password));
    return who;
}

answer post_registration(client& who, std::string_view email, std::string_view password) {
    const std::string text{password};
    return who.post(
        "/register", {{"email", std::string{email}}, {"password", text}, {"password_confirmation", text}}
    );
}

answer post_login(client& who, std::string_view email, std::string_view password) {
    return who.post("/login", {{"email", std::string{email}}, {"password", std::string{password}}});
}

answer post_new_password(client& who, std::string_view current, std::string_view fresh) {
    const std::string text{fresh};
    return who.post(
        "/settings/password",
        {{"current_password", std::string{current}}, {"password", text}, {"password_confirmation", text}}
    );
}

answer add_to_basket(client& who, std::string_view cookie, int quantity) {
    return who.post("/basket", {{"cookie", std::string{cookie}}, {"quantity", std::to_string(quantity)}});
}

std::string place_order(client& who, std::string_view cookie) {
    require_redirect(add_to_basket(who, cookie));
    const auto order = who.submit(who.get("/checkout"), "/checkout");
    require_redirect(order);
    return std::string{order.header("Location")};
}

bool is_alive(const shop& shop, const std::string& session) {
    client who = shop.guest();
    who.set_session(session);
    return who.get("/settings").status == 200;
}

int quantity_of(const answer& basket, std::string_view cookie) {
    int last = 0;
    for (const auto& element : elements(basket.body)) {
        const auto cross = element.text.find(" ×");
        if (cross != std::string::npos) last = std::stoi(element.text.substr(0, cross));
        const auto value = element.attributes.find("value");
        if (element.name == "input" && value != element.attributes.end() && value->second == cookie)
            return last;
    }
    return 0;
}

std::vector<std::string> session_handles(const answer& page) {
    std::vector<std::string> handles;
    for (const auto& form : forms(page.body))
        for (const auto& controls : {form.values, form.buttons})
            for (const auto& [name, value] : controls)
                if (name == "session") handles.push_back(value);
    return handles;
}

}  // namespace cookieshop::test
