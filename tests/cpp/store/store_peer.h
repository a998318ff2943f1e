// A test's hands on RocksDB: nothing is flushed while it lives, so that writers soon stall.
#pragma once

#include <rocksdb/db.h>

#include "tokenfoundry/store/store.h"

namespace tokenfoundry::store {

class StorePeer {
 public:
  explicit StorePeer(Store& store) : store_(store) { store_.db_->PauseBackgroundWork().PermitUncheckedError(); }
  ~StorePeer() { Continue(); }
  void Continue() {
    if (paused_) store_.db_->ContinueBackgroundWork().PermitUncheckedError();
    paused_ = false;
  }

 private:
  Store& store_;
  bool paused_ = true;
};

}  // namespace tokenfoundry::store
