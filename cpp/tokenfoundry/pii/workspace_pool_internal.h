// Workspaces that wait for their next scan: one per thread that scans at the same time.
//
// Never waits: a pool that is busy (or was locked by another thread when the process forked) only costs a new
// workspace.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/pii/scanner_internal.h"

namespace tokenfoundry::pii {

class WorkspacePool {
 public:
  absl::StatusOr<std::unique_ptr<Workspace>> Take(const Scanner& scanner) {
    if (mu_.try_lock()) {
      std::unique_ptr<Workspace> workspace;
      if (!idle_.empty()) {
        workspace = std::move(idle_.back());
        idle_.pop_back();
      }
      mu_.unlock();
      if (workspace != nullptr) return workspace;
    }
    return scanner.NewWorkspace();
  }

  void Return(std::unique_ptr<Workspace> workspace) {
    if (!mu_.try_lock()) return;
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(workspace));
    mu_.unlock();
  }

 private:
  static constexpr size_t kMaxIdle = 64;
  std::mutex mu_;  // Not absl::Mutex: ThreadSanitizer cannot see into the distribution's build of it.
  std::vector<std::unique_ptr<Workspace>> idle_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tokenfoundry::pii
