# utf8proc: header and the static library (Utf8proc::Utf8proc).
find_path(UTF8PROC_INCLUDE_DIR utf8proc.h NO_CACHE)
find_library(UTF8PROC_LIBRARY libutf8proc.a NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Utf8proc REQUIRED_VARS UTF8PROC_LIBRARY UTF8PROC_INCLUDE_DIR REASON_FAILURE_MESSAGE "run: vendor/install build")
if(Utf8proc_FOUND)
  add_library(Utf8proc::Utf8proc UNKNOWN IMPORTED)
  set_target_properties(Utf8proc::Utf8proc PROPERTIES IMPORTED_LOCATION ${UTF8PROC_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${UTF8PROC_INCLUDE_DIR}
    INTERFACE_COMPILE_DEFINITIONS UTF8PROC_STATIC)
endif()
