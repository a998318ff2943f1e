#include "tokenfoundry/arrow/redaction.h"

#include <algorithm>
#include <new>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/arrow/row_status_internal.h"
#include "tokenfoundry/arrow/text_memo_internal.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::arrow {
namespace {

using Action = Treatment::Action;

// What stands behind the backslash of an escape of JSON.
constexpr std::string_view kEscaped = "\"\\/bfnrtu";

// What one thread takes at once: about a millisecond of detection.
constexpr size_t kBlockBytes = 32 << 10;
constexpr size_t kBlockRows = 1024;
constexpr size_t kMaxThreads = 256;

std::vector<bool> ProtectedEntities(const std::vector<Treatment>& treatments) {
  std::vector<bool> wanted;
  for (const Treatment& treatment : treatments) wanted.push_back(treatment.action != Action::kAllow);
  return wanted;
}

// Whether escapes of JSON may stand in it. A text without backslashes costs one memchr.
bool MayHoldEscapes(std::string_view text) {
  for (size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (at + 1 < text.size() && kEscaped.find(text[at + 1]) != std::string_view::npos) return true;
  }
  return false;
}

// The mask for each character but the last `kept`, for all if there are no more than those. Brackets go too: what is
// left, and the text after it, must not read as a placeholder.
void AppendMasked(std::string_view value, const Treatment& treatment, std::string* out) {
  const auto is_lead = [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; };
  const auto characters = static_cast<size_t>(std::count_if(value.begin(), value.end(), is_lead));
  const size_t hidden = characters > treatment.kept ? characters - treatment.kept : characters;
  for (size_t i = 0; i < hidden; ++i) out->append(treatment.mask);
  size_t seen = 0;
  for (const char c : value) {
    seen += is_lead(c) ? 1 : 0;
    if (seen <= hidden) continue;
    c == '[' || c == ']' ? out->append(treatment.mask) : out->append(1, c);
  }
}

// One more call that detects; how many threads it may use.
class Share {
 public:
  Share(std::atomic<size_t>* running, size_t threads) : running_(*running), threads_(threads) { ++running_; }
  ~Share() { --running_; }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  size_t threads() const { return std::max<size_t>(1, threads_ / running_); }

 private:
  std::atomic<size_t>& running_;
  const size_t threads_;
};

}  // namespace

// What is replaced: bytes [start, end) of a row.
struct Redaction::Piece {
  uint32_t row;  // Of the slice.
  uint32_t entity;
  bool is_literal;
  size_t start;
  size_t end;
};

// Rows [first, end) of a slice, for one thread at once.
struct Redaction::Block {
  size_t first;
  size_t end;
  std::vector<Piece> pieces;  // By row and start; disjoint.
  absl::Status status;
};

class Redaction::Memo : public TextMemo<Piece> {};

