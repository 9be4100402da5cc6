-- What `qwen demo` needs: the project and the tape.
return { project = require "qwen.demo.project", tape = require "qwen.demo.tape" }
