// Small vocabularies for tests: the 256 bytes, then the tokens given.
#pragma once

#include <string>
#include <vector>

#include "tokenfoundry/tokens/build.h"

namespace tokenfoundry::tokens {

inline VocabularySource ToySource(const std::vector<std::string>& tokens) {
  VocabularySource source;
  source.name = "toy";
  for (int byte = 0; byte < 256; ++byte) source.tokens.emplace_back(1, static_cast<char>(byte));
  source.tokens.insert(source.tokens.end(), tokens.begin(), tokens.end());
  const auto count = static_cast<uint32_t>(source.tokens.size());
  source.special_tokens = {{count + 3, "<|end|>"}};
  return source;
}

}  // namespace tokenfoundry::tokens
