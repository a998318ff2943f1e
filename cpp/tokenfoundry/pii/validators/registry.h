// Every validator under the name that the catalogue and custom patterns give it.
//
// A validator answers for a value's letters and digits alone, in any case and without separators; any bytes may come
// in. It allocates nothing, throws nothing, and takes time linear in the value's length or less. Free functions, any
// thread.
#pragma once

#include <string_view>
#include <vector>

namespace tokenfoundry::pii {

using Validator = bool (*)(std::string_view compact);

// nullptr if there is none of that name.
Validator FindValidator(std::string_view name);

// Sorted.
std::vector<std::string_view> ValidatorNames();

}  // namespace tokenfoundry::pii
