-- What `qwen demo` needs: the project and the tape.
return { project = require "demo.project", tape = require "demo.recording" }
