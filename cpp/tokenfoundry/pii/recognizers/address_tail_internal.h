// What follows the street in an address: the house's number, the flat, the postcode and the town. Each function looks
// at a bounded number of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokenfoundry::pii {

struct HouseNumber {
  size_t digit = 0;        // Its first digit.
  size_t end = 0;          // 0 if there is none.
  bool is_marked = false;  // "n. 12", ", 12": nothing but a house's number stands there.
  bool is_year = false;    // 1800 to 2099: it may be a year.
};

// The number behind a street's name that ends at `at`: " 12", ", 12/A", " n. 3", " 45 bis", " s/n".
HouseNumber ReadHouseNumber(std::string_view text, size_t at, uint64_t* steps);

// Where the number whose first digit is at `digit`, with the letter or range behind it, ends, or `digit`: it may be
// only a piece of another number.
size_t HouseNumberEnd(std::string_view text, size_t digit, uint64_t* steps);

// Where ", Apt 4", " int. 5, scala B", ", 3º B" at `at` end, or `at`.
size_t UnitsEnd(std::string_view text, size_t at, uint64_t* steps);

// Whether "Flat", "Suite": what a number follows.
bool IsUnitWord(std::string_view word);

// Where "Flat 3, " that ends at `at` starts, or `at`.
size_t UnitStart(std::string_view text, size_t at);

// Where the postcode and the town at `at` end, in either order, or `at` if there is no postcode (or Italian province).
size_t TownTailEnd(std::string_view text, size_t at, uint64_t* steps);

}  // namespace tokenfoundry::pii
