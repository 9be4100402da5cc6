# libsodium: headers only (Sodium::Headers). The library is loaded when a vault is opened, which few runs do.
find_path(SODIUM_INCLUDE_DIR sodium.h NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SodiumHeaders REQUIRED_VARS SODIUM_INCLUDE_DIR REASON_FAILURE_MESSAGE "run: vendor/install build")
if(SodiumHeaders_FOUND)
  add_library(Sodium::Headers INTERFACE IMPORTED)
  set_target_properties(Sodium::Headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${SODIUM_INCLUDE_DIR})
endif()
