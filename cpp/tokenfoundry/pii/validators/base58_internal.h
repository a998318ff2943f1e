// Base58 as Bitcoin writes bytes: no 0, O, I or l. Check: the first four bytes of a double SHA-256 stand at the end.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace tokenfoundry::pii {

// 0..57, or -1.
int Base58Value(char c);

// Whether `text` is a version byte out of `versions`, the 20 bytes of a hash and a right check.
bool IsBase58Check(std::string_view text, std::initializer_list<uint8_t> versions);

}  // namespace tokenfoundry::pii
