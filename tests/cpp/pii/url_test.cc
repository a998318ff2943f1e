#include <gtest/gtest.h>

#include "tests/cpp/pii/found.h"

namespace tokenfoundry::pii {
namespace {

TEST(Url, IsFoundExactlyWhateverStandsAroundIt) {
  for (const std::string url :
       {"https://example.com", "http://example.com/", "https://www.example.it/percorso/pagina?id=3&b=c#top",
        "ftp://ftp.example.org/file.txt", "https://example.com:8080/x", "https://it.wikipedia.org/wiki/Roma_(Italia)",
        "www.example.com", "example.com/path", "docs.example.it", "bbc.co.uk", "https://münchen.example/straße",
        "http://localhost:8000/v1", "https://xn--mnchen-3ya.de/", "HTTPS://EXAMPLE.COM/A",
        "https://example.com/?q=1,2;3"}) {
    for (const auto& [before, after] :
         std::initializer_list<std::pair<std::string, std::string>>{{"", ""},
                                                                    {"Vai su ", "."},
                                                                    {"Vedi (", "), grazie"},
                                                                    {"<a href=\"", "\">"},
                                                                    {"[x](", ")"},
                                                                    {"'", "'"},
                                                                    {"«", "»"},
                                                                    {"è ", " – ok"},
                                                                    {"", ", poi"},
                                                                    {"**", "**"},
                                                                    {"Il sito: ", "!"}}) {
      EXPECT_EQ(Found("URL", before + url + after), Values{url}) << before << url << after;
    }
  }
}

TEST(Url, IsNotANameOfAFileAMethodOrAnAbbreviation) {
  for (const char* text : {"main.py",
                           "utils.rs",
                           "e.g.",
                           "i.e. this",
                           "node.js",
                           "System.out",
                           "System.out.println(x)",
                           "foo.com(",
                           "version 1.2.3",
                           "README.md",
                           "java.net.URL",
                           "logger.info(x)",
                           "os.name",
                           "import java.io",
                           "self.it",
                           "libc.so.6",
                           "script.sh",
                           "asyncio.run",
                           "std::cout",
                           "ASP.NET",
                           "from stdnum.it import cf",
                           "package.json",
                           "10.000,00",
                           "://x",
                           "http://",
                           "www.",
                           "postgres://h/db",
                           "parsed.dev + 1",
                           "x = op.int * 10"}) {
    EXPECT_EQ(Found("URL", text), Values{}) << text;
  }
}

TEST(Url, GivesWayToWhatIsProtected) {
  const std::string text = "https://example.com/?email=anna@example.it&x=1";
  EXPECT_EQ(Found("URL", text), Values{});
  EXPECT_EQ(Found("EMAIL_ADDRESS", text), Values{"anna@example.it"});
  EXPECT_EQ(Found("EMAIL_ADDRESS", "http://example.com:80?to=anna@example.it"), Values{"anna@example.it"});
}

}  // namespace
}  // namespace tokenfoundry::pii
