// Passwords beside words, in connection strings and in headers; the examples are nobody's.
#include <gtest/gtest.h>

#include "tests/cpp/pii/found.h"

namespace tokenfoundry::pii {
namespace {

std::string Replaced(const std::string& text, const std::string& value) {
  const size_t at = text.find("{}");
  return text.substr(0, at) + value + text.substr(at + 2);
}

TEST(SecretAssigned, PasswordIsFoundInConfigurationsProgramsAndSentences) {
  for (const std::string password :
       {"Gatto99!", "S3cr3t-Pass", "hunter2!x", "Tr0ub4dor&3", "P@ssw0rd2024", "zK9#mQ2$vL"}) {
    for (const char* form : {"La password è {}",
                             "password: {}",
                             "Password: \"{}\"",
                             "DB_PASSWORD={}",
                             "{\"password\": \"{}\"}",
                             "{\\\"password\\\": \\\"{}\\\"}",
                             "PASSWORD = '{}'",
                             "la mia password del wifi è {}, non dirla",
                             "my password is {}",
                             "the password for the admin panel is {}.",
                             "Le mot de passe est {}",
                             "mot de passe : {}",
                             "Das Passwort lautet {}",
                             "La contraseña es {}",
                             "parola chiave: {}",
                             "mysql -u root --password={} -h db",
                             "mysql --password {} -h db",
                             "IDENTIFIED BY '{}';",
                             "Server=db;User Id=sa;Password={};Encrypt=true",
                             "jdbc:mysql://h/db?user=a&password={}",
                             "<password>{}</password>",
                             "client.setPassword(\"{}\")",
                             "user: mario, password: {}, attivo",
                             "utente mario e password {}",
                             "password: str = \"{}\""}) {
      const std::string text = Replaced(form, password);
      EXPECT_EQ(Found("SECRET", text), Values{password}) << text;
    }
  }
}

TEST(SecretUserinfo, PasswordIsFoundAndNoEmailInItsPlace) {
  for (const std::string password : {"Gatto99!", "hunter2!x", "P@ssw0rd2024", "zK9#mQ2$vL"}) {
    for (const char* form :
         {"postgres://app:{}@db.example.it:5432/x", "mongodb+srv://root:{}@cluster0.example.net/?w=1",
          "https://anna:{}@example.com/repo.git", "redis://:{}@localhost:6379/0", "amqp://u:{}@mq:5672/v"}) {
      const std::string text = Replaced(form, password);
      EXPECT_EQ(Found("SECRET", text), Values{password}) << text;
      EXPECT_EQ(Found("EMAIL_ADDRESS", text), Values{}) << text;
    }
  }
}

TEST(SecretAssigned, TokenIsFoundBesideItsName) {
  const std::string hex = std::string("9f8e7d6c5b4a3928") + "1706f5e4d3c2b1a0";
  for (const std::string& value :
       {hex, std::string("550e8400-e29b-41d4-a716-446655440000"), std::string("kJ8s/") + hex + "+Q"}) {
    for (const char* form :
         {"api_key = \"{}\"", "MISTRAL_API_KEY={}", "x-api-key: {}", "\"client_secret\": \"{}\"",
          "aws_secret_access_key = {}", "Authorization: Bearer {}",
          "curl -H \"Authorization: Bearer {}\" https://api.example.com", "the api key is {}",
          "Il token di accesso è {}.", "DATADOG_API_KEY: \"{}\"", "https://api.example.com/v1?api_key={}&x=1",
          "Cohere key: {}", "Der API-Schlüssel lautet {}"}) {
      EXPECT_EQ(Found("SECRET", Replaced(form, value)), Values{value}) << Replaced(form, value);
    }
  }
  EXPECT_EQ(Found("SECRET", "Authorization: Basic YW5uYTpHYXR0bzk5IQ=="), Values{"YW5uYTpHYXR0bzk5IQ=="});
}

TEST(SecretAssigned, IsNotAPlaceholderATypeACallOrASentenceAboutOne) {
  for (const char* text : {"password: <password>",
                           "password=${PASSWORD}",
                           "PASSWORD=xxxxxxxx",
                           "password: ********",
                           "api_key=\"your_api_key_here\"",
                           "password = os.environ[\"DB_PASSWORD\"]",
                           "password = None",
                           "password = get_password(user)",
                           "def f(password: str, token: str = \"\") -> None:",
                           "password: string;",
                           "La password è obbligatoria.",
                           "Ho dimenticato la password, come la recupero?",
                           "my password is not working",
                           "max_tokens: 4096",
                           "\"token_type\": \"bearer\"",
                           "tokenizer = \"bert-base-uncased-v2\"",
                           "the key is under the mat",
                           "cache_key = \"user:1234:profile\"",
                           "commit 9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
                           "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4",
                           "order 550e8400-e29b-41d4-a716-446655440000",
                           "const token = await getToken();",
                           "password=password",
                           "password = user.password",
                           "\"password\": \"La tua password\"",
                           "<input type=\"password\" name=\"pwd\">",
                           "Use Bearer tokens for authentication",
                           "la clave es trabajar duro",
                           "Password must be at least 8 characters",
                           "Authorization: Bearer <token>",
                           "\"Authorization\": f\"Bearer {api_key}\"",
                           "token = secrets.token_urlsafe(32)",
                           "http://localhost:3000/@foo",
                           "postgres://${USER}:${PASS}@host/db",
                           "PASSWORD_RESET_TIMEOUT=86400",
                           "Passwort vergessen?",
                           "apiKey: config.apiKey",
                           "password: \"{{ db_password }}\"",
                           "PWD=/home/anna/projects",
                           "subprocess may pass stdout=PIPE here",
                           "publicKeyToken=\"1fc8b3b9a1e18e3b\""}) {
    EXPECT_EQ(Found("SECRET", text), Values{}) << text;
  }
}

}  // namespace
}  // namespace tokenfoundry::pii
