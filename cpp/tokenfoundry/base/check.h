// TF_DCHECK: an assertion in debug and sanitizer builds, nothing in release.
//
// This code lives inside somebody's web server, so a release build never aborts: a broken invariant about money or the
// log poisons the object that owns it (its later calls return kDataLoss) and is reported as a Status.
#pragma once

#include <cassert>

#ifdef NDEBUG
#define TF_DCHECK(condition) \
  do {                       \
    (void)sizeof(condition); \
  } while (false)
#else
#define TF_DCHECK(condition) assert(condition)
#endif
