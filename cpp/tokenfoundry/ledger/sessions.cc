// Which calls belong together: a session is a key's calls of one session value, until it has been idle for a while.
#include <algorithm>

#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

constexpr size_t kEndedPerCall = 4;  // So that forgetting keeps pace with remembering.

// Two keys never share a session, whatever their clients call it.
std::string SessionKey(const Axes& axes) {
  std::string key;
  AppendSized(&key, axes[static_cast<size_t>(Axis::kKey)]);
  return key.append(axes[static_cast<size_t>(Axis::kSession)]);
}

}  // namespace

std::string_view Ledger::Impl::SessionNameOf(std::string_view session_key) {
  ByteReader reader(session_key);
  const size_t before = sizeof(uint32_t) + reader.Sized().size();
  session_key.remove_prefix(std::min(before, session_key.size()));
  return session_key;
}

int64_t Ledger::Impl::SessionStart(const Axes& axes, int64_t at_ms) const {
  if (axes[static_cast<size_t>(Axis::kSession)].empty()) return 0;
  const auto found = sessions_.find(SessionKey(axes));
  const bool goes_on = found != sessions_.end() && found->second.GoesOn(at_ms, session_idle_ms_);
  return goes_on ? found->second.start_ms : std::max<int64_t>(1, at_ms);
}

void Ledger::Impl::StageSession(const Axes& axes, int64_t start_ms, int64_t at_ms, store::Batch* batch) const {
  if (start_ms == 0) return;
  for (const std::string& ended : EndedSessions(at_ms)) batch->Delete(sessions_on_disk_, ended);
  const std::string key = SessionKey(axes);
  const auto found = sessions_.find(key);
  const bool goes_on = found != sessions_.end() && found->second.start_ms == start_ms;
  batch->Put(sessions_on_disk_, key, EncodePair(start_ms, goes_on ? std::max(found->second.last_ms, at_ms) : at_ms));
}

void Ledger::Impl::TouchSession(const Axes& axes, int64_t start_ms, int64_t at_ms) {
  if (start_ms == 0) return;
  for (const std::string& ended : EndedSessions(at_ms)) {
    session_queue_.pop_front();
    sessions_.erase(ended);
  }
  const auto [session, is_new] = sessions_.try_emplace(SessionKey(axes));
  if (is_new) session_queue_.push_back(session->first);
  const bool goes_on = !is_new && session->second.start_ms == start_ms;
  session->second.last_ms = goes_on ? std::max(session->second.last_ms, at_ms) : at_ms;
  session->second.start_ms = start_ms;
  // One that is in use goes to the end of the queue, so that those behind it are found.
  if (sessions_.at(session_queue_.front()).GoesOn(at_ms, session_idle_ms_)) {
    session_queue_.push_back(std::move(session_queue_.front()));
    session_queue_.pop_front();
  }
}

std::pair<const std::string, Ledger::Impl::Session>* Ledger::Impl::SessionOf(const HoldRecord& hold) {
  if (hold.session_start_ms == 0) return nullptr;
  const auto found = sessions_.find(SessionKey(hold.axes));
  return found != sessions_.end() && found->second.start_ms == hold.session_start_ms ? &*found : nullptr;
}

// The first few of the queue, as far as they have ended.
std::vector<std::string> Ledger::Impl::EndedSessions(int64_t at_ms) const {
  std::vector<std::string> ended;
  for (const std::string& key : session_queue_) {
    if (ended.size() == kEndedPerCall || sessions_.at(key).GoesOn(at_ms, session_idle_ms_)) break;
    ended.push_back(key);
  }
  return ended;
}

}  // namespace tokenfoundry::ledger
