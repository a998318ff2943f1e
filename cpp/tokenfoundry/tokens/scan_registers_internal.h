// Classify() for CPUs whose registers are compared into bytes, included by scan_sse.cc and scan_avx2.cc after their
// struct Registers: a window is kCount of them. Not a header to be included elsewhere: it has no guard.

using Register = Registers::Type;

struct Window {
  explicit Window(const char* bytes) {
    for (int i = 0; i < Registers::kCount; ++i) parts[i] = Registers::Load(bytes + i * sizeof(Register));
  }
  Register parts[Registers::kCount];
};

template <typename Compare>
inline uint64_t MaskOf(const Window& window, Compare&& compare) {
  uint64_t mask = 0;
  for (int i = 0; i < Registers::kCount; ++i) {
    mask |= uint64_t{static_cast<uint32_t>(Registers::Mask(compare(window.parts[i])))} << (i * sizeof(Register));
  }
  return mask;
}

inline uint64_t Is(const Window& window, char byte) {
  return MaskOf(window, [&](Register part) { return Registers::Equal(part, Registers::All(byte)); });
}

// The bytes from `first` to `last`, after setting the bits of `fold`.
inline uint64_t Within(const Window& window, uint8_t first, uint8_t last, char fold = 0) {
  return MaskOf(window, [&](Register part) {
    const Register folded = Registers::Or(part, Registers::All(fold));
    const Register from_first = Registers::Subtract(folded, Registers::All(static_cast<char>(first)));
    return Registers::Equal(Registers::Least(from_first, Registers::All(static_cast<char>(last - first))), from_first);
  });
}

inline Classes Classify(const char* bytes) {
  const Window window(bytes);
  Classes classes;
  const uint64_t letter = Within(window, 'a', 'z', 0x20);
  classes.upper = Within(window, 'A', 'Z');
  classes.lower = letter & ~classes.upper;
  classes.digit = Within(window, '0', '9');
  classes.blank = Is(window, ' ');
  classes.newline = Is(window, '\n') | Is(window, '\r');
  classes.space = (Within(window, '\t', '\r') | classes.blank) & ~classes.newline;
  classes.apostrophe = Is(window, '\'');
  classes.slash = Is(window, '/');
  classes.wide = MaskOf(window, [&](Register part) { return part; });
  return classes;
}

inline WideBytes ClassifyWide(const char* bytes) {
  const Window window(bytes);
  return {Within(window, 0x80, 0xBF), Within(window, 0xE5, 0xE9)};
}
