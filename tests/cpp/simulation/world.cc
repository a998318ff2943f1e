#include "tests/cpp/simulation/world.h"

#include <algorithm>

#include "tests/cpp/ledger/zone_examples.h"

namespace tokenfoundry::simulation {
namespace {

const std::vector<std::string> kProjects{"alpha", "beta", ""};
const std::vector<std::string> kConsumers{"ada", "bruno", "carla"};
const std::vector<std::string> kKeys{"k1", "k2"};
const std::vector<std::string> kModels{"small", "large"};
const std::vector<std::string> kSessions{"", "", "s1", "s2"};
const std::vector<std::string> kNames{"ann", "bob"};
constexpr int64_t kDay_ms = 86'400'000;

void Set(Axes* axes, Axis axis, const std::string& value) { (*axes)[static_cast<size_t>(axis)] = value; }

const std::vector<std::string>& ValuesOf(Axis axis) {
  switch (axis) {
    case Axis::kProject:
      return kProjects;
    case Axis::kConsumer:
      return kConsumers;
    case Axis::kKey:
      return kKeys;
    case Axis::kSession:
      return kSessions;
    default:
      return kModels;
  }
}

}  // namespace

// Near the days on which clocks change, months end, or nothing happens.
int64_t World::Start_ms() {
  const std::vector<int64_t> days_s{Utc_s(2026, 3, 28, 20), Utc_s(2026, 10, 24, 20), Utc_s(2026, 12, 31, 12),
                                    Utc_s(2028, 2, 28, 20), Utc_s(2026, 6, 10, 9),   Utc_s(2026, 1, 30, 22)};
  return chance_.Of(days_s) * 1000 + chance_.Below(4 * 3'600'000);
}

Window World::DrawWindow() {
  static const std::vector<std::shared_ptr<const Zone>> zones{UtcZone(), Rome(), SkipsMidnight(), RepeatsMidnight()};
  const std::vector<WindowKind> kinds{WindowKind::kDaily,   WindowKind::kMonthly, WindowKind::kLifetime,
                                      WindowKind::kWeekly,  WindowKind::kYearly,  WindowKind::kQuarterly,
                                      WindowKind::kShift,   WindowKind::kRolling, WindowKind::kSession,
                                      WindowKind::kRolling, WindowKind::kDaily,   WindowKind::kShift};
  Window window;
  window.kind = chance_.Of(kinds);
  window.zone = chance_.Of(zones);
  if (window.kind == WindowKind::kShift) window.starts_s = {6 * 3600, 14 * 3600, 22 * 3600};
  if (window.kind == WindowKind::kRolling) {
    window.length_ms = chance_.Of(std::vector<int64_t>{60'000, 600'000, 3'600'000, kDay_ms});
  }
  if (window.kind == WindowKind::kMonthly) window.anchor_day = chance_.Of(std::vector<int32_t>{1, 15, 31});
  if (window.kind == WindowKind::kWeekly) window.iso_weekday = chance_.Of(std::vector<int32_t>{1, 7});
  if (window.kind == WindowKind::kDaily && chance_.Percent(30)) window.at_s = 9000;  // 02:30, which may not exist.
  return window;
}

void World::DrawCalls(Budget* budget) {
  budget->calls = {};
  if (chance_.Percent(45)) {
    const Axis axis = chance_.Of(std::vector<Axis>{Axis::kProject, Axis::kConsumer, Axis::kKey, Axis::kModel});
    const std::string value = chance_.Percent(20) ? "*" : chance_.Of(ValuesOf(axis));
    if (!value.empty()) budget->calls.match[static_cast<size_t>(axis)] = {value};
  }
  if (budget->window.kind == WindowKind::kSession) {
    budget->calls.each = {Axis::kKey, Axis::kSession};
  } else if (chance_.Percent(40)) {
    budget->calls.each = {chance_.Of(std::vector<Axis>{Axis::kProject, Axis::kConsumer, Axis::kModel})};
    if (chance_.Percent(30)) budget->calls.each.push_back(Axis::kKey);
  }
}

void World::DrawCaps(Budget* budget) {
  budget->mode = chance_.Percent(15) ? Mode::kTrack : Mode::kEnforce;
  budget->at_cap = AtCap::kReject;
  budget->burst = {};
  budget->throttle_from = 0;
  budget->levels.clear();
  const int64_t size = budget->unit == Unit::kRequests ? chance_.Between(1, 20) : chance_.Between(30, 1500);
  if (chance_.Percent(50)) {
    budget->levels = {{"80 %", std::max<int64_t>(1, size * 8 / 10)}, {"full", size}};
    if (chance_.Percent(30)) budget->levels.push_back({"far", size * 3});
  }
  budget->hard = kNoCap;
  if (budget->prepaid || chance_.Percent(8)) return;
  budget->hard = chance_.Percent(3) ? 0 : size;
  if (chance_.Percent(35)) {
    budget->burst.size = chance_.Between(1, size);
    if (chance_.Percent(60)) {
      budget->burst.refill = chance_.Between(1, 10);
      budget->burst.refill_every_ms = chance_.Of(std::vector<int64_t>{1000, 7000, 3'600'000});
    }
    if (chance_.Percent(40)) budget->burst.max_per_window = chance_.Between(0, size);
  }
  const WindowKind kind = budget->window.kind;
  const bool may_throttle = kind != WindowKind::kLifetime && kind != WindowKind::kSession;
  if (may_throttle && chance_.Percent(30)) {
    budget->at_cap = AtCap::kThrottle;
    budget->throttle_from = chance_.Between(0, budget->hard);
  } else if (chance_.Percent(15)) {
    budget->at_cap = AtCap::kDowngrade;
  }
}

Budget World::NewBudget() {
  Budget budget;
  budget.name = std::string("b").append(std::to_string(made_++));
  budget.unit = chance_.Of(std::vector<Unit>{Unit::kMoney_nano, Unit::kTokens, Unit::kTokens, Unit::kRequests});
  budget.prepaid = chance_.Percent(18);
  budget.window = DrawWindow();
  if (budget.prepaid) {
    budget.window = Window();
    budget.window.zone = UtcZone();
  }
  DrawCalls(&budget);
  DrawCaps(&budget);
  return budget;
}

std::vector<Budget> World::Budgets() {
  std::vector<Budget> budgets(static_cast<size_t>(chance_.Between(1, 6)));
  for (Budget& budget : budgets) budget = NewBudget();
  return budgets;
}

std::vector<Budget> World::Changed(std::vector<Budget> budgets) {
  for (int64_t changes = chance_.Between(1, 2); changes > 0; --changes) {
    const int64_t what = chance_.Below(100);
    if (what < 12 || budgets.empty()) {
      budgets.push_back(NewBudget());
      continue;
    }
    const auto index = static_cast<size_t>(chance_.Below(static_cast<int64_t>(budgets.size())));
    if (what < 27) {
      gone_.push_back(budgets[index]);
      budgets.erase(budgets.begin() + static_cast<std::ptrdiff_t>(index));
    } else if (what < 42 && !gone_.empty()) {
      const auto is_there = [&](const Budget& budget) { return budget.name == gone_.back().name; };
      if (std::none_of(budgets.begin(), budgets.end(), is_there)) budgets.push_back(gone_.back());
      gone_.pop_back();
    } else if (what < 75) {
      DrawCaps(&budgets[index]);
    } else if (what < 90) {
      DrawCalls(&budgets[index]);
    } else {
      std::swap(budgets[index], budgets.front());
    }
  }
  return budgets;
}

Axes World::Call() {
  Axes axes;
  Set(&axes, Axis::kProject, chance_.Of(kProjects));
  Set(&axes, Axis::kConsumer, chance_.Of(kConsumers));
  Set(&axes, Axis::kKey, chance_.Of(kKeys));
  Set(&axes, Axis::kModel, chance_.Of(kModels));
  Set(&axes, Axis::kSession, chance_.Of(kSessions));
  return axes;
}

Amounts World::Used() {
  Amounts amounts{};
  amounts[static_cast<size_t>(Unit::kMoney_nano)] = chance_.Below(80);
  amounts[static_cast<size_t>(Unit::kTokens)] = chance_.Percent(4) ? chance_.Below(2500) : chance_.Below(80);
  amounts[static_cast<size_t>(Unit::kRequests)] = chance_.Percent(90) ? 1 : 0;
  return amounts;
}

Change World::ChangeOf(const std::vector<Budget>& budgets, int64_t now_ms) {
  Change change;
  change.actor = chance_.Of(kNames);
  change.reason = chance_.Percent(50) ? "because" : "";
  if (budgets.empty() || chance_.Percent(4)) {
    change.kind = ChangeKind::kReset;
    change.budget = "nobody";
    return change;
  }
  const Budget& budget = chance_.Of(budgets);
  change.budget = budget.name;
  change.kind = budget.prepaid && chance_.Percent(80)
                    ? ChangeKind::kGrant
                    : chance_.Of(std::vector<ChangeKind>{ChangeKind::kRaise, ChangeKind::kRaise, ChangeKind::kReset,
                                                         ChangeKind::kFreeze, ChangeKind::kUnfreeze,
                                                         ChangeKind::kUnfreeze, ChangeKind::kReset});
  if (!budget.calls.each.empty() && (change.kind == ChangeKind::kGrant || chance_.Percent(50))) {
    change.each.emplace();
    for (const Axis axis : budget.calls.each) change.each->push_back(chance_.Of(ValuesOf(axis)));
    if (chance_.Percent(3)) change.each->emplace_back("too many");
  }
  const bool has_amount = change.kind == ChangeKind::kGrant || change.kind == ChangeKind::kRaise;
  if (has_amount) change.amount = chance_.Between(1, 300);
  if (has_amount || change.kind == ChangeKind::kFreeze) {
    if (chance_.Percent(25)) change.from_ms = now_ms + chance_.Between(-60'000, 600'000);
    const int64_t span_ms = chance_.Of(std::vector<int64_t>{20'000, 600'000, 7'200'000, 3 * kDay_ms});
    if (chance_.Percent(change.kind == ChangeKind::kFreeze ? 95 : 60)) {
      change.until_ms = std::max(now_ms, change.from_ms) + span_ms;
    }
  }
  if (change.kind == ChangeKind::kGrant) {
    change.priority = static_cast<int32_t>(chance_.Below(3));
    change.price_nano = chance_.Below(1000);
    change.price_currency = "EUR";
  }
  return change;
}

}  // namespace tokenfoundry::simulation
