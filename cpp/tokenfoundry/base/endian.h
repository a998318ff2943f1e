// Fixed-width integers as bytes. Values are little-endian everywhere on disk; the one exception is a key that must sort
// by number, which is big-endian.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace tokenfoundry {

static_assert(std::endian::native == std::endian::little, "the core runs on x86-64");

template <typename T>
requires std::is_integral_v<T>
void AppendLittle(std::string* out, T value) { out->append(reinterpret_cast<const char*>(&value), sizeof(T)); }

// Big-endian, so that byte order is numeric order. Unsigned only: a sign bit would sort last.
template <typename T>
requires std::is_unsigned_v<T>
void AppendBig(std::string* out, T value) {
  for (int shift = 8 * (sizeof(T) - 1); shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

// `bytes` must hold at least sizeof(T) bytes.
template <typename T>
requires std::is_integral_v<T> T LoadLittle(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <typename T>
requires std::is_unsigned_v<T> T LoadBig(const char* bytes) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | static_cast<uint8_t>(bytes[i]));
  return value;
}

// Reads fields off the front of a record. After the first read past the end every read returns zero or empty and ok()
// is false, so a decoder checks once, at its end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
  T Little() {
    if (rest_.size() < sizeof(T)) return Fail(), T{};
    const T value = LoadLittle<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return value;
  }

  // The next `size` bytes, borrowed from the record.
  std::string_view Bytes(size_t size) {
    if (rest_.size() < size) return Fail(), std::string_view{};
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  // A u32 length, then that many bytes: what AppendSized wrote.
  std::string_view Sized() { return Bytes(Little<uint32_t>()); }

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

inline void AppendSized(std::string* out, std::string_view bytes) {
  AppendLittle(out, static_cast<uint32_t>(bytes.size()));
  out->append(bytes);
}

}  // namespace tokenfoundry
