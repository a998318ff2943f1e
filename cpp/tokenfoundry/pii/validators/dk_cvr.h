// Danish company numbers (CVR, SE), with or without DK: Erhvervsstyrelsen, Det Centrale Virksomhedsregister.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDkCvr(std::string_view compact);

}  // namespace tokenfoundry::pii
