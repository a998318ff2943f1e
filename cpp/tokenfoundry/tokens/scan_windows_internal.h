// The scan itself, included once by each of scan_sse.cc, scan_avx2.cc and scan_avx512.cc inside their namespaces and
// under their instruction sets, after their Classify(). Not a header to be included elsewhere: it has no guard.
//
// A window is the 64 bytes from the beginning of a piece. Bit i of a bitmap is byte i of the window; all bytes of a
// character have the bit of its class. `x << 1` is therefore "the byte before is in x". Each window begins where the
// last border of the one before was certain, so nothing is carried over from window to window.

inline constexpr int kWindowBytes = 64;
inline constexpr size_t kScanPieces = kScanEnds - kWindowBytes;  // A window adds one piece a byte at most.
inline constexpr int kLookAhead = 4;  // No border depends on more bytes behind it, long white space apart.

inline uint64_t LowBits(int count) { return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1; }

// From each bit of `from` on to the end of its run in `run`; `from` is inside `run`. The sum carries through the run.
inline uint64_t FillUp(uint64_t from, uint64_t run) { return (((run + from) ^ run) & run) | from; }

// The classes of the wide characters (two bytes and more), added to `classes`. Returns how many bytes of the window are
// decided: up to the first character that is not whole inside it, not UTF-8 or a number.
struct Wide {
  uint64_t lead = 0;
  uint64_t tail = 0;
  uint64_t uncased = 0;
  uint64_t mark = 0;
};
inline int AddWide(const char* begin, const char* end, const char* window, int size, Classes* classes, Wide* wide) {
  const uint64_t in_window = LowBits(size);
  const WideBytes bytes = ClassifyWide(window);
  wide->tail = bytes.tail & in_window;
  wide->lead = classes->wide & ~wide->tail & in_window;
  // U+5000 to U+9FFF, leads E5 to E9, are ideographs without exception.
  const uint64_t ideographs = bytes.ideograph_lead & (wide->tail >> 1) & (wide->tail >> 2) & in_window;
  uint64_t covered = ideographs | ideographs << 1 | ideographs << 2;
  wide->uncased = covered;
  for (uint64_t rest = wide->lead & ~ideographs; rest != 0; rest &= rest - 1) {
    const int at = __builtin_ctzll(rest);
    const Character character = WideCharacterAt(begin + at, end);
    if (character.size_bytes == 1 || at + character.size_bytes > size || character.character_class == kNumber) {
      size = at;
      break;
    }
    const uint64_t bits = LowBits(character.size_bytes) << at;
    covered |= bits;
    const auto is = [&](uint8_t one) { return (character.character_class & one) != 0 ? bits : 0; };
    classes->upper |= is(kUpper);
    classes->lower |= is(kLower);
    classes->space |= is(kSpace);
    wide->uncased |= is(kUncased);
    wide->mark |= is(kMark);
  }
  const uint64_t stray = wide->tail & ~covered & LowBits(size);
  return stray == 0 ? size : __builtin_ctzll(stray);
}

// Moves the bits of wide characters from their last byte to their first. Only for spaces: two or three bytes.
inline uint64_t ToLead(uint64_t last, uint64_t tail) {
  const uint64_t ascii = last & ~tail, second = (last & tail) >> 1;
  return ascii | (second & ~tail) | ((second & tail) >> 1);
}

struct Borders {
  uint64_t starts;  // Where pieces begin, bit 0 always.
  int decided;      // The borders up to here are certain; 64 or less.
};

