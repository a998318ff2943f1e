#include "tokenfoundry/pii/tools/negatives.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "tokenfoundry/pii/names_characters_internal.h"
#include "tokenfoundry/pii/tools/augment.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::array<std::string_view, 10> kSourceEndings = {".py", ".h",    ".hpp", ".c",  ".cc",
                                                             ".js", ".java", ".go",  ".rs", ".sql"};
constexpr std::array<std::string_view, 22> kMayNamePerson = {
    "author",    "copyright", "(c)",      "written by", "contributed", "thank",    "maintain", " by ",
    "algorithm", "patch",     "credit",   "@",          "©",           "original", "modified", "licen",
    "name",      "'s ",       "reported", "suggest",    "invented",    "mr."};

bool MayNamePerson(std::string_view line) {
  const std::string lower = LowerCase(line);
  return std::any_of(kMayNamePerson.begin(), kMayNamePerson.end(),
                     [&](std::string_view cue) { return lower.find(cue) != std::string::npos; });
}

// Two capitalised words in a row in a comment or a string may be somebody.
bool HoldsCapitalisedPair(std::string_view line) {
  for (size_t i = 0; i + 3 < line.size(); ++i) {
    const auto is_upper = [&](size_t at) { return AsciiLetter(static_cast<uint8_t>(line[at])) == Letter::kUpper; };
    const auto is_lower = [&](size_t at) { return AsciiLetter(static_cast<uint8_t>(line[at])) == Letter::kLower; };
    if (!is_upper(i) || !is_lower(i + 1)) continue;
    size_t end = i + 1;
    while (end < line.size() && is_lower(end)) ++end;
    if (end + 2 < line.size() && line[end] == ' ' && is_upper(end + 1) && is_lower(end + 2)) return true;
  }
  return false;
}

// Fills in `%` letters: d digits, x hex, w word, U service, P path, I address, C class, L level.
std::string Filled(std::string_view pattern, Random* random) {
  static const auto* const words = new std::vector<std::string>{
      "worker",  "cache",    "session", "request", "index",   "queue",  "upload",  "billing",
      "invoice", "token",    "user",    "order",   "shard",   "leader", "replica", "container",
      "volume",  "pipeline", "render",  "login",   "timeout", "retry",  "batch",   "config"};
  static const auto* const services = new std::vector<std::string>{
      "sshd",    "systemd",        "kernel",  "nginx",  "postgres", "kubelet",       "dockerd", "cron",
      "CRON",    "NetworkManager", "gateway", "Redis",  "Kafka",    "Elasticsearch", "Grafana", "Prometheus",
      "Jenkins", "Tomcat",         "Airflow", "Celery", "RabbitMQ", "Cassandra",     "Istio"};
  static const auto* const classes = new std::vector<std::string>{
      "NullPointerException",  "ValueError",   "KeyError",       "TimeoutError",  "ConnectionRefusedError",
      "IllegalStateException", "OrderService", "UserController", "PaymentClient", "SessionFilter",
      "HttpServlet",           "TypeError",    "RuntimeError",   "IOException"};
  static const auto* const levels =
      new std::vector<std::string>{"INFO", "WARN",  "ERROR", "DEBUG", "WARNING", "TRACE",   "FATAL",
                                   "info", "error", "warn",  "debug", "Info",    "Warning", "Error"};
  static const auto* const months =
      new std::vector<std::string>{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  static const auto* const agents = new std::vector<std::string>{
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
      "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
      "curl/8.4.0",
      "python-requests/2.31.0",
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 "
      "Safari/605.1.15",
      "Go-http-client/2.0",
      "Googlebot/2.1 (+http://www.google.com/bot.html)",
      "PostmanRuntime/7.36.0",
      "kube-probe/1.28"};
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out.push_back(pattern[i]);
      continue;
    }
    switch (pattern[++i]) {
      case 'd':
        out += std::to_string(random->Below(random->Chance(0.5) ? 100 : 100000));
        break;
      case '2': {
        const std::string number = std::to_string(random->Below(60));
        out += number.size() < 2 ? "0" + number : number;
        break;
      }
      case 'x':
        for (int k = 0; k < 8; ++k) out.push_back("0123456789abcdef"[random->Below(16)]);
        break;
      case 'w':
        out += random->Pick(*words);
        break;
      case 'U':
        out += random->Pick(*services);
        break;
      case 'P':
        out += "/" + random->Pick(*words) + "/" + random->Pick(*words) + "/" + std::to_string(random->Below(999));
        break;
      case 'I':
        out += "10." + std::to_string(random->Below(255)) + "." + std::to_string(random->Below(255)) + ".7";
        break;
      case 'C':
        out += random->Pick(*classes);
        break;
      case 'L':
        out += random->Pick(*levels);
        break;
      case 'M':
        out += random->Pick(*months);
        break;
      case 'A':
        out += random->Pick(*agents);
        break;
      default:
        out.push_back(pattern[i]);
    }
  }
  return out;
}

