// Asks a gateway over keep-alive connections and tells how it answered.
//
//   tf_bench_load PORT HEAD_FILE BODIES_FILE CONNECTIONS SECONDS RATE
//
// HEAD_FILE is the head of a request but for its content-length and empty line; BODIES_FILE has a body a line, taken in
// turn. A run of 12 "@" in a body becomes a number that no other request has. With RATE 0 each connection asks as soon
// as it is answered; else RATE requests a second are due at even times, and a latency counts from when its request was
// due, so that a gateway that falls behind cannot hide it. Only replies that begin and end within the time count.
//
// Prints one JSON object: counts, and latencies in microseconds as quantiles.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "benchmarks/cpp/gateway/http.h"

namespace tokenfoundry::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

[[noreturn]] void Fail(const std::string& cause) {
  std::cerr << "tf_bench_load: " << cause << "\n";
  std::exit(1);
}

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

double MicrosecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

struct Options {
  int port = 0;
  std::string head;
  std::vector<std::string> bodies;
  int connections = 1;
  double seconds = 1;
  double rate = 0;
};

struct Connection {
  int socket = -1;
  bool asking = false;
  bool has_begun = false;  // The body of its reply.
  Clock::time_point due;
  std::string received;
};

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)) {}

  void Run() {
    poll_ = epoll_create1(0);
    connections_.resize(static_cast<size_t>(options_.connections));
    for (size_t i = 0; i < connections_.size(); ++i) Connect(i);
    // Prompts of two runs must differ too, or a cache would answer the second.
    next_number_ =
        static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count() / 1000) % 1'000'000'000'000;
    start_ = Clock::now();
    end_ = start_ + nanoseconds(static_cast<int64_t>(options_.seconds * 1e9));
    if (options_.rate == 0) {
      for (Connection& connection : connections_) Ask(connection, start_);
    }
    std::array<epoll_event, 256> events{};
    while (Clock::now() < end_) {
      while (options_.rate > 0 && DueAt(made_) <= Clock::now()) waiting_.push_back(DueAt(made_++));
      AskWaiting();
      const Clock::time_point until = options_.rate > 0 ? std::min(DueAt(made_), end_) : end_;
      const timespec wait = TimespecOf(until - Clock::now());
      const int count = epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
      for (int i = 0; i < count; ++i) Read(connections_[events[static_cast<size_t>(i)].data.u64]);
    }
    Report();
  }

 private:
  void Connect(size_t place) {
    Connection& connection = connections_[place];
    connection.socket = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Fail("cannot connect");
    const int one = 1;
    setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = place;
    if (epoll_ctl(poll_, EPOLL_CTL_ADD, connection.socket, &event) != 0) Fail("epoll");
  }

  // When request number `number` of a run at a rate is due.
  Clock::time_point DueAt(int64_t number) const {
    return start_ + nanoseconds(static_cast<int64_t>(static_cast<double>(number) * 1e9 / options_.rate));
  }

  void AskWaiting() {
    for (Connection& connection : connections_) {
      if (waiting_.empty()) return;
      if (connection.asking) continue;
      Ask(connection, waiting_.front());
      waiting_.pop_front();
    }
  }

  void Ask(Connection& connection, Clock::time_point due) {
    std::string body = options_.bodies[asked_++ % options_.bodies.size()];
    std::string number = std::to_string(next_number_++);
    number.insert(0, kMark.size() - std::min(kMark.size(), number.size()), '0');
    for (size_t at = body.find(kMark); at != std::string::npos; at = body.find(kMark, at)) {
      body.replace(at, kMark.size(), number);
    }
    const std::string request = options_.head + "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    connection.asking = true;
    connection.has_begun = false;
    connection.due = due;
    if (send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
      Fail("the gateway does not take requests");
    }
  }

  void Read(Connection& connection) {
    std::array<char, 65536> buffer;
    const ssize_t size = recv(connection.socket, buffer.data(), buffer.size(), 0);
    if (size <= 0) Fail("the gateway closed a connection");
    connection.received.append(buffer.data(), static_cast<size_t>(size));
    const auto head_size = HeadSize(connection.received);
    if (!head_size) return;
    if (!connection.has_begun && connection.received.size() > *head_size) {
      connection.has_begun = true;
      first_byte_us_.push_back(MicrosecondsSince(connection.due));
    }
    const auto message = CompleteMessage(connection.received);
    if (!message) return;
    if (StatusOf(connection.received) != 200) {
      ++failed_;
      if (failure_.empty()) failure_ = connection.received.substr(0, message->size);
    }
    for (size_t at = connection.received.find("data: "); at != std::string::npos;
         at = connection.received.find("data: ", at + 1)) {
      ++events_;
    }
    total_us_.push_back(MicrosecondsSince(connection.due));
    connection.received.erase(0, message->size);
    connection.asking = false;
    if (options_.rate == 0) Ask(connection, Clock::now());
  }

  void Report() {
    if (!failure_.empty()) std::cerr << "tf_bench_load: a reply that was not 200:\n" << failure_ << "\n";
    std::cout << "{\"answered\":" << total_us_.size() << ",\"failed\":" << failed_ << ",\"events\":" << events_
              << ",\"waiting\":" << waiting_.size() << ",\"seconds\":" << options_.seconds;
    for (const auto& [name, values] :
         {std::pair{"first_byte_us", &first_byte_us_}, std::pair{"total_us", &total_us_}}) {
      std::sort(values->begin(), values->end());
      std::cout << ",\"" << name << "\":{";
      const char* comma = "";
      for (const double quantile : {0.5, 0.9, 0.99, 0.999}) {
        const auto place = static_cast<size_t>(std::floor(quantile * static_cast<double>(values->size())));
        const double value = values->empty() ? 0 : (*values)[std::min(place, values->size() - 1)];
        std::cout << comma << "\"" << quantile << "\":" << static_cast<int64_t>(value);
        comma = ",";
      }
      std::cout << "}";
    }
    std::cout << "}" << std::endl;
  }

  static constexpr std::string_view kMark = "@@@@@@@@@@@@";

  Options options_;
  int poll_ = -1;
  std::vector<Connection> connections_;
  std::deque<Clock::time_point> waiting_;  // Due, and no connection was free.
  Clock::time_point start_, end_;
  uint64_t next_number_ = 0;
  int64_t made_ = 0;  // Requests that were due so far, at a rate.
  size_t asked_ = 0, failed_ = 0, events_ = 0;
  std::string failure_;  // The first.
  std::vector<double> first_byte_us_, total_us_;
};

}  // namespace
}  // namespace tokenfoundry::bench

int main(int argc, char** argv) {
  using namespace tokenfoundry::bench;
  if (argc != 7) Fail("usage: tf_bench_load PORT HEAD_FILE BODIES_FILE CONNECTIONS SECONDS RATE");
  Options options;
  options.port = std::atoi(argv[1]);
  options.head = FileText(argv[2]);
  const std::string bodies = FileText(argv[3]);
  for (size_t at = 0; at < bodies.size();) {
    const size_t end = std::min(bodies.find('\n', at), bodies.size());
    options.bodies.push_back(bodies.substr(at, end - at));
    at = end + 1;
  }
  options.connections = std::atoi(argv[4]);
  options.seconds = std::atof(argv[5]);
  options.rate = std::atof(argv[6]);
  if (options.bodies.empty() || options.connections < 1) Fail("no bodies, or no connections");
  Load(std::move(options)).Run();
}