template <Rules kRules, bool kHasWide>
inline Borders FindBorders(const char* begin, const char* end, const char* window, int size, Classes classes) {
  const bool is_last = end - begin == size;
  Wide wide;
  const int whole = size;
  if (kHasWide) size = AddWide(begin, end, window, size, &classes, &wide);
  uint64_t lower = classes.lower, letters, marks = wide.mark;
  if (kRules.cases) {
    // Capitals behind a letter without case, and marks that no letter carries, are for the scanner.
    const uint64_t uncased = wide.uncased | marks;
    if (kHasWide) {
      const uint64_t words = classes.upper | lower | uncased;
      const uint64_t hard = (classes.upper & uncased << 1) | (marks & wide.lead & ~(words << 1));
      if (hard != 0) size = std::min(size, __builtin_ctzll(hard));
    }
    lower |= uncased;
    letters = classes.upper | lower;
  } else {
    letters = classes.upper | lower | wide.uncased;
  }
  const uint64_t valid = LowBits(size);
  letters &= valid;
  const uint64_t digits = classes.digit & valid, blanks = classes.blank & valid;
  uint64_t newlines = kRules.newlines ? classes.newline & valid : 0;
  const uint64_t spaces = (kRules.newlines ? classes.space : classes.space | classes.newline) & valid;
  uint64_t others = valid & ~(letters | digits | spaces | newlines);
  const uint64_t apostrophes = classes.apostrophe & others;

  if (kRules.newlines) {  // What punctuation takes along is neither white space nor punctuation of a later piece.
    const uint64_t tail_run = kRules.slashes ? newlines | (classes.slash & valid) : newlines;
    const uint64_t first = newlines & others << 1;
    if (first != 0) {
      const uint64_t taken = FillUp(first, tail_run);
      newlines &= ~taken;
      others &= ~taken;
    }
  }
  const uint64_t white = spaces | newlines;
  const uint64_t other_starts = others & ~(others << 1) & ~(blanks << 1);
  const uint64_t after_white = valid & ~white;

  uint64_t starts = other_starts | (white & ~(white << 1));
  uint64_t last_spaces = spaces & after_white >> 1;
  if (kHasWide && wide.tail != 0) last_spaces = ToLead(last_spaces, wide.tail);
  starts |= last_spaces;

  if (kRules.digits == 0) {  // GPT-2: only a blank belongs to what follows it.
    starts |= (letters & ~(letters << 1) & ~(blanks << 1)) | (digits & ~(digits << 1) & ~(blanks << 1));
  } else {
    uint64_t first = other_starts;  // The first character of punctuation joins the word behind it.
    if (kHasWide) {
      for (int i = 0; i < 3; ++i) first |= (first << 1) & wide.tail;
    }
    starts |= letters & ~(letters << 1) & ~((spaces | first) << 1);
    if (kRules.cases) starts |= classes.upper & letters & lower << 1;
    if (kRules.digits == 1) {
      starts |= digits;
    } else if (digits != 0) {
      uint64_t every = digits & ~(digits << 1);
      const uint64_t fourth = digits & digits << 1 & digits << 2 & digits << 3;
      for (; every != 0; every = every << 3 & fourth) starts |= every;
    }
  }

  if (kRules.newlines && newlines != 0) {  // A run is cut behind its last newline.
    starts |= newlines << 1 & ~newlines & valid;
    const uint64_t between = newlines << 1 & spaces;
    uint64_t again = ((between + spaces) & ~spaces) & newlines & (spaces << 1);
    for (; again != 0; again &= again - 1) {  // Spaces between two newlines of one run: rare.
      const int at = __builtin_ctzll(again);
      const uint64_t before = ~spaces & LowBits(at);
      if (before == 0) continue;
      const int run_start = 64 - __builtin_clzll(before);
      if ((newlines >> (run_start - 1) & 1) != 0) starts &= ~(uint64_t{1} << run_start);
    }
  }

  if (kRules.cases && kRules.contractions) {
    int last_end = -1;
    for (uint64_t rest = apostrophes & letters << 1 & letters >> 1; rest != 0; rest &= rest - 1) {
      const int at = __builtin_ctzll(rest);
      if (at == last_end) continue;  // It ended a contraction: this one begins a word.
      const int bytes = ContractionBytes(begin + at, end, true);
      if (bytes == 0) continue;
      last_end = at + bytes;
      starts &= ~(LowBits(bytes) << at);
      if (last_end < 64) starts |= letters & (uint64_t{1} << last_end);
    }
  } else if (kRules.contractions) {
    for (uint64_t rest = apostrophes & other_starts & letters >> 1; rest != 0; rest &= rest - 1) {
      const int at = __builtin_ctzll(rest);
      const int bytes = ContractionBytes(begin + at, end, kRules.folds_contractions);
      if (bytes == 0) continue;
      starts &= ~(LowBits(bytes) << at << 1);
      if (at + bytes < 64) starts |= valid & (uint64_t{1} << (at + bytes));
    }
  }
  starts |= 1;

  if (is_last && size == whole) {
    if (kRules.keeps_last_space && (white >> (size - 1) & 1) != 0) {
      const uint64_t before = ~white & valid;
      const int run_start = before == 0 ? 0 : 64 - __builtin_clzll(before);
      starts &= LowBits(run_start + 1);
    }
    return {starts, size};
  }
  int decided = size - kLookAhead;
  if (size > 0 && (white >> (size - 1) & 1) != 0) {  // How a run ends is not known yet.
    const uint64_t before = ~white & valid;
    decided = std::min(decided, before == 0 ? 0 : 64 - __builtin_clzll(before));
  }
  return {starts, decided};
}

[[gnu::noinline]] void CutLong(const char* piece, size_t size, size_t count, Cuts* cuts) {
  cuts->keys[count] = {size <= cuts->most_hashed ? LongHash({piece, size}) : 0, kNoShortKey};
  cuts->first_slots[count] = 0;
}