constexpr std::array<std::string_view, 64> kLogPatterns = {
    "%M %d %2:%2:%2 host-%d %U[%d]: Accepted publickey for %w from %I port %d ssh2: RSA SHA256:%x%x",
    "%M %d %2:%2:%2 node%d %U[%d]: Failed password for invalid user %w from %I port %d ssh2",
    "%M %d %2:%2:%2 web-%d systemd[1]: Started Session %d of user root.",
    "%M %d %2:%2:%2 web-%d systemd[1]: Starting Daily apt download activities...",
    "%M %d %2:%2:%2 db-%d kernel: [%d.%d] Out of memory: Killed process %d (%w) total-vm:%dkB, anon-rss:%dkB",
    "%M %d %2:%2:%2 db-%d kernel: [%d.%d] TCP: request_sock_TCP: Possible SYN flooding on port %d. Sending cookies.",
    "%M %d %2:%2:%2 mail postfix/smtpd[%d]: connect from unknown[%I]",
    "%M %d %2:%2:%2 host CRON[%d]: (root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)",
    "%I - - [%d/%M/2024:%2:%2:%2 +0000] \"GET /api%P HTTP/1.1\" 200 %d \"-\" \"%A\"",
    "%I - %w [%d/%M/2024:%2:%2:%2 +0200] \"POST /%w%P?page=%d HTTP/2.0\" 503 %d \"https://www.example.com/%w\" \"%A\"",
    "2024/11/%2 %2:%2:%2 [error] %d#%d: *%d upstream timed out (110: Connection timed out) while reading response "
    "header from upstream",
    "2024/11/%2 %2:%2:%2 [error] %d#%d: *%d open() \"/var/www%P.html\" failed (2: No such file or directory), client: "
    "%I, server: example.com",
    "{\"timestamp\":\"2024-11-%2T%2:%2:%2.%dZ\",\"level\":\"%L\",\"logger\":\"com.example.%w.%C\",\"message\":\"%w %w "
    "failed\",\"trace_id\":\"%x%x\"}",
    "{\"time\": \"2024-11-%2T%2:%2:%2Z\", \"level\": \"%L\", \"service\": \"%U\", \"msg\": \"Connection to %U lost, "
    "reconnecting in %d ms\"}",
    "{\"@timestamp\":\"2024-11-%2T%2:%2:%2Z\",\"log.level\":\"%L\",\"message\":\"Request "
    "completed\",\"http.status\":%d,\"duration_ms\":%d}",
    "2024-11-%2 %2:%2:%2,%d %L [%w-%d] com.example.%w.%C - Processing %w %d took %d ms",
    "2024-11-%2 %2:%2:%2.%d  %L %d --- [nio-8080-exec-%d] o.s.web.servlet.DispatcherServlet : Completed initialization "
    "in %d ms",
    "2024-11-%2 %2:%2:%2.%d  %L %d --- [main] o.s.b.w.embedded.tomcat.TomcatWebServer : Tomcat started on port(s): %d "
    "(http)",
    "2024-11-%2T%2:%2:%2.%dZ %L %w: Started %C in %d.%d seconds (JVM running for %d.%d)",
    "Exception in thread \"main\" java.lang.%C: Cannot invoke \"String.length()\" because \"<local1>\" is null",
    "\tat com.example.%w.%C.%w(%C.java:%d)",
    "\tat org.springframework.web.filter.OncePerRequestFilter.doFilter(OncePerRequestFilter.java:%d)",
    "\tat java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:%d)",
    "Caused by: java.net.%C: Connection refused (Connection refused)",
    "Caused by: com.example.%w.%C: %w not found: %d",
    "\t... %d more",
    "Traceback (most recent call last):",
    "  File \"/app/%w/%w.py\", line %d, in %w",
    "    return self.%w(%w, timeout=%d)",
    "%C: '%w'",
    "%C: unsupported operand type(s) for +: 'NoneType' and 'int'",
    "requests.exceptions.%C: HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded with url: %P",
    "goroutine %d [running]:",
    "main.(*Server).Handle%C(0xc000%x, {0x%x, 0x%d})",
    "\t/go/src/app/%w.go:%d +0x%d",
    "panic: runtime error: invalid memory address or nil pointer dereference",
    "E%d %2:%2:%2.%d       1 reflector.go:%d] k8s.io/client-go/informers/factory.go:%d: Failed to watch *v1.Pod: Get "
    "\"https://%I:443/api/v1/pods\": dial tcp %I:443: i/o timeout",
    "I%d %2:%2:%2.%d       1 scheduler.go:%d] \"Successfully bound pod to node\" pod=\"default/%w-%x\" "
    "node=\"node-%d\" evaluatedNodes=%d",
    "Warning  BackOff  %dm (x%d over %dm)  kubelet  Back-off restarting failed container %w in pod %w-%x_default(%x)",
    "Normal   Pulled     %ds  kubelet  Successfully pulled image \"registry.example.com/%w:%d\" in %d.%ds",
    "level=%L ts=2024-11-%2T%2:%2:%2.%dZ caller=%w.go:%d component=%w msg=\"Compacted block\" duration=%dms",
    "time=\"2024-11-%2T%2:%2:%2Z\" level=%L msg=\"%w registered\" service=%w id=%x",
    "2024-11-%2 %2:%2:%2.%d UTC [%d] LOG:  checkpoint complete: wrote %d buffers (0.%d%); 0 WAL file(s) added, 0 "
    "removed, %d recycled",
    "2024-11-%2 %2:%2:%2.%d UTC [%d] ERROR:  duplicate key value violates unique constraint \"%w_pkey\"",
    "2024-11-%2 %2:%2:%2.%d UTC [%d] DETAIL:  Key (id)=(%d) already exists.",
    "STATEMENT:  INSERT INTO %w (id, %w, %w) VALUES (%d, $1, $2)",
    "SELECT %w.id, %w.created_at FROM %w LEFT JOIN %w ON %w.id = %w.%w_id WHERE status = 'ACTIVE' ORDER BY created_at "
    "DESC LIMIT %d;",
    "UPDATE %w SET state = 'DONE', updated_at = NOW() WHERE id = %d AND tenant = 'Blue';",
    "%d:M %d %M 2024 %2:%2:%2.%d * Background saving terminated with success",
    "%d:C %d %M 2024 %2:%2:%2.%d # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
    "[2024-11-%2 %2:%2:%2,%d] %L [%U Server %d] Partition %w-%d marked as failed (kafka.server.%C)",
    "[2024-11-%2T%2:%2:%2,%d][%L][o.e.c.r.a.AllocationService] [node-%d] Cluster health status changed from [YELLOW] "
    "to [GREEN]",
    "[%L] --- maven-compiler-plugin:3.%d.0:compile (default-compile) @ %w ---",
    "[%L] BUILD SUCCESS",
    "[%L] Total time:  %d.%d s",
    "npm WARN deprecated %w@%d.%d.%d: Please upgrade to version 7 or higher.",
    "Step %d/%d : COPY --from=builder /app/%w /usr/local/bin/%w",
    " ---> Running in %x",
    "Build step 'Execute shell' marked build as failure",
    "Finished: FAILURE",
    "Started by an SCM change",
    "[Pipeline] stage { (Deploy to Staging)",
    "[%2:%2:%2] %L: %U health check passed (%d ms), Region: Frankfurt, Zone: B",
    "%2:%2:%2.%d [%w-pool-%d] %L  %C - Cache miss for key '%w:%d', loading from Primary"};

}  // namespace

