#include "tokenfoundry/bindings/bindings.h"

PYBIND11_MODULE(_core, module) {
  module.doc() = "TokenFoundry's C++ core. Use the typed faces in tokenfoundry/*.py; nothing here is public.";
  tokenfoundry::bindings::AddBase(module);
  tokenfoundry::bindings::AddTokens(module);
  tokenfoundry::bindings::AddVocabularies(module);
  tokenfoundry::bindings::AddLedger(module);
  tokenfoundry::bindings::AddLimits(module);
  tokenfoundry::bindings::AddBooks(module);
  tokenfoundry::bindings::AddArrow(module);
  tokenfoundry::bindings::AddCache(module);
  tokenfoundry::bindings::AddPii(module);
  tokenfoundry::bindings::AddPiiValidators(module);
  tokenfoundry::bindings::AddFrames(module);
  tokenfoundry::bindings::AddVault(module);
}
