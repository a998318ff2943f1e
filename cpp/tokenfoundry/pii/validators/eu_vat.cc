#include "tokenfoundry/pii/validators/eu_vat.h"

#include "tokenfoundry/pii/validators/at_uid.h"
#include "tokenfoundry/pii/validators/be_enterprise_number.h"
#include "tokenfoundry/pii/validators/bg_vat.h"
#include "tokenfoundry/pii/validators/cy_vat.h"
#include "tokenfoundry/pii/validators/cz_vat.h"
#include "tokenfoundry/pii/validators/de_vat.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/dk_cvr.h"
#include "tokenfoundry/pii/validators/ee_vat.h"
#include "tokenfoundry/pii/validators/es_cif.h"
#include "tokenfoundry/pii/validators/es_nie.h"
#include "tokenfoundry/pii/validators/es_nif.h"
#include "tokenfoundry/pii/validators/fi_business_id.h"
#include "tokenfoundry/pii/validators/fr_vat.h"
#include "tokenfoundry/pii/validators/gr_afm.h"
#include "tokenfoundry/pii/validators/hr_oib.h"
#include "tokenfoundry/pii/validators/hu_vat.h"
#include "tokenfoundry/pii/validators/ie_vat.h"
#include "tokenfoundry/pii/validators/it_vat.h"
#include "tokenfoundry/pii/validators/lt_vat.h"
#include "tokenfoundry/pii/validators/lu_vat.h"
#include "tokenfoundry/pii/validators/lv_vat.h"
#include "tokenfoundry/pii/validators/mt_vat.h"
#include "tokenfoundry/pii/validators/nl_btw.h"
#include "tokenfoundry/pii/validators/pl_nip.h"
#include "tokenfoundry/pii/validators/pt_nif.h"
#include "tokenfoundry/pii/validators/ro_vat.h"
#include "tokenfoundry/pii/validators/se_vat.h"
#include "tokenfoundry/pii/validators/si_vat.h"
#include "tokenfoundry/pii/validators/sk_vat.h"
#include "tokenfoundry/pii/validators/uk_vat.h"

namespace tokenfoundry::pii {
namespace {

bool IsEsVat(std::string_view compact) {
  const std::string_view number = Without(compact, "ES");
  return IsEsNif(number) || IsEsNie(number) || IsEsCif(number);
}

struct State {
  std::string_view letters;
  bool (*is_number)(std::string_view compact);
};

constexpr State kStates[] = {
    {"AT", IsAtUid},        {"BE", IsBeEnterpriseNumber},
    {"BG", IsBgVat},        {"CY", IsCyVat},
    {"CZ", IsCzVat},        {"DE", IsDeVat},
    {"DK", IsDkCvr},        {"EE", IsEeVat},
    {"EL", IsGrAfm},        {"ES", IsEsVat},
    {"FI", IsFiBusinessId}, {"FR", IsFrVat},
    {"GR", IsGrAfm},        {"HR", IsHrOib},
    {"HU", IsHuVat},        {"IE", IsIeVat},
    {"IT", IsItVat},        {"LT", IsLtVat},
    {"LU", IsLuVat},        {"LV", IsLvVat},
    {"MT", IsMtVat},        {"NL", IsNlBtw},
    {"PL", IsPlNip},        {"PT", IsPtNif},
    {"RO", IsRoVat},        {"SE", IsSeVat},
    {"SI", IsSiVat},        {"SK", IsSkVat},
    {"XI", IsUkVat},
};

}  // namespace

bool IsEuVat(std::string_view compact) {
  const State* state = std::find_if(std::begin(kStates), std::end(kStates),
                                    [&](const State& s) { return StartsWith(compact, s.letters); });
  return state != std::end(kStates) && state->is_number(compact);
}

}  // namespace tokenfoundry::pii
