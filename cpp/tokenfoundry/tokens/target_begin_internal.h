// Compiles what follows, up to target_end_internal.h, for the instruction set TF_TARGET. Standard headers come before.
#if defined(__clang__)
#define TF_PRAGMA(text) _Pragma(#text)
#define TF_ATTRIBUTE(target_name) \
  TF_PRAGMA(clang attribute push(__attribute__((target(target_name))), apply_to = function))
TF_ATTRIBUTE(TF_TARGET)
#else
#pragma GCC push_options
#define TF_PRAGMA(text) _Pragma(#text)
#define TF_ATTRIBUTE(target_name) TF_PRAGMA(GCC target target_name)
TF_ATTRIBUTE(TF_TARGET)
#endif
#undef TF_ATTRIBUTE
#undef TF_PRAGMA