std::vector<std::string> CodeLines(const std::string& folder, bool held_out, size_t max_bytes) {
  std::vector<std::filesystem::path> paths;
  const auto options = std::filesystem::directory_options::skip_permission_denied;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, options)) {
    if (!entry.is_regular_file()) continue;
    const std::string ending = entry.path().extension().string();
    if (std::find(kSourceEndings.begin(), kSourceEndings.end(), ending) != kSourceEndings.end())
      paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  // Spread over the folder, not only its beginning.
  Random random(11);
  random.Shuffle(&paths);
  std::vector<std::string> lines;
  size_t bytes = 0;
  for (size_t i = 0; i < paths.size() && bytes < max_bytes; ++i) {
    if ((i % 7 == 6) != held_out) continue;
    const absl::StatusOr<std::string> content = ReadWholeFile(paths[i].string());
    if (!content.ok() || !text::IsValidUtf8(*content)) continue;
    size_t file_bytes = 0;
    for (const std::string_view line : LinesOf(*content)) {
      if (line.size() < 4 || line.size() > 400 || MayNamePerson(line) || HoldsCapitalisedPair(line)) continue;
      lines.emplace_back(line);
      file_bytes += line.size();
      if (file_bytes > 20000) break;
    }
    bytes += file_bytes;
  }
  return lines;
}

std::vector<std::string> LogLines(size_t count, Random* random) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < count; ++i) lines.push_back(Filled(kLogPatterns[random->Below(kLogPatterns.size())], random));
  return lines;
}

}  // namespace tokenfoundry::pii
