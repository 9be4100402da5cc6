# lua-cjson built for Lua 5.4: the static library (Cjson::Cjson). Its only function is declared where it is used.
find_library(CJSON_LIBRARY liblua5.4-cjson.a NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cjson REQUIRED_VARS CJSON_LIBRARY REASON_FAILURE_MESSAGE "run: vendor/install build")
if(Cjson_FOUND)
  add_library(Cjson::Cjson UNKNOWN IMPORTED)
  set_target_properties(Cjson::Cjson PROPERTIES IMPORTED_LOCATION ${CJSON_LIBRARY})
endif()
