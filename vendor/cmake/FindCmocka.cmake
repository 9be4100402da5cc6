# cmocka, for the C tests: header and library (Cmocka::Cmocka).
find_path(CMOCKA_INCLUDE_DIR cmocka.h NO_CACHE)
find_library(CMOCKA_LIBRARY cmocka NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cmocka REQUIRED_VARS CMOCKA_LIBRARY CMOCKA_INCLUDE_DIR REASON_FAILURE_MESSAGE "the tests are not built, to have them: vendor/install test")
if(Cmocka_FOUND)
  add_library(Cmocka::Cmocka UNKNOWN IMPORTED)
  set_target_properties(Cmocka::Cmocka PROPERTIES IMPORTED_LOCATION ${CMOCKA_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${CMOCKA_INCLUDE_DIR})
endif()
