// What a model's tokenizer does with a text before it is cut (TextRule). Free function without state; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tokenfoundry::tokens {

// The text as `rules` want it, in `storage` where it had to be changed. `is_first`: nothing stands before it.
std::string_view Normalized(std::string_view text, uint32_t rules, bool is_first, std::string* storage);

}  // namespace tokenfoundry::tokens
