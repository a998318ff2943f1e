// Workspaces that wait for their next scan: one per thread that scans at the same time.
//
// Never waits and never locks: a pool that is busy only costs a new workspace, and a fork finds nothing held.
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "tokenfoundry/pii/scanner_internal.h"

namespace tokenfoundry::pii {

class WorkspacePool {
 public:
  ~WorkspacePool() {
    for (std::atomic<Workspace*>& slot : idle_) delete slot.load();
  }

  absl::StatusOr<std::unique_ptr<Workspace>> Take(const Scanner& scanner) {
    for (std::atomic<Workspace*>& slot : idle_) {
      if (slot.load(std::memory_order_relaxed) == nullptr) continue;
      if (Workspace* const workspace = slot.exchange(nullptr, std::memory_order_acquire)) {
        return std::unique_ptr<Workspace>(workspace);
      }
    }
    return scanner.NewWorkspace();
  }

  void Return(std::unique_ptr<Workspace> workspace) {
    for (std::atomic<Workspace*>& slot : idle_) {
      Workspace* expected = nullptr;
      if (slot.load(std::memory_order_relaxed) != nullptr) continue;
      if (slot.compare_exchange_strong(expected, workspace.get(), std::memory_order_release,
                                       std::memory_order_relaxed)) {
        workspace.release();
        return;
      }
    }
  }

 private:
  static constexpr size_t kMaxIdle = 64;
  std::array<std::atomic<Workspace*>, kMaxIdle> idle_ = {};  // Each holds a workspace that nobody uses, or null.
};

}  // namespace tokenfoundry::pii
