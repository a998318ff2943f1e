// A mutex for sections of a few microseconds: whoever waits looks again for about as long before it sleeps.
//
// A waiter that sleeps at once pays for a futex call and a wake-up, several times the length of such a section. Meets
// the requirements of std::lock_guard. On a machine with one processor looking again helps nobody, and costs little.
#pragma once

#include <immintrin.h>

#include <mutex>

namespace tokenfoundry {

class SpinMutex {
 public:
  void lock() {
    constexpr int kTries = 3000;  // About 20 us.
    for (int i = 0; i < kTries; ++i) {
      if (mutex_.try_lock()) return;
      _mm_pause();
    }
    mutex_.lock();
  }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

}  // namespace tokenfoundry
