// What the driver measures. Each prints one JSON object on stdout.
#pragma once

#include <cstdint>
#include <string>

namespace tokenfoundry::bench {

// Reserve and settle on five matching budgets: CPU of the whole process, RocksDB's threads included, and wall time.
void MeasurePairs(const std::string& path, int threads, int64_t pairs, bool power);

// Writes `entries` settled calls of a thousand consumers through the ledger, and leaves them, and 64 open holds, as a
// kill would: the next opening makes an entry of each hold.
void Fill(const std::string& path, int64_t entries);

// Opens what is there.
void MeasureOpening(const std::string& path);

// Heap over `accounts` accounts of one budget (`each: [consumer]`) with one open hold each, then over a second hold on
// each of them: the difference is the account. RocksDB's buffers are kept small, so that they do not count.
void MeasureMemory(const std::string& path, int64_t accounts);

}  // namespace tokenfoundry::bench
