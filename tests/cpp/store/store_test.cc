#include "tokenfoundry/store/store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/cpp/store/full_disk.h"
#include "tests/cpp/store/store_peer.h"
#include "tests/cpp/store/temp_directory.h"

namespace tokenfoundry::store {
namespace {

StoreOptions OptionsFor(const std::string& path) {
  StoreOptions options;
  options.path = path;
  options.families = {{"a.things"}, {"b.things", 1, true}};
  return options;
}

std::unique_ptr<Store> MustOpen(const StoreOptions& options) {
  auto store = Store::Open(options);
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

std::string ValueOf(const Store& store, const std::string& family, const std::string& key) {
  return store.Get(*store.Lookup(family), key).value().value_or("(absent)");
}

absl::StatusOr<Ticket> PutIn(Store& store, const std::string& key, const std::string& value,
                             OnStall on_stall = OnStall::kWait) {
  Batch batch;
  batch.Put(*store.Lookup("a.things"), key, value);
  return store.Write(batch, on_stall);
}

TEST(Store, ABatchOverTwoFamiliesIsReadBackAfterReopening) {
  const TempDirectory directory;
  {
    const auto store = MustOpen(OptionsFor(directory / "new/books"));
    Batch batch;
    batch.Put(*store->Lookup("a.things"), "k", "1");
    batch.Put(*store->Lookup("b.things"), "k", "2");
    const Ticket ticket = store->Write(batch).value();
    EXPECT_EQ(ticket, store->written());
  }
  const auto store = MustOpen(OptionsFor(directory / "new/books"));
  EXPECT_EQ(ValueOf(*store, "a.things", "k"), "1");
  EXPECT_EQ(ValueOf(*store, "b.things", "k"), "2");
}

TEST(Store, ScanGivesTheKeysOfARangeInOrderUntilToldToStop) {
  const TempDirectory directory;
  const auto store = MustOpen(OptionsFor(directory / "books"));
  for (const char* key : {"d", "a", "c", "b"}) ASSERT_TRUE(PutIn(*store, key, key).ok());
  const Family family = *store->Lookup("a.things");
  std::string seen;
  ASSERT_TRUE(store->Scan(family, {"b", "d"}, [&](auto key, auto) { return seen += key, true; }).ok());
  EXPECT_EQ(seen, "bc");
  ASSERT_TRUE(store->Scan(family, {}, [&](auto key, auto) { return seen += key, false; }).ok());
  EXPECT_EQ(seen, "bca");
  EXPECT_EQ(store->Last(family).value()->first, "d");
}

TEST(Store, ASnapshotDoesNotSeeWhatIsWrittenAfterIt) {
  const TempDirectory directory;
  const auto store = MustOpen(OptionsFor(directory / "books"));
  ASSERT_TRUE(PutIn(*store, "a", "").ok());
  const Store::Snapshot snapshot = store->TakeSnapshot();
  ASSERT_TRUE(PutIn(*store, "b", "").ok());
  std::string seen;
  ASSERT_TRUE(
      store->Scan(*store->Lookup("a.things"), {{}, {}, &snapshot}, [&](auto key, auto) { return seen += key, true; })
          .ok());
  EXPECT_EQ(seen, "a");
}

TEST(Store, ASecondOpenerIsToldWhoHoldsTheDirectoryAndTheTwoWaysOut) {
  const TempDirectory directory;
  const auto store = MustOpen(OptionsFor(directory / "books"));
  const absl::Status second = Store::Open(OptionsFor(directory / "books")).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kUnavailable);
  const std::string message(StdView(second.message()));
  for (const std::string& part :
       {std::to_string(getpid()), std::string("tokenfoundry serve"), std::string("data_dir")}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST(Store, AReaderSeesWhatAnOpenWriterHasWritten) {
  const TempDirectory directory;
  const auto writer = MustOpen(OptionsFor(directory / "books"));
  ASSERT_TRUE(PutIn(*writer, "k", "1").ok());
  StoreOptions options = OptionsFor(directory / "books");
  options.read_only = true;
  const auto reader = MustOpen(options);
  EXPECT_EQ(ValueOf(*reader, "a.things", "k"), "1");
  EXPECT_EQ(PutIn(*reader, "k", "2").status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(PutIn(*writer, "k", "3").ok());
}

TEST(Store, ReadingADirectoryThatHoldsNothingIsNotFound) {
  const TempDirectory directory;
  StoreOptions options = OptionsFor(directory / "nothing");
  options.read_only = true;
  EXPECT_EQ(Store::Open(options).status().code(), absl::StatusCode::kNotFound);
}

TEST(Store, AFamilyOfANewerFormatIsRefusedByName) {
  const TempDirectory directory;
  StoreOptions newer = OptionsFor(directory / "books");
  newer.families[0].format_version = 7;
  MustOpen(newer);
  const absl::Status opened = Store::Open(OptionsFor(directory / "books")).status();
  EXPECT_EQ(opened.code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(StdView(opened.message()).find("a.things has format 7"), std::string::npos) << opened;
}

TEST(Store, FamiliesThatTheOpenerDoesNotNameStayAsTheyAre) {
  const TempDirectory directory;
  {
    const auto store = MustOpen(OptionsFor(directory / "books"));
    ASSERT_TRUE(PutIn(*store, "k", "1").ok());
  }
  StoreOptions less = OptionsFor(directory / "books");
  less.families.erase(less.families.begin());
  MustOpen(less);
  EXPECT_EQ(ValueOf(*MustOpen(OptionsFor(directory / "books")), "a.things", "k"), "1");
}

TEST(Store, ALogCutInItsLastRecordLosesOnlyThatRecordAndADamagedOneRefusesToOpen) {
  const TempDirectory directory;
  const std::string live = directory / "live";
  const auto store = MustOpen(OptionsFor(live));
  ASSERT_TRUE(PutIn(*store, "first", std::string(1000, 'x')).ok());
  ASSERT_TRUE(PutIn(*store, "second", std::string(1000, 'y')).ok());
  const auto copy_with = [&](const std::string& name, auto change) {
    std::filesystem::copy(live, directory / name, std::filesystem::copy_options::recursive);
    for (const auto& file : std::filesystem::directory_iterator(directory / name)) {
      if (file.path().extension() == ".log" && std::filesystem::file_size(file) > 2000) change(file.path());
    }
    return Store::Open(OptionsFor(directory / name));
  };
  const auto cut = copy_with(
      "cut", [](const auto& log) { std::filesystem::resize_file(log, std::filesystem::file_size(log) - 100); });
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_EQ(ValueOf(**cut, "a.things", "first"), std::string(1000, 'x'));
  EXPECT_EQ(ValueOf(**cut, "a.things", "second"), "(absent)");

  const auto damaged = copy_with("damaged", [](const auto& log) {
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(log) - 1500));
    file.put('z');
  });
  EXPECT_EQ(damaged.status().code(), absl::StatusCode::kDataLoss) << damaged.status();
}

TEST(Store, AFailedWritePoisonsEveryLaterOne) {
  const TempDirectory directory;
  const auto store = MustOpen(OptionsFor(directory / "books"));
  const absl::Status failed = [&] {
    const FullDisk full;
    return PutIn(*store, "k", "1").status();
  }();
  EXPECT_EQ(failed.code(), absl::StatusCode::kInternal) << failed;
  EXPECT_EQ(PutIn(*store, "k", "2").status(), failed);
  EXPECT_EQ(store->durable().status(), failed);
}

TEST(Store, AStalledWriteReturnsWhenAskedToAndLandsOnceThereIsRoom) {
  const TempDirectory directory;
  StoreOptions options = OptionsFor(directory / "books");
  options.write_buffer_bytes = 64 << 10;
  const auto store = MustOpen(options);
  StorePeer paused(*store);
  absl::Status status;
  for (int i = 0; i < 1000 && status.ok(); ++i) {
    status = PutIn(*store, std::to_string(i), std::string(4096, 'x'), OnStall::kReturn).status();
  }
  ASSERT_TRUE(IsStall(status)) << status;
  std::atomic<bool> done = false;
  std::thread waiting([&] {
    EXPECT_TRUE(store->WaitForRoom().ok());
    done = true;
  });
  EXPECT_FALSE(done);
  paused.Continue();
  waiting.join();
  EXPECT_TRUE(PutIn(*store, "k", "1").ok());
}

TEST(Store, WithoutALogAClosedStoreKeepsWhatWasWritten) {
  const TempDirectory directory;
  StoreOptions options = OptionsFor(directory / "cache");
  options.wal = false;
  ASSERT_TRUE(PutIn(*MustOpen(options), "k", "1").ok());
  EXPECT_EQ(ValueOf(*MustOpen(options), "a.things", "k"), "1");
}

}  // namespace
}  // namespace tokenfoundry::store
