// Personal data in a text that comes in pieces and is never held whole.
//
// A DetectorStream reads one text, from one thread; it borrows the Detector, which must outlive it. Matches
// cannot be rejected. It keeps at most
// 128 KiB of text besides the piece it is given, and with it the header of the table that the text is in. The findings
// are those of Detector::Detect on the whole text, as long as lines and findings are under 16 KiB; a longer finding may
// be cut. Units: positions count from the start of the whole text, in bytes and in code points.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::pii {

// A finding's places in code points: of itself, and of the words that spoke for it.
struct CodePointPlaces {
  size_t start;
  size_t end;
  size_t cue_start;
  size_t cue_end;
};

struct StreamFindings {
  std::vector<Finding> findings;        // In bytes.
  std::vector<CodePointPlaces> places;  // Of each finding.
};

class DetectorStream {
 public:
  explicit DetectorStream(const Detector* detector, DetectRequest request = {})
      : detector_(*detector), request_(std::move(request)) {}

  // What is now known; disjoint, in order, after everything returned before. `piece` is whole UTF-8 characters.
  // kInvalidArgument if it is not.
  absl::StatusOr<StreamFindings> Feed(std::string_view piece);

  // The rest. The stream is then empty and may be fed a new text.
  absl::StatusOr<StreamFindings> Close();

  // Code points of the text of which everything has been returned.
  size_t decided_code_points() const { return decided_code_points_; }

 private:
  absl::Status Read(bool is_last, StreamFindings* out);
  void Drop(size_t cut);

  const Detector& detector_;
  const DetectRequest request_;
  std::string kept_;         // The text's end, from bytes_before_ on.
  size_t bytes_before_ = 0;  // Of the text before kept_.
  size_t code_points_before_ = 0;
  size_t decided_ = 0;  // In kept_: what starts before it has been returned, or is none.
  size_t decided_code_points_ = 0;
};

}  // namespace tokenfoundry::pii
