#include "tokenfoundry/arrow/redaction.h"

namespace tokenfoundry::arrow {
namespace {

class Redacting : public TextMap {
 public:
  Redacting(std::shared_ptr<Redaction> redaction, std::optional<Blocked>* blocked)
      : redaction_(std::move(redaction)), blocked_(blocked) {}

  absl::Status MapRows(const Rows& rows, TextSink* sink) override { return redaction_->Redact(rows, sink, blocked_); }

 private:
  const std::shared_ptr<Redaction> redaction_;
  std::optional<Blocked>* const blocked_;
};

class Detecting : public TextMap {
 public:
  explicit Detecting(std::shared_ptr<Redaction> redaction) : redaction_(std::move(redaction)) {}

  bool makes_texts() const override { return false; }

  absl::Status MapRows(const Rows& rows, TextSink* sink) override {
    TF_RETURN_IF_ERROR(redaction_->Redact(rows, nullptr, nullptr));
    for (size_t i = 0; i < rows.texts.size(); ++i) sink->AppendNull();
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<Redaction> redaction_;
};

class Restoring : public TextMap {
 public:
  explicit Restoring(std::shared_ptr<const Redaction> redaction) : redaction_(std::move(redaction)) {}

  absl::Status MapRows(const Rows& rows, TextSink* sink) override { return redaction_->Restore(rows, sink); }

 private:
  const std::shared_ptr<const Redaction> redaction_;
};

}  // namespace

std::shared_ptr<ColumnMap> RedactMap(std::shared_ptr<Redaction> redaction, std::optional<Blocked>* blocked) {
  return std::make_shared<Redacting>(std::move(redaction), blocked);
}

std::shared_ptr<ColumnMap> DetectMap(std::shared_ptr<Redaction> redaction) {
  return std::make_shared<Detecting>(std::move(redaction));
}

std::shared_ptr<ColumnMap> RestoreMap(std::shared_ptr<const Redaction> redaction) {
  return std::make_shared<Restoring>(std::move(redaction));
}

}  // namespace tokenfoundry::arrow
