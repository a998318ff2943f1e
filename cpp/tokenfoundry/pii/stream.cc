#include "tokenfoundry/pii/stream.h"

#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/columns_internal.h"
#include "tokenfoundry/pii/detector_internal.h"
#include "tokenfoundry/pii/resolve_internal.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kReach = 16 * 1024;       // How far around a place the text may matter.
constexpr size_t kReadAt = 6 * kReach;     // So much text is kept before it is read.
constexpr size_t kMaxPieceBytes = kReach;  // A longer piece is taken in parts.

// The last place in (from, to] where nothing that may be a finding is cut: behind a line's end if there is one, else
// behind a space, else anywhere.
size_t LastCut(std::string_view text, const std::vector<Candidate>& candidates, size_t from, size_t to) {
  std::vector<bool> inside(to + 1);
  for (const Candidate& c : candidates) {
    for (size_t at = c.start + 1; at < std::min<size_t>(c.end, to + 1); ++at) inside[at] = true;
  }
  for (const char wanted : {'\n', ' ', '\0'}) {
    for (size_t cut = to; cut > from; --cut) {
      if (!inside[cut] && (wanted == '\0' ? !IsContinuation(text[cut]) : text[cut - 1] == wanted)) return cut;
    }
  }
  while (to > from && IsContinuation(text[to])) --to;
  return to;
}

}  // namespace

absl::StatusOr<StreamFindings> DetectorStream::Feed(std::string_view piece) {
  if (!text::IsValidUtf8(piece)) return absl::InvalidArgumentError("the text is not valid UTF-8");
  StreamFindings found;
  while (!piece.empty()) {
    size_t size = std::min(piece.size(), kMaxPieceBytes);
    while (size < piece.size() && IsContinuation(piece[size])) ++size;
    kept_.append(piece.substr(0, size));
    piece.remove_prefix(size);
    if (kept_.size() >= kReadAt) TF_RETURN_IF_ERROR(Read(false, &found));
  }
  return found;
}

absl::StatusOr<StreamFindings> DetectorStream::Close() {
  StreamFindings found;
  TF_RETURN_IF_ERROR(Read(true, &found));
  kept_.clear();
  bytes_before_ = code_points_before_ = decided_ = decided_code_points_ = 0;
  return found;
}

absl::Status DetectorStream::Read(bool is_last, StreamFindings* out) {
  if (request_.score_threshold) TF_RETURN_IF_ERROR(ValidateScore("score_threshold", *request_.score_threshold));
  uint64_t steps = 0;
  TF_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, detector_.impl_->Candidates(kept_, {}, &steps));
  detector_.impl_->EraseRefused(kept_, request_, &candidates);
  std::erase_if(candidates, [&](const Candidate& c) { return c.start < decided_; });
  const size_t cut = is_last ? kept_.size() : LastCut(kept_, candidates, decided_, kept_.size() - kReach);
  Resolve(&candidates);

  std::vector<size_t> offsets;
  for (const Candidate& c : candidates) {
    if (c.start >= cut && !is_last) break;
    out->findings.push_back(ToFinding(c, bytes_before_));
    offsets.insert(offsets.end(), {c.start, c.end, c.cue.start, c.cue.end});
  }
  offsets = text::CodePointsOf(kept_, std::move(offsets));
  for (size_t& offset : offsets) offset += code_points_before_;
  for (size_t i = 0; i < offsets.size(); i += 4) {
    const bool has_cue = offsets[i + 3] > offsets[i + 2];
    out->places.push_back({offsets[i], offsets[i + 1], has_cue ? offsets[i + 2] : 0, has_cue ? offsets[i + 3] : 0});
  }
  decided_ = cut;
  decided_code_points_ = code_points_before_ + text::CodePointsOf(kept_, {cut})[0];
  if (!is_last && cut > kReach) Drop(cut);
  return absl::OkStatus();
}

// Forgets what stands too far before `cut` to matter, but for the header of a table that goes on there. A header stays
// in front of the text as if it had stood there: the numbers of bytes and code points before it then wrap below 0, and
// come out right again behind it.
void DetectorStream::Drop(size_t cut) {
  size_t from = cut - kReach;
  std::string header;
  if (const std::optional<Extent> line = ColumnReader(kept_).HeaderLineOf(cut - 1); line && line->end < from) {
    const size_t next = kept_.find('\n', from);
    if (next < cut) {
      header = kept_.substr(line->start, line->end + 1 - line->start);
      from = next + 1;
    }
  }
  while (IsContinuation(kept_[from])) --from;
  bytes_before_ += from - header.size();
  code_points_before_ += text::CodePointsOf(kept_, {from})[0] - text::CodePointsOf(header, {header.size()})[0];
  decided_ -= from - header.size();
  kept_.replace(0, from, header);
}

}  // namespace tokenfoundry::pii
