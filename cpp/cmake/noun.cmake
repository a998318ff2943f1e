# tf_noun(NAME [DEPS noun...] [LIBS library...])
#
# The library of the noun in the current folder: every .cc below it, `tools/` apart. DEPS are nouns of lower layers, LIBS come from outside.
# Its tests, tests/cpp/NAME/*_test.cc, become one executable, run by ctest under the noun's name.
function(tf_noun name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/tools/")
  list(TRANSFORM ARG_DEPS PREPEND tf_)
  add_library(tf_${name} STATIC ${sources})
  target_include_directories(tf_${name} PUBLIC ${PROJECT_SOURCE_DIR}/cpp)
  target_link_libraries(tf_${name} PUBLIC ${ARG_DEPS} ${ARG_LIBS})
endfunction()

function(tf_noun_test name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/cpp/${name}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(tf_${name}_test ${sources})
  target_link_libraries(tf_${name}_test PRIVATE tf_${name} GTest::gtest GTest::gtest_main)
  target_include_directories(tf_${name}_test PRIVATE ${PROJECT_SOURCE_DIR})
  add_test(NAME ${name} COMMAND tf_${name}_test)
endfunction()
