// How far an internet address reaches: RFC 791 and RFC 4291, 2.2, with the zones of RFC 4007, 11.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tokenfoundry/pii/recognizer_internal.h"

namespace tokenfoundry::pii {

struct Ipv4 {
  size_t end = 0;  // 0 if there is none.
  std::array<uint8_t, 4> octets = {};
};

// Four decimal octets from `start` on, none with a zero in front.
Ipv4 ReadIpv4(std::string_view text, size_t start);

struct Ipv6 {
  size_t end = 0;           // 0 if there is none.
  size_t groups = 0;        // That are written; an embedded IPv4 address counts as two.
  bool compressed = false;  // With "::".
  bool embeds_ipv4 = false;
};

// The longest address from `start` on, its zone with it.
Ipv6 ReadIpv6(std::string_view text, size_t start);

// The end of the prefix length ("/24", at most `most`) behind an address, or `end`. In a URL it would be a path.
size_t PrefixLengthEnd(std::string_view text, size_t start, size_t end, int most);

// Reports the address in [start, end). The host of a URL is part of it: there the URL, which is longer, wins.
void AddAddress(std::string_view text, size_t start, size_t end, Sink* sink);

}  // namespace tokenfoundry::pii
