# lua-cjson built for Lua 5.4: the static library (Cjson::Cjson). Its only function is declared where it is used.
# Without memory it prints and calls exit, in the middle of a screen: a copy is made that takes its memory from src/core/reserve.c.
find_library(CJSON_LIBRARY liblua5.4-cjson.a NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cjson REQUIRED_VARS CJSON_LIBRARY REASON_FAILURE_MESSAGE "run: vendor/install build")
if(Cjson_FOUND)
  set(copy ${CMAKE_BINARY_DIR}/cjson.a)
  execute_process(COMMAND ${CMAKE_OBJCOPY} --redefine-sym malloc=reserve_malloc --redefine-sym realloc=reserve_realloc ${CJSON_LIBRARY} ${copy}
    COMMAND_ERROR_IS_FATAL ANY)
  add_library(Cjson::Cjson UNKNOWN IMPORTED)
  set_target_properties(Cjson::Cjson PROPERTIES IMPORTED_LOCATION ${copy})
endif()
