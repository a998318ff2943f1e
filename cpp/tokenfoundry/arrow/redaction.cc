#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/arrow/redaction_internal.h"
#include "tokenfoundry/arrow/row_status_internal.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::arrow {
namespace {

using Action = Treatment::Action;

constexpr size_t kMaxThreads = 256;

std::vector<bool> ProtectedEntities(const std::vector<Treatment>& treatments) {
  std::vector<bool> wanted;
  for (const Treatment& treatment : treatments) wanted.push_back(treatment.action != Action::kAllow);
  return wanted;
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

}  // namespace

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
