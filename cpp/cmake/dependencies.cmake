# The libraries the core stands on, all from the distribution. Each is linked by the one noun that may see it.
find_package(absl REQUIRED)
find_package(Threads REQUIRED)

# RocksDB's own CMake config drags in every optional compressor; the library alone is enough.
function(tf_imported name library header package)
  find_library(TF_${name}_LIBRARY ${library})
  find_path(TF_${name}_INCLUDE ${header})
  if(NOT TF_${name}_LIBRARY OR NOT TF_${name}_INCLUDE)
    message(FATAL_ERROR "${library} was not found: apt-get install ${package}, or run scripts/setup.")
  endif()
  add_library(tf_${name} INTERFACE IMPORTED)
  target_link_libraries(tf_${name} INTERFACE ${TF_${name}_LIBRARY})
  target_include_directories(tf_${name} SYSTEM INTERFACE ${TF_${name}_INCLUDE})
endfunction()

tf_imported(rocksdb rocksdb rocksdb/db.h librocksdb-dev)
tf_imported(hyperscan hs hs/hs.h libhyperscan-dev)

# xxHash is used header-only (XXH_INLINE_ALL): nothing to link, nothing to bundle.
find_path(TF_xxhash_INCLUDE xxhash.h)
if(NOT TF_xxhash_INCLUDE)
  message(FATAL_ERROR "xxhash.h was not found: apt-get install libxxhash-dev, or run scripts/setup.")
endif()
