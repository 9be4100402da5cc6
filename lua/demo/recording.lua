-- The recorded model of `qwen demo`, as `--record` wrote it: one JSON object a line (long because that is its form). @FOLDER@ stands for the scratch folder.
return [==[
{"n":1,"type":"request","method":"POST","url":"http://127.0.0.1:37985/v1/chat/completions"}
{"n":1,"type":"response","status":200,"headers":{"content-type":"text/event-stream"}}
{"ms":0,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":35,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"The \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":70,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"tests \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":105,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"of \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":141,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"this \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":176,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"project \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":211,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"fail; \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":246,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"I \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":282,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"will \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":317,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"see \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":352,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"how.\"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":423,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_0\",\"type\":\"function\",\"function\":{\"name\":\"run_shell_command\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":458,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"command\\\": \\\"sh test.sh\\\", \\\"description\\\": \\\"run the tests\\\"}\"}}]},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":635,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"read_file\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":670,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{\\\"file_path\\\": \\\"@FOLDER@/words.c\\\"}\"}}]},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":740,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n","type":"chunk"}
{"ms":776,"n":1,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}\n\n","type":"chunk"}
{"ms":811,"n":1,"text":"data: [DONE]\n\n","type":"chunk"}
{"ms":846,"n":1,"type":"end"}
{"n":2,"type":"request","method":"POST","url":"http://127.0.0.1:37985/v1/chat/completions"}
{"n":2,"type":"response","status":200,"headers":{"content-type":"text/event-stream"}}
{"ms":0,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":35,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"`count_words` \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":70,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"counts \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":105,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"spaces, \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":140,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"not \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":176,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"words: \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":211,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"it \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":246,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"must \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":282,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"count \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":317,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"the \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":352,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"places \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":387,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"where \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":423,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":458,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":493,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"begins.\"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":564,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_0\",\"type\":\"function\",\"function\":{\"name\":\"edit\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":599,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"file_path\\\": \\\"@FOLDER@/words.c\\\", \\\"old_string\\\": \\\"  int count = 0;\\\\n  for (; *text; text++)\\\\n    if (isspace((unsigned char)*text)) count++;\\\\n  return count;\\\", \\\"new_string\\\": \\\"  int count = 0, in_word = 0;\\\\n  for (; *text; text++) {\\\\n    int space = isspace((unsigned char)*text) != 0;\\\\n    if (!space && !in_word) count++;\\\\n    in_word = !space;\\\\n  }\\\\n  return count;\\\"}\"}}]},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":1410,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n","type":"chunk"}
{"ms":1445,"n":2,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}\n\n","type":"chunk"}
{"ms":1481,"n":2,"text":"data: [DONE]\n\n","type":"chunk"}
{"ms":1516,"n":2,"type":"end"}
{"n":3,"type":"request","method":"POST","url":"http://127.0.0.1:37985/v1/chat/completions"}
{"n":3,"type":"response","status":200,"headers":{"content-type":"text/event-stream"}}
{"ms":0,"n":3,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":70,"n":3,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_0\",\"type\":\"function\",\"function\":{\"name\":\"run_shell_command\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":105,"n":3,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"command\\\": \\\"sh test.sh\\\", \\\"description\\\": \\\"run the tests again\\\"}\"}}]},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":246,"n":3,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n","type":"chunk"}
{"ms":282,"n":3,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}\n\n","type":"chunk"}
{"ms":317,"n":3,"text":"data: [DONE]\n\n","type":"chunk"}
{"ms":352,"n":3,"type":"end"}
{"n":4,"type":"request","method":"POST","url":"http://127.0.0.1:37985/v1/chat/completions"}
{"n":4,"type":"response","status":200,"headers":{"content-type":"text/event-stream"}}
{"ms":0,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":35,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Fixed. \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":70,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"`count_words` \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":105,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"in \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":140,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"words.c:5 \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":176,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"counted \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":211,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"white \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":246,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"space, \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":281,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"so \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":317,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"it \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":352,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"missed \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":387,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"the \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":423,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"last \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":458,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":493,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"and \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":528,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"counted \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":564,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"runs \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":599,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"of \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":634,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"blanks \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":669,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"several \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":705,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"times. \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":740,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"It \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":775,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"now \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":810,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"counts \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":846,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"the \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":881,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"beginnings \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":916,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"of \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":952,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"words, \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":987,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"and \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":1022,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"all \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":1057,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"tests \"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":1093,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"pass.\"},\"finish_reason\":null}]}\n\n","type":"chunk"}
{"ms":1128,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n","type":"chunk"}
{"ms":1163,"n":4,"text":"data: {\"id\":\"chatcmpl-fake\",\"model\":\"demo\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}\n\n","type":"chunk"}
{"ms":1198,"n":4,"text":"data: [DONE]\n\n","type":"chunk"}
{"ms":1234,"n":4,"type":"end"}
]==]
