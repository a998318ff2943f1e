// Addresses of public ledgers: the anchor is what one starts with and a few characters of its alphabet. All but one
// form carry a check; an Ethereum address in small letters does not, so a word beside it must speak for it.
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/validators/bitcoin.h"
#include "tokenfoundry/pii/validators/dogecoin.h"
#include "tokenfoundry/pii/validators/ethereum.h"
#include "tokenfoundry/pii/validators/litecoin.h"
#include "tokenfoundry/pii/validators/monero.h"
#include "tokenfoundry/pii/validators/tron.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMinBytes = 25;
constexpr size_t kMaxBytes = 106;  // Of an integrated address of Monero.

bool IsCheckedAddress(std::string_view address) {
  return IsBitcoin(address) || IsLitecoin(address) || IsTron(address) || IsDogecoin(address) || IsMonero(address);
}

void FindCrypto(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t last_end = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    ++sink->steps;
    if (anchor_end <= last_end) continue;
    size_t start = anchor_end;
    while (start > last_end && IsAlnum(text[start - 1])) --start;
    size_t end = anchor_end;
    while (end - start <= kMaxBytes && IsAlnum(At(text, end))) ++end;
    sink->steps += end - start;
    last_end = end;
    if (end - start < kMinBytes || end - start > kMaxBytes) continue;
    if (Before(text, start) == '_' || At(text, end) == '_') continue;
    const std::string_view address = text.substr(start, end - start);
    if (address[0] != '0') {
      if (IsCheckedAddress(address)) sink->AddValidated(Entity::kCrypto, start, end);
    } else if (IsEthereum(address)) {
      sink->AddValidated(Entity::kCrypto, start, end);
    } else if (IsEthereumUnchecked(address)) {
      sink->AddForm(Entity::kCrypto, start, end);
    }
  }
}

std::string Anchor() {
  return "(?:^|[^0-9A-Za-z])(?:0[xX][0-9A-Fa-f]{6}|(?i:bc1|ltc1)[0-9A-Za-z]{4}|[13LMTDA948][1-9A-HJ-NP-Za-km-z]{9})";
}

bool IsBase58(char c) { return IsAlnum(c) && c != '0' && c != 'I' && c != 'O' && c != 'l'; }

void SeekCrypto(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  maps.ForEach(&ByteBlock::long_runs, [&](size_t start) {
    const auto add_if = [&](size_t from, size_t size, bool (*is_of)(char)) {
      size_t at = start + from;
      while (at < start + size && is_of(At(text, at))) ++at;
      if (at == start + size) ends->push_back(static_cast<uint32_t>(at));
    };
    const std::string_view rest = text.substr(start);
    switch (rest[0]) {
      case '0':
        if (ToLower(rest[1]) == 'x') add_if(2, 8, IsHex);
        break;
      case 'b':
      case 'B':
        if (ToLower(rest[1]) == 'c' && rest[2] == '1') add_if(3, 7, IsAlnum);
        break;
      case 'l':
      case 'L':
        if (ToLower(rest[1]) == 't' && ToLower(rest[2]) == 'c' && rest[3] == '1') add_if(4, 8, IsAlnum);
        if (rest[0] == 'L') add_if(1, 10, IsBase58);
        break;
      case '1':
      case '3':
      case '4':
      case '8':
      case '9':
      case 'A':
      case 'D':
      case 'M':
      case 'T':
        add_if(1, 10, IsBase58);
        break;
      default:
        break;
    }
  });
}

}  // namespace

const Recognizer kCryptoRecognizer = {Anchor, false, FindCrypto, nullptr, SeekCrypto};

}  // namespace tokenfoundry::pii
