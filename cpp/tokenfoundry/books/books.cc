#include "tokenfoundry/books/books.h"

namespace tokenfoundry::books {
namespace {

constexpr std::string_view kTables[] = {"keys", "settings"};

std::vector<store::FamilySpec> Families() {
  std::vector<store::FamilySpec> families = ledger::Ledger::Families();
  for (store::FamilySpec& family : audit::Log::Families()) families.push_back(std::move(family));
  for (store::FamilySpec& family : vault::Vault::Families()) families.push_back(std::move(family));
  for (const std::string_view table : kTables) families.push_back({"table." + std::string(table)});
  return families;
}

}  // namespace

// The ledger's entries become the audit log's leaves, in the same batch.
class Books::Leaves : public ledger::Witness {
 public:
  explicit Leaves(audit::Log& log) : log_(log) {}

  uint64_t size() const override { return log_.head().size; }
  void Stage(std::string_view entry_bytes, store::Batch* batch) override { log_.Stage(entry_bytes, batch); }
  void Commit() override { log_.Commit(); }
  void Discard() override { log_.Discard(); }

 private:
  audit::Log& log_;
};

Books::Books() = default;
Books::~Books() = default;

absl::StatusOr<std::unique_ptr<Books>> Books::Open(const BooksOptions& options) {
  std::unique_ptr<Books> books(new Books());
  store::StoreOptions store_options;
  store_options.path = options.path;
  store_options.families = Families();
  store_options.read_only = options.read_only;
  store_options.durability = options.durability;
  TF_ASSIGN_OR_RETURN(books->store_, store::Store::Open(std::move(store_options)));
  TF_ASSIGN_OR_RETURN(books->audit_, audit::Log::Open({books->store_.get(), "ledger.entries"}));
  TF_ASSIGN_OR_RETURN(books->vault_, vault::Vault::Open(*books->store_));
  books->leaves_ = std::make_unique<Leaves>(*books->audit_);
  // A reader writes no entries, and may be here because the two no longer agree.
  ledger::Witness* const witness = options.read_only ? nullptr : books->leaves_.get();
  TF_ASSIGN_OR_RETURN(books->ledger_,
                      ledger::Ledger::Open({books->store_.get(), witness, options.now_ms, options.session_idle_ms}));
  return books;
}

absl::StatusOr<store::Family> Books::TableOf(std::string_view table) const {
  for (const std::string_view known : kTables) {
    if (known == table) return store_->Lookup("table." + std::string(table));
  }
  return absl::InvalidArgumentError("table: " + std::string(table) + " is not keys or settings");
}

absl::StatusOr<store::Ticket> Books::Put(std::string_view table, std::string_view key, std::string_view value) {
  TF_ASSIGN_OR_RETURN(const store::Family family, TableOf(table));
  store::Batch batch;
  batch.Put(family, key, value);
  return store_->Write(batch);
}

absl::StatusOr<store::Ticket> Books::Delete(std::string_view table, std::string_view key) {
  TF_ASSIGN_OR_RETURN(const store::Family family, TableOf(table));
  store::Batch batch;
  batch.Delete(family, key);
  return store_->Write(batch);
}

absl::StatusOr<std::optional<std::string>> Books::Get(std::string_view table, std::string_view key) const {
  TF_ASSIGN_OR_RETURN(const store::Family family, TableOf(table));
  return store_->Get(family, key);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Books::Items(std::string_view table) const {
  TF_ASSIGN_OR_RETURN(const store::Family family, TableOf(table));
  std::vector<std::pair<std::string, std::string>> items;
  TF_RETURN_IF_ERROR(store_->Scan(family, {}, [&](std::string_view key, std::string_view value) {
    items.emplace_back(key, value);
    return true;
  }));
  return items;
}

absl::Status Books::health() const {
  TF_RETURN_IF_ERROR(store_->health());
  return ledger_->health();
}

absl::StatusOr<audit::Verification> Books::Verify() const {
  TF_ASSIGN_OR_RETURN(audit::Verification verification, audit_->Verify());
  if (!verification.problem.empty()) return verification;
  if (const absl::Status checked = ledger_->Check(); absl::IsDataLoss(checked)) {
    verification.problem = std::string(StdView(checked.message()));
  } else if (!checked.ok()) {
    return checked;
  }
  return verification;
}

}  // namespace tokenfoundry::books
