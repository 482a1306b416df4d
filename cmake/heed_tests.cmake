# How every test runs: what it finds in its environment, and how long it may take.

# Programs that tests build against a sanitizer's libraries need its run time too.
set(test_cc ${CMAKE_C_COMPILER})
set(test_cxx ${CMAKE_CXX_COMPILER})
if(HEED_SANITIZE)
  foreach(language cc cxx)
    set(wrapper ${PROJECT_BINARY_DIR}/sanitized-${language})
    file(WRITE ${wrapper} "#!/bin/sh\nexec ${test_${language}} -fsanitize=${HEED_SANITIZE} \"$@\"\n")
    file(CHMOD ${wrapper} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
    set(test_${language} ${wrapper})
  endforeach()
endif()
set(test_environment CMOCKA_MESSAGE_OUTPUT=TAP "HEED_COMMAND=$<TARGET_FILE:heed-command>"
  HEED_SOURCE=${PROJECT_SOURCE_DIR} HEED_BUILD=${PROJECT_BINARY_DIR} CC=${test_cc} CXX=${test_cxx}
  LSAN_OPTIONS=print_suppressions=0:suppressions=${PROJECT_SOURCE_DIR}/tests/leaks.txt
  TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/races.txt)

# heed_add_test(name seconds command...): a generous limit, since machines are shared.
function(heed_add_test name seconds)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${seconds} ENVIRONMENT "${test_environment}")
endfunction()
