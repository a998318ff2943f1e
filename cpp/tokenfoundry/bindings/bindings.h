// What each file of this folder adds to the module. One file per noun, no logic: view, release, call, convert.
#pragma once

#include <pybind11/pybind11.h>

namespace tokenfoundry::bindings {

void AddArrow(pybind11::module_& module);
void AddBase(pybind11::module_& module);
void AddTokens(pybind11::module_& module);
void AddBooks(pybind11::module_& module);
void AddCache(pybind11::module_& module);
void AddFrames(pybind11::module_& module);
void AddLedger(pybind11::module_& module);
void AddLimits(pybind11::module_& module);
void AddPii(pybind11::module_& module);
void AddPiiValidators(pybind11::module_& module);
void AddVault(pybind11::module_& module);
void AddVocabularies(pybind11::module_& module);

}  // namespace tokenfoundry::bindings
