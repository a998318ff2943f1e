// What Classify() finds in a window, included beside scan_windows_internal.h.

struct Classes {
  uint64_t upper, lower, digit, blank;  // Of ASCII; blank is ' ' alone.
  uint64_t space;                       // White space less the two newlines; with the blank.
  uint64_t newline, apostrophe, slash;
  uint64_t wide;  // Every byte of 0x80 and above.
};

struct WideBytes {
  uint64_t tail;            // 80 to BF
  uint64_t ideograph_lead;  // E5 to E9
};
