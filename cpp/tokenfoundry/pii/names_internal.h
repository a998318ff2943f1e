// Person names in text: a linear sequence tagger over hashed features.
//
// A NameTagger is loaded once from a trained model (FORMAT.md; the file is mapped, checked whole, 0.5 ms), then shared:
// it is immutable and thread-safe, and nothing it does touches the disk again. Tag takes time linear in the text
// whatever the text says; whether a word is a name depends on no more than 2 KiB of text either side of it.
//
// Units: positions are UTF-8 byte offsets; scores run from 0 to 1; the margin is in logits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "tokenfoundry/base/status.h"

namespace tokenfoundry::pii {

struct NameSpan {
  uint32_t start;  // Bytes, [start, end), both on a character's border.
  uint32_t end;
  float score;  // The probability that every word of the span belongs to a name, by the model's own account.

  friend bool operator==(const NameSpan&, const NameSpan&) = default;
};

class NameModel;

class NameTagger {
 public:
  // kNotFound when there is no file; kDataLoss says why a file is no model that this build can use.
  static absl::StatusOr<std::unique_ptr<const NameTagger>> Load(const std::string& path);
  ~NameTagger();

  // Room that Tag reuses from call to call; for one thread at a time. Grows to about 400 KB, once.
  class Scratch {
   public:
    Scratch();
    ~Scratch();
    Scratch(Scratch&&) noexcept;
    Scratch& operator=(Scratch&&) noexcept;

   private:
    friend class NameTagger;
    struct Rooms;
    std::unique_ptr<Rooms> rooms_;
  };

  // Appends the names in `text`, ascending and disjoint. `text` is valid UTF-8 of under 4 GiB. A `margin` above 0 finds
  // fewer, surer names, one below 0 finds more; 0 is as trained. `steps`, if given, receives the work done, in words
  // weighed and bytes read: it bounds the time.
  void Tag(std::string_view text, float margin, Scratch* scratch, std::vector<NameSpan>* out,
           uint64_t* steps = nullptr) const;

  // See Detector::WordsOfName.
  std::vector<std::string_view> WordsOf(std::string_view name ABSL_ATTRIBUTE_LIFETIME_BOUND) const;

 private:
  class Finder;
  explicit NameTagger(std::unique_ptr<const NameModel> model);
  const std::unique_ptr<const NameModel> model_;
};

}  // namespace tokenfoundry::pii
