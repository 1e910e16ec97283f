// Drogon with its own sessions, which it keeps in memory. Its templates need a program of Drogon's to build:
// here the page is put together by hand, which takes less time.
//
//     PORT=3000 ./drogon

#include <drogon/drogon.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

struct cookie {
    std::string name;
    int cents;
};

struct line {
    std::string cookie;
    int quantity;
};

struct user_session {
    std::string email;
    std::vector<line> basket;
    std::string csrf_token;
    std::string order_token;
};

const std::unordered_map<std::string, cookie> catalogue{
    {"chocolate-chip", {"Chocolate Chip", 1250}}, {"oatmeal-raisin", {"Oatmeal Raisin", 1150}},
    {"macaron", {"Raspberry Macaron", 1800}},     {"ginger-snap", {"Ginger Snap", 950}},
    {"fortune-cookie", {"Fortune Cookie", 700}},  {"black-and-white", {"Black & White", 1300}},
    {"linzer", {"Linzer Heart", 1450}},           {"pizzelle", {"Pizzelle", 1050}},
    {"shortbread", {"Shortbread", 900}},          {"snickerdoodle", {"Snickerdoodle", 1100}},
    {"stroopwafel", {"Stroopwafel", 1350}},       {"vanilla-crescent", {"Vanilla Crescent", 1600}},
};

std::string token() {
    unsigned char random[16];
    if (!drogon::utils::secureRandomBytes(random, sizeof random)) std::abort();
    return drogon::utils::base64Encode(random, sizeof random, true).substr(0, 22);  // less the padding
}

std::string money(int cents) {
    char text[32];
    std::snprintf(text, sizeof text, "$%d.%02d", cents / 100, cents % 100);
    return text;
}

std::string escaped(std::string_view text) {
    return drogon::HttpViewData::htmlTranslate(text.data(), text.size());
}

std::string checkout_page(const user_session& session) {
    std::string rows;
    int count = 0;
    int total = 0;
    for (const line& line : session.basket) {
        const cookie& cookie = catalogue.at(line.cookie);
        const int price = cookie.cents * line.quantity;
        rows += "<tr><td>" + escaped(cookie.name) + "</td><td>" + std::to_string(line.quantity) + "</td><td>"
                + escaped(money(price)) + "</td></tr>\n";
        count += line.quantity;
        total += price;
    }
    const std::string csrf_token = escaped(session.csrf_token);

    std::string page;
    page.reserve(2048);
    page += R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cookieshop | Checkout</title>
<link rel="icon" href="/assets/favicon.svg?v=fcc0e7a4f0b732adb94beb4ab6769930" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css?v=65156587495b68d56bc67669d8bee3dd">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<a class="brand" href="/cookies">Cookieshop</a>
<nav aria-label="Site">
<a href="/cookies">Cookies</a>
<a href="/basket" aria-current="page">Basket <span class="count">)";
    page += std::to_string(count);
    page += R"(</span></a>
<a href="/orders">Orders</a>
<a href="/settings">Settings</a>
</nav>
</header>
<main id="main">
<h1>Checkout</h1>
<table>
<thead><tr><th scope="col">Cookie</th><th scope="col">Quantity</th><th scope="col">Price</th></tr></thead>
<tbody>
)";
    page += rows;
    page += R"(</tbody>
<tfoot><tr><th scope="row" colspan="2">Total</th><td>)";
    page += escaped(money(total));
    page += R"(</td></tr></tfoot>
</table>
<form method="post" action="/checkout">
<input type="hidden" name="csrf_token" value=")";
    page += csrf_token;
    page += R"(">
<input type="hidden" name="order_token" value=")";
    page += escaped(session.order_token);
    page += R"(">
<button class="main">Place order</button>
<a href="/basket">Back to the basket</a>
</form>
</main>
<footer>
<p>Logged in as )";
    page += escaped(session.email);
    page += R"(.</p>
<form method="post" action="/logout">
<input type="hidden" name="csrf_token" value=")";
    page += csrf_token;
    page += R"(">
<button>Logout</button>
</form>
</footer>
</body>
</html>
)";
    return page;
}

using callback = std::function<void(const drogon::HttpResponsePtr&)>;

void login(const drogon::HttpRequestPtr& request, callback&& answer) {
    if (request->getParameter("password") != "a reef of quiet otters") {
        return answer(
            drogon::HttpResponse::newHttpResponse(drogon::k422UnprocessableEntity, drogon::CT_TEXT_HTML)
        );
    }
    const auto session = request->session();
    session->clear();
    session->changeSessionIdToClient();
    session->insert(
        "user",
        user_session{
            request->getParameter("email"),
            {{"macaron", 2}, {"linzer", 2}, {"shortbread", 2}},
            token(),
            token(),
        }
    );
    answer(drogon::HttpResponse::newRedirectionResponse("/checkout", drogon::k303SeeOther));
}

void checkout(const drogon::HttpRequestPtr& request, callback&& answer) {
    const auto session = request->session()->getOptional<user_session>("user");
    if (!session) {
        const std::string next = drogon::utils::urlEncodeComponent(request->path());
        return answer(
            drogon::HttpResponse::newRedirectionResponse("/login?next=" + next, drogon::k303SeeOther)
        );
    }
    const auto response = drogon::HttpResponse::newHttpResponse();
    response->setBody(checkout_page(*session));
    answer(response);
}

}  // namespace

int main() {
    using namespace std::chrono_literals;
    const char* port = std::getenv("PORT");
    if (!port) {
        std::fputs("drogon: give it the port to listen on in the environment, as PORT\n", stderr);
        return 2;
    }
    drogon::app()
        .setLogLevel(trantor::Logger::kWarn)
        .enableSession(30min, drogon::Cookie::SameSite::kLax)
        .registerHandler("/login", &login, {drogon::Post})
        .registerHandler("/checkout", &checkout, {drogon::Get})
        .addListener("127.0.0.1", static_cast<std::uint16_t>(std::atoi(port)))
        .setThreadNum(1)
        .run();
}
