// A provider that answers at once: what a gateway adds is measured against it.
//
//   tf_bench_mock REPLY_FILE STREAM_FILE INTERVAL_US
//
// Every request is answered with the bytes of REPLY_FILE as JSON; one whose body holds "stream":true with the lines of
// STREAM_FILE as server-sent events, one every INTERVAL_US microseconds, the first at once. A GET is answered with the
// number of those so far. Prints its port as one line. One thread; ends when its standard input does.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "benchmarks/cpp/gateway/http.h"

namespace tokenfoundry::bench {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Fail(const std::string& cause) {
  std::cerr << "tf_bench_mock: " << cause << "\n";
  std::exit(1);
}

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Chunk(const std::string& data) {
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
  return size.data() + data + "\r\n";
}

struct Connection {
  std::string received;
  uint64_t number = 0;  // Tells it from an earlier one with the same descriptor.
};

struct Due {
  Clock::time_point at;
  int socket;
  uint64_t number;
  size_t piece;
  bool operator>(const Due& other) const { return at > other.at; }
};

class Mock {
 public:
  Mock(const std::string& reply, const std::string& stream, int interval_us) : interval_(interval_us) {
    reply_ = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " + std::to_string(reply.size()) +
             "\r\n\r\n" + reply;
    size_t at = 0;
    while (at < stream.size()) {
      const size_t end = stream.find('\n', at);
      pieces_.push_back(Chunk("data: " + stream.substr(at, end - at) + "\n\n"));
      if (end == std::string::npos) break;
      at = end + 1;
    }
    if (pieces_.empty()) Fail("the stream has no events");
    pieces_.front().insert(0,
                           "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
    pieces_.back() += "0\r\n\r\n";
  }

  void Run() {
    const int listener = Listen();
    poll_ = epoll_create1(0);
    Watch(listener);
    Watch(STDIN_FILENO);
    std::array<epoll_event, 256> events{};
    while (true) {
      const std::optional<timespec> wait = Wait();
      const int count =
          epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()), wait ? &*wait : nullptr, nullptr);
      for (int i = 0; i < count; ++i) {
        const int socket = events[static_cast<size_t>(i)].data.fd;
        if (socket == STDIN_FILENO) return;
        if (socket == listener) {
          Accept(listener);
        } else {
          Read(socket);
        }
      }
      SendDue();
    }
  }

 private:
  int Listen() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 1024) != 0) {
      Fail("cannot listen");
    }
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::cout << ntohs(address.sin_port) << std::endl;
    return listener;
  }

  void Watch(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    if (epoll_ctl(poll_, EPOLL_CTL_ADD, descriptor, &event) != 0) Fail("epoll");
  }

  void Accept(int listener) {
    const int accepted = accept(listener, nullptr, nullptr);
    if (accepted < 0) return;
    const int one = 1;
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    connections_[accepted].number = ++last_number_;
    Watch(accepted);
  }

  void Read(int socket) {
    std::array<char, 65536> buffer;
    const ssize_t size = recv(socket, buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      close(socket);
      connections_.erase(socket);
      return;
    }
    Connection& connection = connections_[socket];
    connection.received.append(buffer.data(), static_cast<size_t>(size));
    while (const auto message = CompleteMessage(connection.received)) {
      const std::string_view body = std::string_view(connection.received).substr(message->head_size);
      const bool streams = body.find("\"stream\":true") != std::string_view::npos ||
                           body.find("\"stream\": true") != std::string_view::npos;
      const bool counts = connection.received.starts_with("GET ");
      connection.received.erase(0, message->size);
      if (counts) {
        Send(socket, "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(std::to_string(asked_).size()) +
                         "\r\n\r\n" + std::to_string(asked_));
        continue;
      }
      ++asked_;
      if (!streams) {
        Send(socket, reply_);
      } else {
        due_.push({Clock::now(), socket, connection.number, 0});
      }
    }
  }

  void SendDue() {
    while (!due_.empty() && due_.top().at <= Clock::now()) {
      Due due = due_.top();
      due_.pop();
      const auto found = connections_.find(due.socket);
      if (found == connections_.end() || found->second.number != due.number) continue;  // Its client has left.
      Send(due.socket, pieces_[due.piece]);
      if (++due.piece == pieces_.size()) continue;
      due.at += std::chrono::microseconds(interval_);
      due_.push(due);
    }
  }

  // Until the next piece is due; nothing when none is.
  std::optional<timespec> Wait() const {
    if (due_.empty()) return std::nullopt;
    return TimespecOf(due_.top().at - Clock::now());
  }

  // Replies are far smaller than a socket's buffer, so what does not fit at once means that the reader is gone.
  static void Send(int socket, const std::string& data) { (void)!send(socket, data.data(), data.size(), MSG_NOSIGNAL); }

  int interval_;
  int poll_ = -1;
  uint64_t last_number_ = 0;
  uint64_t asked_ = 0;  // What a GET is answered with.
  std::string reply_;
  std::vector<std::string> pieces_;
  std::unordered_map<int, Connection> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace
}  // namespace tokenfoundry::bench

int main(int argc, char** argv) {
  using namespace tokenfoundry::bench;
  if (argc != 4) Fail("usage: tf_bench_mock REPLY_FILE STREAM_FILE INTERVAL_US");
  Mock(FileText(argv[1]), FileText(argv[2]), std::atoi(argv[3])).Run();
}
