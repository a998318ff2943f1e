// One random history of a ledger on a disk that fails: callers, administrators, clocks and crashes, drawn from a seed.
//
// Each step is done by the ledger and by the model, and then both are compared. The same seed gives the same history.
// One at a time: there is one disk. Times are Unix ms.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/cpp/simulation/model.h"
#include "tests/cpp/simulation/world.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::simulation {

struct Counts {
  int64_t steps = 0, admitted = 0, refused = 0, entries = 0, events = 0, sets = 0, openings = 0, kills = 0,
          power_losses = 0, failed_writes = 0, failed_syncs = 0, recovered = 0;
};

struct HistoryOptions {
  uint64_t seed = 0;
  int steps = 150;
  std::string directory;  // Made, and gone afterwards.
  bool verbose = false;
};

class History {
 public:
  History(const HistoryOptions& options, Counts* counts);
  ~History();

  // What went wrong, with the last steps.
  absl::Status Run();

 private:
  absl::Status Steps();
  absl::Status GrowOld();
  absl::Status Step();
  absl::Status Act();
  absl::Status Open(const std::vector<Model>& candidates);
  void Close();
  absl::Status Durable();

  absl::Status Reserve();
  absl::Status ReserveExactly();
  absl::Status Ask(const ReserveRequest& request);
  absl::Status CheckPromise(const ReserveRequest& request, const Refusal& refusal);
  absl::Status Settle();
  absl::Status Void();
  absl::Status Record();
  absl::Status Adjust();
  absl::Status Apply();
  absl::Status SetBudgets();
  absl::Status Repeat();

  void PlanFault();
  absl::Status AfterFailedWrite(const Model& before);
  absl::Status RefusesEverything();
  absl::Status FailSync();
  absl::Status Kill();
  absl::Status LosePower();
  absl::Status CloseAndOpen();

  void PassTime();
  std::string NewId();
  std::string Detail();
  void Say(std::string what);

  const HistoryOptions options_;
  Counts& counts_;
  Chance chance_;
  World world_;
  int64_t now_ms_;
  bool is_power_ = false;
  bool is_small_ = false;  // Small write buffers: the store flushes and begins new logs.
  bool is_armed_ = false;  // A write will fail ..
  bool arrives_ = false;   // .. and yet arrive whole.
  int next_id_ = 0;

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Ledger> ledger_;
  Model model_;
  std::vector<Model> past_;  // `power`: before each step since the last that is durable.

  // What was asked, to be asked again.
  std::vector<ReserveRequest> reserves_;
  std::vector<SettleRequest> settles_;
  std::vector<VoidRequest> voids_;
  std::vector<RecordRequest> records_;
  std::vector<AdjustRequest> adjusts_;
  std::vector<ChangeRequest> changes_;
  std::vector<std::string> said_;
};

}  // namespace tokenfoundry::simulation
