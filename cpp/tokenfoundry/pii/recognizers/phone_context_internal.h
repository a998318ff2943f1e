// What the text around a number says about it: telephone words, words for other numbers, sentences, code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tokenfoundry/pii/candidate_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"

namespace tokenfoundry::pii {

struct PhoneContext {
  enum class Said : uint8_t {
    kNothing,
    kPhone,  // A word beside it speaks of telephones.
    kLabel,  // A noun for telephone stands at once before it, "tel:", "cell. ".
    kOther,  // It is said to be another number, or counts something.
  };
  Said said = Said::kNothing;
  Extent cue = {};        // The telephone word.
  bool near = false;      // It stands before the number with nothing but a few words between.
  bool in_table = false;  // It heads the column of a table.
};

// The number before [start, end) ended at `last_end`, 0 if there was none: "333 1234567 oppure 02 1234567".
PhoneContext ReadPhoneContext(std::string_view text, size_t start, size_t end, size_t last_end, bool only_label,
                              Sink* sink);

enum class PhoneColumn : uint8_t { kNone, kPhone, kOther };  // No cell of a table, or what its heading says.

// The column whose cell is exactly [start, end), spaces and quotes aside; if `end` is `start`, whose cell starts there.
PhoneColumn ReadPhoneColumn(std::string_view text, size_t start, size_t end, Sink* sink, Extent* heading);

// Whether people's words stand around [start, end) on its line, and neither code nor other numbers; or it is a line of
// its own under some words.
bool IsInSentence(std::string_view text, size_t start, size_t end, uint64_t* steps);

}  // namespace tokenfoundry::pii
