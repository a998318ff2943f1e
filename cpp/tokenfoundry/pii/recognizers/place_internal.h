// What postcodes and addresses are made of: codes in their shapes, states, provinces, names of towns. Each function
// looks at a bounded number of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokenfoundry::pii {

// Whether [start, end) is only a piece of a longer number, word or identifier.
bool IsJoinedNumber(std::string_view text, size_t start, size_t end);

// Where "62704" or "62704-1234" at `digit` ends, or `digit`.
size_t ZipEnd(std::string_view text, size_t digit);

bool IsUsState(std::string_view code);          // Two capitals.
bool IsItalianProvince(std::string_view code);  // The same.

// ", IL " or "Springfield IL " just before `digit`.
bool FollowsUsState(std::string_view text, size_t digit);

// Where the town at `at` ends, or `at`: up to five words in capitals, with what joins them ("Reggio nell'Emilia",
// "Frankfurt am Main", "Saint-Denis").
size_t TownEnd(std::string_view text, size_t at, uint64_t* steps);

// " Milano (MI)" at `end`.
bool PrecedesItalianTown(std::string_view text, size_t end, uint64_t* steps);

// Whether a large town stands just before or behind the five digits at [digit, end) and they are of its range.
bool IsOfLargeTown(std::string_view text, size_t digit, size_t end);

struct UkPostcode {
  size_t end;              // Where it starts if there is none.
  bool is_spaced = false;  // "SW1A 1AA".
  bool is_upper = false;
  bool is_hexadecimal = false;  // Short, and all of its letters are digits, too: "E6 8AF".
  bool is_size = false;         // Looks like one of memory as well: "M1 8GB".
};

UkPostcode ReadUkPostcode(std::string_view text, size_t start);

}  // namespace tokenfoundry::pii
