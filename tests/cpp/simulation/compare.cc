#include "tests/cpp/simulation/compare.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace tokenfoundry::simulation {
namespace {

std::string Text(const std::vector<std::string>& values) {
  std::string text = "(";
  for (const std::string& value : values) text += value + ",";
  return text + ")";
}

std::string Text(const Refusal& refusal) {
  std::ostringstream out;
  out << "refusal by " << refusal.budget << " unit " << static_cast<int>(refusal.unit) << " cause "
      << static_cast<int>(refusal.cause) << " at_cap " << static_cast<int>(refusal.at_cap) << " cap " << refusal.cap
      << " used " << refusal.used << " held " << refusal.held << " requested " << refusal.requested << " left "
      << refusal.left << " resets " << refusal.resets_at_ms;
  return out.str();
}

std::string Text(const std::optional<Refusal>& refusal) { return refusal ? Text(*refusal) : "none"; }

std::string Text(const Entry& entry) {
  std::ostringstream out;
  out << "entry " << entry.seq << " kind " << static_cast<int>(entry.kind) << " flags " << entry.flags << " id "
      << entry.id << " at " << entry.at_ms << " posted " << entry.posted_at_ms << " session " << entry.session_start_ms
      << " amounts";
  for (const int64_t amount : entry.amounts) out << " " << amount;
  out << " burns";
  for (const Burn& burn : entry.burns) out << " " << burn.grant << ":" << burn.amount;
  return out.str();
}

std::string Text(const Event& event) {
  std::ostringstream out;
  out << "event " << event.seq << " kind " << static_cast<int>(event.kind) << " entry " << event.entry << " at "
      << event.at_ms << " budget " << event.budget << Text(event.each) << " level " << event.level << " amount "
      << event.amount << " used " << event.used << " cap " << event.cap << " window " << event.start_ms << "-"
      << event.end_ms;
  return out.str();
}

std::string Text(const Balance& balance) {
  std::ostringstream out;
  out << "balance of " << balance.budget << "(";
  for (const auto& [axis, value] : balance.each) out << value << ",";
  out << ") unit " << static_cast<int>(balance.unit) << " mode " << static_cast<int>(balance.mode) << " window "
      << balance.start_ms << "-" << balance.end_ms << " cap " << balance.cap << " posted " << balance.posted << " used "
      << balance.used << " held " << balance.held << " left " << balance.left << " over " << balance.over_by
      << " raised " << balance.raised << " burst " << balance.burst_left << " frozen " << balance.frozen;
  return out.str();
}

std::string Text(const Grant& grant) {
  std::ostringstream out;
  out << "grant " << grant.seq << " of " << grant.change.amount << " spent " << grant.spent << " held " << grant.held
      << " created " << grant.created_ms;
  return out.str();
}

std::string Text(const Hold& hold) { return "hold " + hold.id + " at " + std::to_string(hold.at_ms); }
std::string Text(const Change& change) {
  return "change of " + change.budget + " kind " + std::to_string(static_cast<int>(change.kind));
}
std::string Text(const Budget& budget) { return "budget " + budget.name; }
std::string Text(const Rollup& rollup) {
  return "rollup of " + std::to_string(rollup.hour_ms) + Text({rollup.axes.begin(), rollup.axes.end()});
}

bool Same(const Hold& a, const Hold& b) {
  return std::tie(a.id, a.amounts, a.axes, a.at_ms, a.detail) == std::tie(b.id, b.amounts, b.axes, b.at_ms, b.detail);
}
bool Same(const Grant& a, const Grant& b) { return Text(a) == Text(b) && a.change == b.change; }
bool Same(const Balance& a, const Balance& b) { return Text(a) == Text(b) && a.each == b.each; }
template <typename T>
bool Same(const T& a, const T& b) {
  return a == b;
}

absl::Status Differs(const std::string& what, const std::string& is, const std::string& should_be) {
  return absl::InternalError(what + ":\n    ledger " + is + "\n    model  " + should_be);
}

template <typename T>
absl::Status CompareLists(const std::string& what, const std::vector<T>& is, const std::vector<T>& should_be) {
  for (size_t i = 0; i < std::min(is.size(), should_be.size()); ++i) {
    if (!Same(is[i], should_be[i])) return Differs(what, Text(is[i]), Text(should_be[i]));
  }
  if (is.size() == should_be.size()) return absl::OkStatus();
  return Differs(
      what, std::to_string(is.size()) + (is.size() > should_be.size() ? ", " + Text(is.back()) : ""),
      std::to_string(should_be.size()) + (is.size() < should_be.size() ? ", " + Text(should_be.back()) : ""));
}

template <typename T>
absl::Status CompareStatus(const absl::StatusOr<T>& is, const absl::StatusOr<T>& should_be) {
  if (is.status().code() == should_be.status().code()) return absl::OkStatus();
  return Differs("status", is.status().ToString(), should_be.status().ToString());
}

// The model shows of sessions those that go on; the ledger may show some that have just ended.
absl::Status CompareBalances(Ledger& ledger, const Model& model, int64_t at_ms) {
  TF_ASSIGN_OR_RETURN(const std::vector<Balance> balances, ledger.Balances(at_ms));
  std::map<std::string, WindowKind> kinds;
  for (const Budget& budget : model.Budgets()) kinds[budget.name] = budget.window.kind;
  const auto by_account = [](const std::vector<Balance>& list) {
    std::map<std::pair<std::string, std::vector<std::pair<Axis, std::string>>>, Balance> map;
    for (const Balance& balance : list) map[{balance.budget, balance.each}] = balance;
    return map;
  };
  const auto is = by_account(balances), should_be = by_account(model.Balances(at_ms));
  for (const auto& [account, balance] : should_be) {
    const auto found = is.find(account);
    if (found == is.end()) return Differs("balances", "none", Text(balance));
    if (!Same(found->second, balance)) return Differs("balances", Text(found->second), Text(balance));
  }
  for (const auto& [account, balance] : is) {
    if (should_be.contains(account) || kinds[account.first] == WindowKind::kSession) continue;
    return Differs("balances", Text(balance), "none");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CompareReserved(const absl::StatusOr<Reserved>& is, const absl::StatusOr<Reserved>& should_be) {
  TF_RETURN_IF_ERROR(CompareStatus(is, should_be));
  if (!is.ok()) return absl::OkStatus();
  const auto text = [](const Reserved& reserved) {
    const auto* const refusal = std::get_if<Refusal>(&reserved.outcome);
    return (refusal != nullptr ? Text(*refusal) : Text(std::get<Hold>(reserved.outcome))) + ", tracked " +
           Text(reserved.tracked);
  };
  bool same = text(*is) == text(*should_be);
  if (const auto* const hold = std::get_if<Hold>(&is->outcome); same && hold != nullptr) {
    same = Same(*hold, std::get<Hold>(should_be->outcome));
  }
  return same ? absl::OkStatus() : Differs("reserve", text(*is), text(*should_be));
}

absl::Status ComparePosted(const absl::StatusOr<Posted>& is, const absl::StatusOr<Posted>& should_be) {
  TF_RETURN_IF_ERROR(CompareStatus(is, should_be));
  if (!is.ok()) return absl::OkStatus();
  if (!(is->entry == should_be->entry)) return Differs("posted", Text(is->entry), Text(should_be->entry));
  return CompareLists("its events", is->events, should_be->events);
}

// A law of both, known without saying which grant pays: a call that a budget's grants have paid for is paid for by as
// much more as is used more, and given back what is used less, down to nothing.
absl::Status CheckBurns(const Model& model, const Entry& correction) {
  std::map<uint64_t, Change> grants;
  for (const Grant& grant : model.Grants()) grants[grant.seq] = grant.change;
  for (const Budget& budget : model.Budgets()) {
    if (!budget.prepaid || !budget.calls.Matches(correction.axes)) continue;
    std::vector<std::string> each;
    for (const Axis axis : budget.calls.each) each.push_back(correction.axes[static_cast<size_t>(axis)]);
    const auto taken_by = [&](const Entry& entry) {
      int64_t sum = 0;
      for (const Burn& burn : entry.burns) {
        const Change& grant = grants.at(burn.grant);
        const bool is_of_account =
            grant.budget == budget.name && grant.each.value_or(std::vector<std::string>()) == each;
        sum += is_of_account ? burn.amount : 0;
      }
      return sum;
    };
    int64_t before = 0;
    for (const auto& entry : model.entries()) {
      const bool is_of_call = entry->seq == *correction.of || entry->of == correction.of;
      if (is_of_call && entry->seq < correction.seq) before += taken_by(*entry);
    }
    if (before == 0) continue;  // The account may have no grant.
    const int64_t should_be = std::max(Of(correction.amounts, budget.unit), -before);
    if (taken_by(correction) == should_be) continue;
    return Differs("burns of a correction, of budget " + budget.name, std::to_string(taken_by(correction)),
                   std::to_string(should_be));
  }
  for (const auto& [seq, grant] : grants) {
    int64_t sum = 0;
    for (const auto& entry : model.entries()) {
      for (const Burn& burn : entry->burns) sum += burn.grant == seq ? burn.amount : 0;
    }
    if (sum < 0) return Differs("burns of grant " + std::to_string(seq), std::to_string(sum), "not below zero");
  }
  return absl::OkStatus();
}

absl::Status CompareNow(Ledger& ledger, const Model& model, int64_t now_ms) {
  if (ledger.size() != model.entries().size()) {
    return Differs("size", std::to_string(ledger.size()), std::to_string(model.entries().size()));
  }
  TF_RETURN_IF_ERROR(CompareLists("holds", ledger.Holds(), model.Holds()));
  return CompareBalances(ledger, model, now_ms);
}

absl::Status CompareAll(Ledger& ledger, const Model& model, int64_t now_ms) {
  TF_ASSIGN_OR_RETURN(const std::vector<Entry> entries, ledger.Entries({}));
  std::vector<Entry> should_be;
  for (const auto& entry : model.entries()) should_be.push_back(*entry);
  TF_RETURN_IF_ERROR(CompareLists("entries", entries, should_be));
  TF_RETURN_IF_ERROR(CompareLists("budgets", ledger.Budgets(), model.Budgets()));
  TF_ASSIGN_OR_RETURN(const std::vector<Event> events, ledger.Events(0, UINT64_MAX));
  TF_RETURN_IF_ERROR(CompareLists("events", events, model.events()));
  TF_RETURN_IF_ERROR(CompareLists("grants", ledger.Grants(), model.Grants()));
  TF_RETURN_IF_ERROR(CompareLists("changes", ledger.Changes(now_ms), model.Changes(now_ms)));
  TF_RETURN_IF_ERROR(CompareNow(ledger, model, now_ms));
  // Later in the windows of now, where what is not seen yet will be: how far a slow approach has come, what is
  // refilled.
  for (const Budget& budget : model.Budgets()) {
    if (budget.at_cap != AtCap::kThrottle && budget.burst.refill == 0) continue;
    const int64_t end_ms = std::min(budget.window.BoundsAt(now_ms).end_ms, now_ms + 86'400'000);
    TF_RETURN_IF_ERROR(CompareBalances(ledger, model, now_ms + (end_ms - now_ms) / 2));
  }
  TF_ASSIGN_OR_RETURN(std::vector<Rollup> rollups, ledger.Rollups(0, kMaxTime_ms));
  const auto before = [](const Rollup& a, const Rollup& b) {
    return std::tie(a.hour_ms, a.axes) < std::tie(b.hour_ms, b.axes);
  };
  std::sort(rollups.begin(), rollups.end(), before);
  TF_RETURN_IF_ERROR(CompareLists("rollups", rollups, model.Rollups()));
  const absl::Status checked = ledger.Check();
  return checked.ok() ? checked : absl::InternalError("its own check: " + checked.ToString());
}

}  // namespace tokenfoundry::simulation
