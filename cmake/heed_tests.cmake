# How every test runs: what it finds in its environment, and how long it may take.
set(sanitizer)
if(HEED_SANITIZE STREQUAL "address")
  set(sanitizer -fsanitize=address)
elseif(HEED_SANITIZE)
  set(sanitizer -fsanitize=${HEED_SANITIZE})
endif()
set(test_environment CMOCKA_MESSAGE_OUTPUT=TAP "HEED_COMMAND=$<TARGET_FILE:heed-command>"
  HEED_SOURCE=${PROJECT_SOURCE_DIR} HEED_BUILD=${PROJECT_BINARY_DIR} CC=${CMAKE_C_COMPILER}
  CXX=${CMAKE_CXX_COMPILER}
  LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0)

# heed_add_test(name seconds command...): a generous limit, since machines are shared.
function(heed_add_test name seconds)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${seconds} ENVIRONMENT "${test_environment}")
endfunction()
