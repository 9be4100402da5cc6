# libcurl: headers only (Curl::Headers). The library is loaded by the first request, because linking it costs 2 ms at every start.
find_path(CURL_INCLUDE_DIR curl/curl.h NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CurlHeaders REQUIRED_VARS CURL_INCLUDE_DIR REASON_FAILURE_MESSAGE "run: vendor/install build")
if(CurlHeaders_FOUND)
  add_library(Curl::Headers INTERFACE IMPORTED)
  set_target_properties(Curl::Headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${CURL_INCLUDE_DIR})
endif()
