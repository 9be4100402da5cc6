# gumbo: header only (Gumbo::Headers). The library is loaded by the first web page that is read.
find_path(GUMBO_INCLUDE_DIR gumbo.h NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(GumboHeaders REQUIRED_VARS GUMBO_INCLUDE_DIR REASON_FAILURE_MESSAGE "run: vendor/install build")
if(GumboHeaders_FOUND)
  add_library(Gumbo::Headers INTERFACE IMPORTED)
  set_target_properties(Gumbo::Headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${GUMBO_INCLUDE_DIR})
endif()
