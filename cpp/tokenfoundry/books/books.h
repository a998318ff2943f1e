// The books: one directory with the ledger, its audit log, the vault, and small tables of records that others own.
//
// It opens them in the order that recovery needs (the audit log before the ledger, which may write entries at once) and
// makes the ledger's entries the audit log's leaves. Nothing else: use the ledger and the log through it.
//
// What survives a crash: as in store.h. Thread-safe, as its parts are. Times are Unix ms.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/audit/audit.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/ledger.h"
#include "tokenfoundry/store/store.h"
#include "tokenfoundry/vault/vault.h"

namespace tokenfoundry::books {

struct BooksOptions {
  std::string path;  // Required.
  bool read_only = false;
  store::Durability durability = store::Durability::kProcess;
  int64_t now_ms = 0;
  int64_t session_idle_ms = 1'800'000;  // ledger.h
};

class Books {
 public:
  static absl::StatusOr<std::unique_ptr<Books>> Open(const BooksOptions& options);
  ~Books();

  // Ok, or why every call that writes is refused.
  absl::Status health() const;

  store::Store& store() { return *store_; }
  ledger::Ledger& ledger() { return *ledger_; }
  audit::Log& audit() { return *audit_; }
  vault::Vault& vault() { return *vault_; }

  // Opaque records by key: `keys` (API keys) and `settings` (what was made through the API, not in YAML). Another table
  // is kInvalidArgument.
  absl::StatusOr<store::Ticket> Put(std::string_view table, std::string_view key, std::string_view value);
  absl::StatusOr<store::Ticket> Delete(std::string_view table, std::string_view key);
  absl::StatusOr<std::optional<std::string>> Get(std::string_view table, std::string_view key) const;
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Items(std::string_view table) const;  // By key.

  // The audit log's own verification, and then that every account is the sum of its entries.
  absl::StatusOr<audit::Verification> Verify() const;

 private:
  class Leaves;

  Books();
  absl::StatusOr<store::Family> TableOf(std::string_view table) const;

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<audit::Log> audit_;
  std::unique_ptr<vault::Vault> vault_;
  std::unique_ptr<Leaves> leaves_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

}  // namespace tokenfoundry::books
