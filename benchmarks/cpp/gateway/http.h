// The little HTTP/1.1 that a mock provider and a load generator need: complete messages told from incomplete ones.
//
// Trusts its peer, which is the other one or a gateway under measurement. Not for anything that listens to strangers.
#pragma once

#include <time.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace tokenfoundry::bench {

// One message at the start of `data`: where its body begins, and how long all of it is.
struct Message {
  size_t head_size = 0;  // With the empty line.
  size_t size = 0;
};

// None while `data` holds only a part of it. Bodies are stated by content-length or are chunked.
std::optional<Message> CompleteMessage(std::string_view data);

// Bytes of the head with its empty line; none while it is incomplete.
std::optional<size_t> HeadSize(std::string_view data);

// The status of a reply's head.
int StatusOf(std::string_view head);

// A time to wait, as the system takes it; none for what is due already.
timespec TimespecOf(std::chrono::nanoseconds wait);

}  // namespace tokenfoundry::bench
