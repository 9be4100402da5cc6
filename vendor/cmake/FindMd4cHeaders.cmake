# md4c: header only (Md4c::Headers). The library is loaded by the first text that is rendered: a start, a pipe and most commands need none.
find_path(MD4C_INCLUDE_DIR md4c.h NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Md4cHeaders REQUIRED_VARS MD4C_INCLUDE_DIR REASON_FAILURE_MESSAGE "run: vendor/install build")
if(Md4cHeaders_FOUND)
  add_library(Md4c::Headers INTERFACE IMPORTED)
  set_target_properties(Md4c::Headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${MD4C_INCLUDE_DIR})
endif()