absl::Status RedactionOptions::Validate() const {
  if (detector == nullptr) return absl::InvalidArgumentError("a redaction needs a detector");
  if (treatments.size() != detector->entities().size()) {
    return absl::InvalidArgumentError("a redaction needs one treatment for each entity of its detector");
  }
  if (threads < 1 || threads > kMaxThreads) return absl::InvalidArgumentError("threads must be from 1 to 256");
  const bool asks = std::any_of(treatments.begin(), treatments.end(),
                                [](const Treatment& treatment) { return treatment.action == Action::kAsk; });
  if (asks && !stand_in) return absl::InvalidArgumentError("a treatment that asks needs somebody to ask");
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Redaction>> Redaction::Create(RedactionOptions options) {
  TF_RETURN_IF_ERROR(options.Validate());
  return std::shared_ptr<Redaction>(new Redaction(std::move(options)));
}

Redaction::Redaction(RedactionOptions options)
    : options_(std::move(options)), request_{.wanted = ProtectedEntities(options_.treatments)}, known_([this] {
        std::set<std::string, std::less<>> known(entities().begin(), entities().end());
        known.emplace(kLiteral);
        return known;
      }()) {}

Redaction::~Redaction() = default;

// As it is sent, any name is one: what it stands for may come from a policy that is no longer in force.
bool Redaction::IsLiteral(const Form& form) const {
  const size_t underscore = form.name.rfind('_');
  if (underscore == std::string_view::npos || underscore + 1 == form.name.size()) return false;
  const std::string_view number = form.name.substr(underscore + 1);
  if (!std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  const std::string upper = UpperName(form.name.substr(0, underscore));
  const bool is_as_sent = form.end - form.start == form.name.size() + 2 && form.name.starts_with(upper);
  return is_as_sent || known_.contains(upper);
}

absl::StatusOr<RedactionOptions::Places> Redaction::Literals(std::string_view text) const {
  if (options_.rewrite) return RedactionOptions::Places();
  if (options_.literals && NeedsReading(text)) return options_.literals(text);
  RedactionOptions::Places places;
  for (auto form = FindForm(text, 0); form; form = FindForm(text, form->end)) {
    if (IsLiteral(*form)) places.emplace_back(form->start, form->end);
  }
  return places;
}

absl::StatusOr<std::vector<pii::Finding>> Redaction::Findings(std::string_view text, std::string_view label) const {
  if (options_.read && MayHoldEscapes(text)) return options_.read(text, label);
  const auto detect = [&](std::string_view whole) {
    return options_.detect ? options_.detect(whole) : options_.detector->Detect(whole, request_);
  };
  if (label.empty()) return detect(text);
  const std::string labelled = absl::StrCat(AbslView(label), ": ", AbslView(text));
  const size_t before = labelled.size() - text.size();
  TF_ASSIGN_OR_RETURN(std::vector<pii::Finding> findings, detect(labelled));
  std::erase_if(findings, [&](const pii::Finding& finding) { return finding.end <= before; });
  for (pii::Finding& finding : findings) {
    finding.start = std::max(finding.start, before) - before;
    finding.end -= before;
  }
  return findings;
}

absl::Status Redaction::AddPieces(std::string_view text, std::string_view label, uint32_t row,
                                  std::vector<Piece>* pieces) const {
  TF_ASSIGN_OR_RETURN(const std::vector<pii::Finding> found, Findings(text, label));
  TF_ASSIGN_OR_RETURN(const RedactionOptions::Places literals, Literals(text));
  const auto add = [&](size_t entity, bool is_literal, size_t start, size_t end) {
    pieces->push_back({row, static_cast<uint32_t>(entity), is_literal, start, end});
  };
  // What a finding cuts into is broken up with it.
  auto literal = literals.begin();
  for (const pii::Finding& finding : found) {
    for (; literal != literals.end() && literal->first < finding.end; ++literal) {
      if (literal->second <= finding.start) add(0, true, literal->first, literal->second);
    }
    add(finding.entity, false, finding.start, finding.end);
  }
  for (; literal != literals.end(); ++literal) add(0, true, literal->first, literal->second);
  return absl::OkStatus();
}

absl::Status Redaction::DetectBlock(const Rows& rows, std::string_view label, Memo* memo, Block* block) const {
  for (size_t row = block->first; row < block->end; ++row) {
    const std::string_view text = rows.texts[row];
    if (text.empty()) continue;
    const size_t before = block->pieces.size();
    if (const std::vector<Piece>* known = memo == nullptr ? nullptr : memo->Find(text)) {
      block->pieces.insert(block->pieces.end(), known->begin(), known->end());
      for (size_t i = before; i < block->pieces.size(); ++i) block->pieces[i].row = static_cast<uint32_t>(row);
      continue;
    }
    const absl::Status added = AddPieces(text, label, static_cast<uint32_t>(row), &block->pieces);
    if (!added.ok()) return At(rows, row, added);
    if (memo != nullptr) memo->Add(text, std::span(block->pieces).subspan(before));
  }
  return absl::OkStatus();
}

// A memo for each thread, null where others decide what is found: they may say something else the next time.
std::vector<std::unique_ptr<Redaction::Memo>> Redaction::TakeMemos(size_t threads, std::string_view label) {
  std::vector<std::unique_ptr<Memo>> taken(threads);
  if (options_.detect) return taken;
  const std::lock_guard lock(memos_mu_);
  for (std::unique_ptr<Memo>& memo : taken) {
    if (memos_.empty()) {
      memo = std::make_unique<Memo>();
    } else {
      memo = std::move(memos_.back());
      memos_.pop_back();
    }
    memo->SetLabel(label);
  }
  return taken;
}

void Redaction::ReturnMemos(std::vector<std::unique_ptr<Memo>> memos) {
  const std::lock_guard lock(memos_mu_);
  for (std::unique_ptr<Memo>& memo : memos) {
    if (memo != nullptr) memos_.push_back(std::move(memo));
  }
}

// Fills `blocks`. The error is that of the first row that has one.
absl::Status Redaction::Detect(const Rows& rows, std::string_view label, std::vector<Block>* blocks) {
  size_t bytes = 0;
  for (size_t row = 0; row < rows.texts.size(); ++row) {
    if (blocks->empty() || bytes >= kBlockBytes || row - blocks->back().first >= kBlockRows) {
      blocks->push_back({row, row, {}, absl::OkStatus()});
      bytes = 0;
    }
    bytes += rows.texts[row].size();
    blocks->back().end = row + 1;
  }
  const Share share(&running_, options_.detect ? 1 : options_.threads);
  const size_t threads = std::min(share.threads(), blocks->size());
  std::vector<std::unique_ptr<Memo>> memos = TakeMemos(threads, label);
  std::atomic<size_t> next = 0;
  const auto work = [&](size_t thread) {
    for (size_t i = next++; i < blocks->size(); i = next++) {
      Block& block = (*blocks)[i];
      try {
        block.status = DetectBlock(rows, label, memos[thread].get(), &block);
      } catch (const std::bad_alloc&) {
        block.status = absl::ResourceExhaustedError("not enough memory to look through a column");
      }
    }
  };
  if (threads > 0) {
    std::vector<std::jthread> others;  // Joined at the end of the block.
    for (size_t thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
    work(0);
  }
  ReturnMemos(std::move(memos));
  for (const Block& block : *blocks) TF_RETURN_IF_ERROR(block.status);
  return absl::OkStatus();
}

absl::Status Redaction::CheckBlocked(const Rows& rows, const Block& block, std::optional<Blocked>* blocked) const {
  for (const Piece& piece : block.pieces) {
    if (piece.is_literal || options_.treatments[piece.entity].action != Action::kBlock) continue;
    const std::string_view text = rows.texts[piece.row];
    const std::vector<size_t> places = text::CodePointsOf(text, {piece.start, piece.end});
    if (blocked != nullptr) {
      *blocked = Blocked{piece.entity, rows.place->name, rows.numbers[piece.row], places[0], places[1]};
    }
    return At(rows, piece.row,
              absl::PermissionDeniedError(absl::StrCat("the text holds ", entities()[piece.entity], " at ", places[0],
                                                       "..", places[1], ", which the privacy policy blocks")));
  }
  return absl::OkStatus();
}

absl::Status Redaction::AppendStandIn(const Piece& piece, std::string_view value, std::string* out) {
  if (piece.is_literal) {
    AppendPlaceholder(kLiteral, numbering_.Assign(kLiteral, value), out);
    return absl::OkStatus();
  }
  const std::string& entity = entities()[piece.entity];
  const Treatment& treatment = options_.treatments[piece.entity];
  switch (treatment.action) {
    case Action::kPseudonymize:
      AppendPlaceholder(entity, numbering_.Assign(entity, value), out);
      break;
    case Action::kMask:
      AppendMasked(value, treatment, out);
      break;
    case Action::kRedact:
      absl::StrAppend(out, "[", entity, "]");
      break;
    case Action::kAsk: {
      TF_ASSIGN_OR_RETURN(const std::string stand_in, options_.stand_in(piece.entity, value));
      out->append(stand_in);
      break;
    }
    case Action::kAllow:
    case Action::kBlock:
      return absl::InternalError("a finding that is allowed or blocked was to be replaced");
  }
  return absl::OkStatus();
}

Tally* Redaction::TallyOf(const std::string& column) {
  const auto known =
      std::find_if(tallies_.begin(), tallies_.end(), [&](const Tally& tally) { return tally.column == column; });
  if (known != tallies_.end()) return &*known;
  Tally& tally = tallies_.emplace_back();
  tally.column = column;
  tally.entities.resize(entities().size());
  return &tally;
}

absl::StatusOr<std::string> Redaction::Rewritten(std::string_view text, std::span<const Piece> pieces) const {
  std::vector<size_t> places;
  for (const Piece& piece : pieces) places.insert(places.end(), {piece.start, piece.end});
  places = text::CodePointsOf(text, std::move(places));
  std::vector<pii::Finding> found;
  for (size_t i = 0; i < pieces.size(); ++i) {
    found.push_back({pieces[i].entity, places[2 * i], places[2 * i + 1], 1, pii::Evidence::kPattern, 0, 0});
  }
  return options_.rewrite(text, found);
}

// The row with its pieces replaced.
absl::StatusOr<std::string> Redaction::Replaced(std::string_view text, std::span<const Piece> pieces) {
  if (options_.rewrite) return Rewritten(text, pieces);
  std::string redacted;
  size_t done = 0;
  for (const Piece& piece : pieces) {
    redacted.append(text.substr(done, piece.start - done));
    TF_RETURN_IF_ERROR(AppendStandIn(piece, text.substr(piece.start, piece.end - piece.start), &redacted));
    done = piece.end;
  }
  redacted.append(text.substr(done));
  return redacted;
}

void Redaction::Count(std::string_view text, std::span<const Piece> pieces, int64_t repeats, Tally* tally) const {
  tally->rows += repeats;
  tally->nulls += text.data() == nullptr ? repeats : 0;
  tally->bytes += repeats * static_cast<int64_t>(text.size());
  std::vector<uint32_t> seen;
  for (const Piece& piece : pieces) {
    if (piece.is_literal) continue;
    Tally::Entity& entity = tally->entities[piece.entity];
    entity.findings += repeats;
    if (std::find(seen.begin(), seen.end(), piece.entity) != seen.end()) continue;
    seen.push_back(piece.entity);
    entity.rows += repeats;
  }
  tally->rows_found += seen.empty() ? 0 : repeats;
}

absl::Status Redaction::WriteBlock(const Rows& rows, const Block& block, Tally* tally, TextSink* sink) {
  size_t next = 0;
  for (size_t row = block.first; row < block.end; ++row) {
    const std::string_view text = rows.texts[row];
    const size_t first = next;
    while (next < block.pieces.size() && block.pieces[next].row == row) ++next;
    const std::span<const Piece> pieces = std::span(block.pieces).subspan(first, next - first);
    Count(text, pieces, rows.repeats.empty() ? 1 : rows.repeats[row], tally);
    if (sink == nullptr) continue;
    if (text.data() == nullptr) {
      sink->AppendNull();
    } else if (pieces.empty() && !options_.rewrite) {
      TF_RETURN_IF_ERROR(sink->Append(text));
    } else {
      const auto redacted = Replaced(text, pieces);
      if (!redacted.ok()) return At(rows, row, redacted.status());
      TF_RETURN_IF_ERROR(sink->Append(*redacted));
    }
  }
  return absl::OkStatus();
}

absl::Status Redaction::Redact(const Rows& rows, TextSink* sink, std::optional<Blocked>* blocked) {
  std::string_view label;
  if (options_.use_labels) {
    TF_ASSIGN_OR_RETURN(const bool tells, options_.detector->Tells(rows.place->name));
    if (tells) label = rows.place->name;
  }
  std::vector<Block> blocks;
  TF_RETURN_IF_ERROR(Detect(rows, label, &blocks));
  const std::lock_guard lock(mu_);
  Tally* const tally = TallyOf(rows.place->name);
  for (const Block& block : blocks) {
    if (sink != nullptr) TF_RETURN_IF_ERROR(CheckBlocked(rows, block, blocked));
    TF_RETURN_IF_ERROR(WriteBlock(rows, block, tally, sink));
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::arrow