// Adds the piece that ends at `end`; 16 bytes can be read at `piece`.
inline void Cut(const char* piece, size_t size, uint64_t end, size_t count, const ShortSlot* slots, uint32_t slot_count,
                Cuts* cuts) {
  cuts->ends[count] = end;
  if (size > kShortTokenBytes) [[unlikely]]
    return CutLong(piece, size, count, cuts);
  const ShortSlot key = ShortKeyWithin(piece, size);
  const uint32_t slot = FirstSlot(ShortHash(key), slot_count);
  __builtin_prefetch(slots + slot);
  cuts->keys[count] = key;
  cuts->first_slots[count] = slot;
}

template <Rules kRules, PieceEnd kPieceEnd>
size_t ScanBy(const char* const begin, const char* const end, Cuts* cuts) {
  constexpr ptrdiff_t kKeyBytes = 16;  // Read at the last piece of a window, too.
  const ShortSlot* const slots = cuts->slots;
  const uint32_t slot_count = cuts->slot_count;
  size_t count = 0;
  for (const char* at = begin; at < end && count < kScanPieces;) {
    const ptrdiff_t left = end - at;
    const int size = static_cast<int>(std::min<ptrdiff_t>(left, kWindowBytes));
    alignas(64) char padded[2 * kWindowBytes];
    const char* window = at;
    if (left < kWindowBytes + kKeyBytes) {
      std::memset(padded, 0, sizeof(padded));
      std::memcpy(padded, at, static_cast<size_t>(left));
      window = padded;
    }
    const Classes classes = Classify(window);
    const Borders borders = classes.wide != 0 ? FindBorders<kRules, true>(at, end, window, size, classes)
                                              : FindBorders<kRules, false>(at, end, window, size, classes);
    const auto base = static_cast<uint64_t>(at - begin);
    uint64_t certain = borders.decided <= 0 ? 0 : borders.starts & ~uint64_t{1} & LowBits(borders.decided + 1);
    const bool is_end = borders.decided == left;
    if (certain == 0 && !is_end) {
      const char* const piece = at;
      at = kPieceEnd(at, end);
      const auto piece_size = static_cast<size_t>(at - piece);
      // A long one may reach beyond the padding; a short one may end where the text does.
      Cut(piece_size > kShortTokenBytes ? piece : window, piece_size, static_cast<uint64_t>(at - begin), count++, slots,
          slot_count, cuts);
      continue;
    }
    int from = 0;
    for (; certain != 0; certain &= certain - 1) {
      const int to = __builtin_ctzll(certain);
      Cut(window + from, static_cast<size_t>(to - from), base + static_cast<uint64_t>(to), count++, slots, slot_count,
          cuts);
      from = to;
    }
    if (is_end) {
      Cut(window + from, static_cast<size_t>(left - from), base + static_cast<uint64_t>(left), count++, slots,
          slot_count, cuts);
      break;
    }
    at += from;
  }
  return count;
}

// Piece by piece: where a border costs no more than finding the next space.
template <PieceEnd kPieceEnd>
size_t ScanByPieces(const char* const begin, const char* const end, Cuts* cuts) {
  constexpr ptrdiff_t kKeyBytes = 16;
  size_t count = 0;
  for (const char* at = begin; at < end && count < kScanPieces;) {
    const char* const piece = at;
    at = kPieceEnd(at, end);
    char padded[kKeyBytes] = {};
    const char* readable = piece;
    if (end - piece < kKeyBytes && at - piece <= static_cast<ptrdiff_t>(kShortTokenBytes)) {
      std::memcpy(padded, piece, static_cast<size_t>(end - piece));
      readable = padded;
    }
    Cut(readable, static_cast<size_t>(at - piece), static_cast<uint64_t>(at - begin), count++, cuts->slots,
        cuts->slot_count, cuts);
  }
  return count;
}

Scan ScanOf(Pretokenizer pretokenizer) {
  switch (pretokenizer) {
    case Pretokenizer::kCl100k:
      return ScanBy<kCl100kRules, Cl100kPieceEnd>;
    case Pretokenizer::kO200k:
      return ScanBy<kO200kRules, O200kPieceEnd>;
    case Pretokenizer::kGpt2:
      return ScanBy<kGpt2Rules, Gpt2PieceEnd>;
    case Pretokenizer::kQwen:
      return ScanBy<kQwenRules, QwenPieceEnd>;
    case Pretokenizer::kLlama3:
      return ScanBy<kLlama3Rules, Llama3PieceEnd>;
    case Pretokenizer::kTekken:
      return ScanBy<kTekkenRules, TekkenPieceEnd>;
    case Pretokenizer::kSpaces:
      return ScanByPieces<SpacesPieceEnd>;
    case Pretokenizer::kEachSpace:
      return ScanByPieces<EachSpacePieceEnd>;
    case Pretokenizer::kWhole:
      return ScanByPieces<WholePieceEnd>;
  }
  return nullptr;
}
