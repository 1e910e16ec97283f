// What the shop sells. Part of the program, as prices and pictures change with its releases.

#pragma once

#include "cookieshop/view/value.hpp"

#include <array>
#include <string_view>

namespace cookieshop::shop {

struct cookie {
    std::string_view id;  // in forms, the database and the name of its picture: "linzer.svg"
    std::string_view name;
    std::string_view description;
    view::money price;
};

inline constexpr std::array<cookie, 12> catalogue{{
    {"chocolate-chip", "Chocolate Chip", "Dark chunks, soft in the middle.", {1250}},
    {"oatmeal-raisin", "Oatmeal Raisin", "Rolled oats, raisins and no regrets.", {1150}},
    {"macaron", "Raspberry Macaron", "Crisp shell, soft heart.", {1800}},
    {"ginger-snap", "Ginger Snap", "It answers within a millisecond.", {950}},
    {"fortune-cookie", "Fortune Cookie", "At least 128 bits of fortune in each.", {700}},
    {"black-and-white", "Black & White", "For all who can't decide.", {1300}},
    {"linzer", "Linzer Heart", "A window of redcurrant jam.", {1450}},
    {"pizzelle", "Pizzelle", "Ironed thin, with aniseed.", {1050}},
    {"shortbread", "Shortbread", "Butter, sugar, flour, nothing else.", {900}},
    {"snickerdoodle", "Snickerdoodle", "Rolled in cinnamon sugar.", {1100}},
    {"stroopwafel", "Stroopwafel", "Warm it over your cup.", {1350}},
    {"vanilla-crescent", "Vanilla Crescent", "Almonds under a drift of sugar.", {1600}},
}};

// Null when nothing of that id is sold.
const cookie* find_cookie(std::string_view id) noexcept;

}  // namespace cookieshop::shop
