# hiredis: headers only (Hiredis::Headers). The library is loaded when limits are kept in a Redis server.
find_path(HIREDIS_INCLUDE_DIR hiredis/hiredis.h NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(HiredisHeaders REQUIRED_VARS HIREDIS_INCLUDE_DIR REASON_FAILURE_MESSAGE "run: vendor/install build")
if(HiredisHeaders_FOUND)
  add_library(Hiredis::Headers INTERFACE IMPORTED)
  set_target_properties(Hiredis::Headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${HIREDIS_INCLUDE_DIR})
endif()
