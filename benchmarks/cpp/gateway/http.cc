#include "benchmarks/cpp/gateway/http.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace tokenfoundry::bench {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::string_view kLine = "\r\n";

// The value of a header, by its name in lower case; empty when it is missing.
std::string_view HeaderOf(std::string_view head, std::string_view name) {
  for (size_t at = head.find(kLine); at != std::string_view::npos && at + 2 < head.size();
       at = head.find(kLine, at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find(kLine, at + 2) - at - 2);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        strncasecmp(line.data(), name.data(), name.size()) == 0) {
      const std::string_view value = line.substr(name.size() + 1);
      const size_t start = value.find_first_not_of(' ');
      return start == std::string_view::npos ? std::string_view() : value.substr(start);
    }
  }
  return {};
}

size_t NumberOf(std::string_view text, int base) {
  size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

// Bytes of a chunked body, with its last chunk; none while it is incomplete.
std::optional<size_t> ChunkedSize(std::string_view body) {
  size_t at = 0;
  while (true) {
    const size_t line = body.find(kLine, at);
    if (line == std::string_view::npos) return std::nullopt;
    const size_t size = NumberOf(body.substr(at, line - at), 16);
    at = line + 2 + size + 2;
    if (at > body.size()) return std::nullopt;
    if (size == 0) return at;
  }
}

}  // namespace

std::optional<size_t> HeadSize(std::string_view data) {
  const size_t end = data.find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  return end + kEnd.size();
}

std::optional<Message> CompleteMessage(std::string_view data) {
  const std::optional<size_t> head_size = HeadSize(data);
  if (!head_size) return std::nullopt;
  const std::string_view head = data.substr(0, *head_size);
  if (HeaderOf(head, "transfer-encoding") == "chunked") {
    const std::optional<size_t> body_size = ChunkedSize(data.substr(*head_size));
    if (!body_size) return std::nullopt;
    return Message{*head_size, *head_size + *body_size};
  }
  const size_t size = *head_size + NumberOf(HeaderOf(head, "content-length"), 10);
  if (data.size() < size) return std::nullopt;
  return Message{*head_size, size};
}

int StatusOf(std::string_view head) {
  const size_t space = head.find(' ');
  return space == std::string_view::npos ? 0 : static_cast<int>(NumberOf(head.substr(space + 1, 3), 10));
}

timespec TimespecOf(std::chrono::nanoseconds wait) {
  const int64_t ns = std::max<int64_t>(0, wait.count());
  return {ns / 1'000'000'000, ns % 1'000'000'000};
}

}  // namespace tokenfoundry::bench
