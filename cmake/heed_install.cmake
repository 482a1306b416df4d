# What `cmake --install` leaves: headers, libraries, the command, man pages, the licence, and how
# others find them (find_package(heed), pkg-config heed and heed-attention).
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/heed)

# What libheed needs of others at link time. A user of the shared library does not see it.
set(heed_requires jansson libutf8proc zlib)
set(heed_optional_libraries)
set(heed_link ZLIB::ZLIB PkgConfig::JANSSON PkgConfig::UTF8PROC csv)
set(heed_plain_libraries "-lcsv")
if(HEED_WITH_SENTENCEPIECE)
  list(APPEND heed_requires sentencepiece)
  string(APPEND heed_optional_libraries " SENTENCEPIECE=sentencepiece")
  list(APPEND heed_link PkgConfig::SENTENCEPIECE stdc++)
  string(APPEND heed_plain_libraries " -lstdc++")
endif()
if(HEED_WITH_CAIRO)
  list(APPEND heed_requires pangocairo)
  string(APPEND heed_optional_libraries " PANGOCAIRO=pangocairo")
  list(APPEND heed_link PkgConfig::PANGOCAIRO)
endif()
if(NOT BUILD_SHARED_LIBS)
  foreach(library ${heed_link})
    target_link_libraries(heed PRIVATE $<INSTALL_INTERFACE:${library}>)
  endforeach()
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/heed DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")
set_target_properties(heed-attention PROPERTIES EXPORT_NAME attention)
install(TARGETS heed heed-attention EXPORT heed-targets)
# Line numbers serve whoever profiles the build tree; installed, they would double the size.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_STRIP)
  foreach(file ${CMAKE_INSTALL_LIBDIR}/$<TARGET_FILE_NAME:heed> ${CMAKE_INSTALL_BINDIR}/heed
      ${CMAKE_INSTALL_LIBDIR}/$<TARGET_FILE_NAME:heed-attention>)
    install(CODE "execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug
      \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${file}\")")
  endforeach()
endif()
install(EXPORT heed-targets NAMESPACE heed:: DESTINATION ${package_folder})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Each page of docs/cli is also a manual page.
find_program(HEED_AWK awk)
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/cli/heed*.md)
foreach(page ${pages})
  get_filename_component(name ${page} NAME_WE)
  set(manual ${PROJECT_BINARY_DIR}/man/${name}.1)
  add_custom_command(OUTPUT ${manual} DEPENDS ${page} ${PROJECT_SOURCE_DIR}/tools/man.awk VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
    COMMAND ${HEED_AWK} -v version=${PROJECT_VERSION} -f ${PROJECT_SOURCE_DIR}/tools/man.awk ${page}
      > ${manual})
  list(APPEND manuals ${manual})
endforeach()
add_custom_target(heed-manuals ALL DEPENDS ${manuals})
install(FILES ${manuals} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/heed-config.cmake.in
  ${PROJECT_BINARY_DIR}/heed-config.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/heed-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/heed-config.cmake ${PROJECT_BINARY_DIR}/heed-config-version.cmake
  DESTINATION ${package_folder})

# heed_pkgconfig(name description requires libraries): a static library cannot carry its needs, so
# there they are public and `pkg-config --libs` alone links; a shared one keeps them private.
function(heed_pkgconfig name description requires libraries)
  set(private)
  if(BUILD_SHARED_LIBS)
    set(private .private)
    set(own "Libs: -L\${libdir} -l${name}\nLibs.private: ${libraries}")
  else()
    set(own "Libs: -L\${libdir} -l${name} ${libraries}")
  endif()
  if(requires)
    string(REPLACE ";" ", " requires "${requires}")
    set(requires "Requires${private}: ${requires}\n")
  endif()
  file(WRITE ${PROJECT_BINARY_DIR}/${name}.pc.in "prefix=@CMAKE_INSTALL_PREFIX@
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}

Name: ${name}
Description: ${description}
Version: ${PROJECT_VERSION}
Cflags: -I\${includedir}
${requires}${own}
")
  # At install time, since `cmake --install --prefix` may name another place.
  install(CODE "configure_file(\"${PROJECT_BINARY_DIR}/${name}.pc.in\"
    \"${PROJECT_BINARY_DIR}/${name}.pc\" @ONLY)")
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

heed_pkgconfig(heed "Attention, end to end: train, measure and explain models" "${heed_requires}"
  "${heed_plain_libraries} -lm -pthread")
heed_pkgconfig(heed-attention "Every attention mechanism as an operator" "" "-lm -pthread")
