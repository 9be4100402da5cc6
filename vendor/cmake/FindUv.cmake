# libuv: headers and the static library (Uv::Uv). Since libuv 1.45 its name has no "_a".
find_path(UV_INCLUDE_DIR uv.h NO_CACHE)
find_library(UV_LIBRARY NAMES libuv.a libuv_a.a NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Uv REQUIRED_VARS UV_LIBRARY UV_INCLUDE_DIR REASON_FAILURE_MESSAGE "run: vendor/install build")
if(Uv_FOUND)
  find_package(Threads REQUIRED)
  add_library(Uv::Uv UNKNOWN IMPORTED)
  set_target_properties(Uv::Uv PROPERTIES IMPORTED_LOCATION ${UV_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${UV_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS}")
endif()
