# heed_isolate(target result): the target's objects as one, which shows nothing but names that end in
# _f64; ${result} is that object. So the same sources, compiled twice, can meet in one program. Needs
# a linker and an objcopy for ELF.
if(CMAKE_OBJCOPY AND CMAKE_LINKER AND UNIX AND NOT APPLE)
  set(HEED_WITH_FLOAT64 ON)
else()
  set(HEED_WITH_FLOAT64 OFF)
endif()

function(heed_isolate target result)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${target}.o)
  add_custom_command(OUTPUT ${object} VERBATIM COMMAND_EXPAND_LISTS
    DEPENDS ${target} $<TARGET_OBJECTS:${target}>
    COMMAND ${CMAKE_LINKER} -r -o ${object} $<TARGET_OBJECTS:${target}>
    COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=*_f64 ${object})
  add_custom_target(${target}-isolated DEPENDS ${object})
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  set(${result} ${object} PARENT_SCOPE)
endfunction()
