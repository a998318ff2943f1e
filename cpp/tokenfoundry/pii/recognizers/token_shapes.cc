#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/token_shapes_internal.h"

namespace tokenfoundry::pii {
namespace {

using enum Alphabet;
using enum Structure;

// From the issuers' documentation and the tokens they issue. Sorted by issuer.
constexpr TokenShape kShapes[] = {
    {"1Password", "ops_", kBase64Url, 250, 2000},
    {"age", "AGE-SECRET-KEY-1", kUpperDigits, 58, 58},
    {"Alibaba Cloud", "LTAI", kAlnum, 17, 26, kAlnum, 0, 0, false, kRandom},
    {"Anthropic", "sk-ant-", kBase64Url, 80, 140},
    {"Apify", "apify_api_", kAlnum, 34, 42},
    {"Atlassian", "ATATT3", kBase64Url, 150, 220},
    {"Atlassian", "ATCTT3", kBase64Url, 150, 220},
    {"Atlassian", "ATBB", kAlnum, 32, 36},
    {"AWS", "AKIA", kUpperDigits, 16, 16, kAlnum, 0, 0, false, kMixed},
    {"AWS", "ASIA", kUpperDigits, 16, 16, kAlnum, 0, 0, false, kMixed},
    {"AWS", "ABIA", kUpperDigits, 16, 16, kAlnum, 0, 0, false, kMixed},
    {"AWS", "ACCA", kUpperDigits, 16, 16, kAlnum, 0, 0, false, kMixed},
    {"AWS", "ABSK", kBase64, 100, 140, kAlnum, 0, 0, false, kRandom},
    {"Azure", "8Q~", kDotted, 34, 34, kBase64Url, 3, 3, false},
    {"Azure", "7Q~", kDotted, 31, 31, kBase64Url, 3, 3, false},
    {"Braintree", "access_token$production$", kWord, 40, 60},
    {"Braintree", "access_token$sandbox$", kWord, 40, 60},
    {"Brevo", "xkeysib-", kDashed, 81, 81},
    {"Buildkite", "bkua_", kHex, 40, 40},
    {"Cerebras", "csk-", kAlnum, 40, 56},
    {"CircleCI", "CCIPAT_", kWord, 40, 80},
    {"Clojars", "CLOJARS_", kAlnum, 60, 60},
    {"Contentful", "CFPAT-", kBase64Url, 43, 43},
    {"Databricks", "dapi", kHexDashes, 32, 34, kAlnum, 0, 0, false, kRandom},
    {"DigitalOcean", "dop_v1_", kHex, 64, 64},
    {"DigitalOcean", "doo_v1_", kHex, 64, 64},
    {"DigitalOcean", "dor_v1_", kHex, 64, 64},
    {"Discord", "https://discord.com/api/webhooks/", kPath, 70, 100},
    {"Discord", "https://discordapp.com/api/webhooks/", kPath, 70, 100},
    {"Docker", "dckr_pat_", kBase64Url, 27, 32},
    {"Docker", "dckr_oat_", kBase64Url, 27, 32},
    {"Doppler", "dp.pt.", kAlnum, 40, 44},
    {"Doppler", "dp.st.", kDotted, 40, 80},
    {"Doppler", "dp.ct.", kAlnum, 40, 44},
    {"Doppler", "dp.sa.", kAlnum, 40, 44},
    {"Doppler", "dp.scim.", kAlnum, 40, 44},
    {"Doppler", "dp.audit.", kAlnum, 40, 44},
    {"Duffel", "duffel_live_", kBase64Url, 43, 43},
    {"Duffel", "duffel_test_", kBase64Url, 43, 43},
    {"Dynatrace", "dt0c01.", kDotted, 89, 89},
    {"EasyPost", "EZAK", kAlnum, 54, 54, kAlnum, 0, 0, false, kRandom},
    {"Facebook", "EAA", kAlnum, 90, 400, kAlnum, 0, 0, false, kRandom},
    {"Fastly", "fastly_", kBase64Url, 32, 40},
    {"Figma", "figd_", kBase64Url, 36, 60},
    {"Fireworks", "fw_", kAlnum, 20, 40, kAlnum, 0, 0, false, kRandom},
    {"Flutterwave", "FLWSECK-", kDashed, 32, 50},
    {"Flutterwave", "FLWSECK_TEST-", kDashed, 32, 50},
    {"Fly.io", "fo1_", kBase64Url, 40, 80},
    {"GitHub", "ghp_", kAlnum, 36, 36, kAlnum, 0, 0, true, kGitHub},
    {"GitHub", "gho_", kAlnum, 36, 36, kAlnum, 0, 0, true, kGitHub},
    {"GitHub", "ghu_", kAlnum, 36, 36, kAlnum, 0, 0, true, kGitHub},
    {"GitHub", "ghs_", kAlnum, 36, 36, kAlnum, 0, 0, true, kGitHub},
    {"GitHub", "ghr_", kAlnum, 36, 76},
    {"GitHub", "github_pat_", kWord, 82, 82},
    {"GitLab", "glpat-", kDotted, 20, 60},
    {"GitLab", "gldt-", kDotted, 20, 60},
    {"GitLab", "glrt-", kDotted, 20, 60},
    {"GitLab", "glft-", kDotted, 20, 60},
    {"GitLab", "glptt-", kDotted, 20, 60},
    {"GitLab", "glcbt-", kDotted, 20, 70},
    {"GitLab", "gloas-", kDotted, 20, 70},
    {"GitLab", "glsoat-", kDotted, 20, 60},
    {"GitLab", "glagent-", kDotted, 20, 60},
    {"GitLab", "glimt-", kDotted, 20, 60},
    {"GitLab", "glffct-", kDotted, 20, 60},
    {"Google", "AIza", kBase64Url, 35, 35},
    {"Google", "GOCSPX-", kBase64Url, 28, 28},
    {"Google", "ya29.", kBase64Url, 40, 2000},
    {"Google", "1//0", kBase64Url, 40, 120, kAlnum, 0, 0, false, kRandom},
    {"Grafana", "glsa_", kWord, 41, 41},
    {"Grafana", "glc_", kBase64, 32, 400},
    {"Groq", "gsk_", kAlnum, 52, 52},
    {"HashiCorp", "hvs.", kBase64Url, 24, 200},
    {"HashiCorp", "hvb.", kBase64Url, 24, 400},
    {"HashiCorp", "hvr.", kBase64Url, 24, 200},
    {"HashiCorp", ".atlasv1.", kBase64Url, 60, 70, kAlnum, 14, 14},
    {"Heroku", "HRKU-", kBase64Url, 36, 70},
    {"Hugging Face", "hf_", kAlnum, 34, 37},
    {"Hugging Face", "api_org_", kAlnum, 34, 34},
    {"Infracost", "ico-", kAlnum, 32, 32, kAlnum, 0, 0, false, kRandom},
    {"JFrog", "AKCp", kAlnum, 60, 80, kAlnum, 0, 0, false, kRandom},
    {"LangSmith", "lsv2_pt_", kWord, 40, 60},
    {"LangSmith", "lsv2_sk_", kWord, 40, 60},
    {"Linear", "lin_api_", kAlnum, 40, 40},
    {"Linear", "lin_oauth_", kAlnum, 40, 64},
    {"Mailgun", "key-", kHex, 32, 32, kAlnum, 0, 0, false},
    {"Mapbox", "sk.eyJ", kDotted, 60, 200},
    {"Netlify", "nfp_", kAlnum, 36, 44},
    {"New Relic", "NRAK-", kUpperDigits, 27, 27},
    {"New Relic", "NRJS-", kHex, 19, 19},
    {"New Relic", "NRAA-", kHex, 27, 27},
    {"New Relic", "NRII-", kBase64Url, 32, 32},
    {"New Relic", "NRRA-", kHex, 42, 42},
    {"Notion", "ntn_", kAlnum, 40, 50},
    {"Notion", "secret_", kAlnum, 43, 43, kAlnum, 0, 0, false},
    {"npm", "npm_", kAlnum, 36, 36},
    {"NVIDIA", "nvapi-", kBase64Url, 60, 70},
    {"OpenAI and those that follow it", "sk-", kBase64Url, 32, 256, kAlnum, 0, 0, true, kRandom},
    {"OpenAI", "sk-proj-", kBase64Url, 40, 256},
    {"OpenAI", "sk-svcacct-", kBase64Url, 40, 256},
    {"OpenAI", "sk-admin-", kBase64Url, 40, 256},
    {"OpenRouter", "sk-or-v1-", kHex, 64, 64},
    {"OpenShift", "sha256~", kBase64Url, 43, 43},
    {"Perplexity", "pplx-", kAlnum, 48, 56},
    {"Pinecone", "pcsk_", kWord, 60, 80},
    {"Plaid", "access-sandbox-", kHexDashes, 36, 36},
    {"Plaid", "access-production-", kHexDashes, 36, 36},
    {"PlanetScale", "pscale_tkn_", kDotted, 32, 64},
    {"PlanetScale", "pscale_pw_", kDotted, 32, 64},
    {"PlanetScale", "pscale_oauth_", kDotted, 32, 64},
    {"Postman", "PMAK-", kHexDashes, 59, 59},
    {"Prefect", "pnu_", kAlnum, 36, 36},
    {"Pulumi", "pul-", kHex, 40, 40},
    {"PyPI", "pypi-", kBase64Url, 85, 250},
    {"ReadMe", "rdme_", kAlnum, 70, 70},
    {"Replicate", "r8_", kAlnum, 37, 40},
    {"RubyGems", "rubygems_", kHex, 48, 48},
    {"Scaleway", "SCW", kUpperDigits, 17, 17, kAlnum, 0, 0, false, kMixed},
    {"SendGrid", "SG.", kDotted, 66, 66, kAlnum, 0, 0, true, kSendGrid},
    {"Sentry", "sntrys_", kBase64, 80, 400},
    {"Sentry", "sntryu_", kHex, 64, 64},
    {"Shippo", "shippo_live_", kHex, 40, 40},
    {"Shippo", "shippo_test_", kHex, 40, 40},
    {"Shopify", "shpat_", kHex, 32, 32},
    {"Shopify", "shpca_", kHex, 32, 32},
    {"Shopify", "shppa_", kHex, 32, 32},
    {"Shopify", "shpss_", kHex, 32, 32},
    {"Slack", "xoxb-", kDashed, 20, 120},
    {"Slack", "xoxp-", kDashed, 20, 120},
    {"Slack", "xoxa-", kDashed, 20, 120},
    {"Slack", "xoxr-", kDashed, 20, 120},
    {"Slack", "xoxs-", kDashed, 20, 120},
    {"Slack", "xoxo-", kDashed, 20, 120},
    {"Slack", "xoxc-", kDashed, 20, 160},
    {"Slack", "xoxd-", kBase64Url, 20, 400},
    {"Slack", "xoxe-", kDashed, 20, 250},
    {"Slack", "xoxe.xox", kDashed, 20, 250},
    {"Slack", "xapp-", kDashed, 30, 140},
    {"Slack", "https://hooks.slack.com/services/", kPath, 35, 60},
    {"Slack", "https://hooks.slack.com/workflows/", kPath, 35, 90},
    {"Snowflake", "ver:1-hint:", kDashed, 40, 200},
    {"SonarQube", "sqp_", kHex, 40, 40},
    {"SonarQube", "squ_", kHex, 40, 40},
    {"SonarQube", "sqa_", kHex, 40, 40},
    {"Sourcegraph", "sgp_", kWord, 40, 70},
    {"Square", "sq0atp-", kBase64Url, 22, 22},
    {"Square", "sq0csp-", kBase64Url, 43, 43},
    {"Square", "sq0idp-", kBase64Url, 22, 22},
    {"Square", "EAAAE", kBase64Url, 55, 64, kAlnum, 0, 0, false},
    {"Stripe", "sk_live_", kAlnum, 20, 250},
    {"Stripe", "sk_test_", kAlnum, 20, 250},
    {"Stripe", "rk_live_", kAlnum, 20, 250},
    {"Stripe", "rk_test_", kAlnum, 20, 250},
    {"Stripe", "whsec_", kBase64, 30, 80},
    {"Supabase", "sbp_", kHex, 40, 40},
    {"Supabase", "sb_secret_", kBase64Url, 30, 50},
    {"Tailscale", "tskey-", kDashed, 20, 80},
    {"Tavily", "tvly-", kDashed, 28, 50},
    {"Telegram", ":AA", kBase64Url, 32, 33, kDigits, 8, 10, false},
    {"Tencent Cloud", "AKID", kAlnum, 32, 36, kAlnum, 0, 0, false, kRandom},
    {"TokenFoundry", "tf_", kWord, 59, 59, kAlnum, 0, 0, false, kTokenFoundry},
    {"Twilio", "AC", kHex, 32, 32, kAlnum, 0, 0, false},
    {"Twilio", "SK", kHex, 32, 32, kAlnum, 0, 0, false},
    {"Typeform", "tfp_", kDotted, 44, 70},
    {"Vercel", "vcp_", kAlnum, 40, 60},
    {"xAI", "xai-", kAlnum, 70, 90},
};

constexpr bool IsWord(char c) { return IsAlnum(c) || c == '_'; }
constexpr bool IsBase64Url(char c) { return IsWord(c) || c == '-'; }

}  // namespace

bool Holds(Alphabet alphabet, char c) {
  switch (alphabet) {
    case kDigits:
      return IsDigit(c);
    case kHex:
      return IsDigit(c) || (c >= 'a' && c <= 'f');
    case kHexDashes:
      return IsDigit(c) || (c >= 'a' && c <= 'f') || c == '-';
    case kUpperDigits:
      return IsDigit(c) || IsUpper(c);
    case kAlnum:
      return IsAlnum(c);
    case kWord:
      return IsWord(c);
    case kDashed:
      return IsAlnum(c) || c == '-';
    case kBase64Url:
      return IsBase64Url(c);
    case kDotted:
      return IsBase64Url(c) || c == '.';
    case kBase64:
      return IsAlnum(c) || c == '+' || c == '/' || c == '=';
    case kPath:
      return IsBase64Url(c) || c == '/';
  }
  return false;
}

std::span<const TokenShape> TokenShapes() { return kShapes; }

bool HasBase62Crc(std::string_view body, std::string_view check) {
  constexpr std::string_view kBase62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : body) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  crc = ~crc;
  for (size_t i = check.size(); i-- > 0; crc /= 62) {
    if (check[i] != kBase62[crc % 62]) return false;
  }
  return crc == 0;
}

}  // namespace tokenfoundry::pii
