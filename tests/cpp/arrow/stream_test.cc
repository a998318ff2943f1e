#include <cerrno>
#include <new>

#include "tests/cpp/arrow/arrays.h"

namespace tokenfoundry::arrow {
namespace {

// Gives out what the test says, then the end.
class Scripted : public BatchReader {
 public:
  using Step = std::function<absl::Status()>;
  Scripted(std::vector<Step> steps, bool* destroyed) : steps_(std::move(steps)), destroyed_(destroyed) {}
  ~Scripted() override { *destroyed_ = true; }

  Owned<ArrowSchema> Schema() const override { return Export(column_.FieldNamed("n")); }
  absl::StatusOr<Owned<ArrowArray>> Next() override {
    if (next_ == steps_.size()) return Owned<ArrowArray>();
    TF_RETURN_IF_ERROR(steps_[next_++]());
    column_.Append(static_cast<int64_t>(next_));
    return column_.Finish();
  }

 private:
  std::vector<Step> steps_;
  bool* destroyed_;
  size_t next_ = 0;
  Int64Column column_;
};

absl::Status Fine() { return absl::OkStatus(); }

struct Opened {
  explicit Opened(std::vector<Scripted::Step> steps)
      : stream(Export(std::make_unique<Scripted>(std::move(steps), &destroyed)).Take()) {}
  ~Opened() {
    if (stream.release != nullptr) stream.release(&stream);
  }
  int Next(Owned<ArrowArray>* batch) {
    ArrowArray array{};
    const int error = stream.get_next(&stream, &array);
    *batch = Owned<ArrowArray>(array);
    return error;
  }

  bool destroyed = false;
  ArrowArrayStream stream;
};

TEST(Stream, ItEndsWithReleasedArraysAsOftenAsAsked) {
  Opened opened({Fine, Fine});
  Owned<ArrowArray> batch;
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(opened.Next(&batch), 0);
    EXPECT_TRUE(batch);
  }
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(opened.Next(&batch), 0);
    EXPECT_FALSE(batch);
  }
  EXPECT_EQ(opened.stream.get_last_error(&opened.stream), nullptr);
}

TEST(Stream, AFailureIsToldAndStays) {
  Opened opened({Fine, [] { return absl::DataLossError("entry 7 is damaged"); }, Fine});
  Owned<ArrowArray> batch;
  ASSERT_EQ(opened.Next(&batch), 0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(opened.Next(&batch), EIO);
    EXPECT_FALSE(batch);
    EXPECT_STREQ(opened.stream.get_last_error(&opened.stream), "entry 7 is damaged");
  }
}

TEST(Stream, NoExceptionReachesTheCaller) {
  Opened opened({[]() -> absl::Status { throw std::bad_alloc(); }});
  Owned<ArrowArray> batch;
  EXPECT_EQ(opened.Next(&batch), ENOMEM);
}

TEST(Stream, AConsumerMayStopEarlyAndBatchesOutliveTheStream) {
  Opened opened({Fine, Fine});
  Owned<ArrowArray> batch;
  ASSERT_EQ(opened.Next(&batch), 0);
  auto* release = opened.stream.release;
  release(&opened.stream);
  EXPECT_TRUE(opened.destroyed);
  release(&opened.stream);
  EXPECT_EQ(Numbers<int64_t>(*batch.get(), 1, 1), std::vector<int64_t>{1});
}

TEST(Stream, AMovedStreamGoesOn) {
  Opened opened({Fine});
  ArrowArrayStream moved = opened.stream;
  opened.stream.release = nullptr;
  ArrowSchema schema{};
  ASSERT_EQ(moved.get_schema(&moved, &schema), 0);
  const Owned<ArrowSchema> owned(schema);
  EXPECT_STREQ(owned->format, "l");
  moved.release(&moved);
  EXPECT_TRUE(opened.destroyed);
}

}  // namespace
}  // namespace tokenfoundry::arrow
