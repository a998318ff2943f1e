#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/cpp/store/full_disk.h"
#include "tests/cpp/store/temp_directory.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::store {
namespace {

std::unique_ptr<Store> OpenWith(Durability durability, const std::string& path) {
  StoreOptions options;
  options.path = path;
  options.families = {{"a.things"}};
  options.durability = durability;
  auto store = Store::Open(options);
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

Ticket Put(Store& store, const std::string& key) {
  Batch batch;
  batch.Put(*store.Lookup("a.things"), key, "");
  return store.Write(batch).value();
}

TEST(Durable, WithProcessAWriteIsAtOnceAsSafeAsAsked) {
  const TempDirectory directory;
  const auto store = OpenWith(Durability::kProcess, directory / "books");
  const Ticket ticket = Put(*store, "k");
  EXPECT_GE(store->durable().value(), ticket);
  EXPECT_TRUE(store->WaitDurable(ticket).ok());
}

TEST(Durable, WithPowerEveryWaiterIsReleasedAndTicketsDoNotOutrunTheSync) {
  const TempDirectory directory;
  const auto store = OpenWith(Durability::kPower, directory / "books");
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 8; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 20; ++i) {
        const Ticket ticket = Put(*store, std::to_string(writer) + "/" + std::to_string(i));
        EXPECT_TRUE(store->WaitDurable(ticket).ok());
        EXPECT_GE(store->durable().value(), ticket);
        EXPECT_LE(store->durable().value(), store->written());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
}

TEST(Durable, AWatcherIsWokenWhenAWriteBecomesDurable) {
  const TempDirectory directory;
  const auto store = OpenWith(Durability::kPower, directory / "books");
  const int fd = store->Watch().value();
  const Ticket ticket = Put(*store, "k");
  while (store->durable().value() < ticket) {
    pollfd watched{fd, POLLIN, 0};
    ASSERT_EQ(poll(&watched, 1, 10'000), 1);
    uint64_t count = 0;
    ASSERT_EQ(read(fd, &count, sizeof count), static_cast<ssize_t>(sizeof count));
  }
  store->Unwatch(fd);
}

TEST(Durable, AFailedWriteFailsEveryWriterAndNobodyWaitsForEver) {
  const TempDirectory directory;
  const auto store = OpenWith(Durability::kPower, directory / "books");
  std::atomic<int> written = 0;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 8; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0;; ++i) {
        Batch batch;
        batch.Put(*store->Lookup("a.things"), std::to_string(writer * 1'000'000 + i), "");
        const auto ticket = store->Write(batch);
        if (!ticket.ok() || !store->WaitDurable(*ticket).ok()) return;
        ++written;
      }
    });
  }
  while (written < 100) std::this_thread::yield();
  const FullDisk full;
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store->durable().status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace tokenfoundry::store
