// What is found in columns of text: the first half of a redaction, on several threads.
#include <algorithm>
#include <new>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/arrow/redaction_internal.h"
#include "tokenfoundry/arrow/row_status_internal.h"

namespace tokenfoundry::arrow {
namespace {

// What stands behind the backslash of an escape of JSON.
constexpr std::string_view kEscaped = "\"\\/bfnrtu";

// What one thread takes at once: about a millisecond of detection.
constexpr size_t kBlockBytes = 32 << 10;
constexpr size_t kBlockRows = 1024;

// Whether escapes of JSON may stand in it. A text without backslashes costs one memchr.
bool MayHoldEscapes(std::string_view text) {
  for (size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (at + 1 < text.size() && kEscaped.find(text[at + 1]) != std::string_view::npos) return true;
  }
  return false;
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

}  // namespace tokenfoundry::arrow
