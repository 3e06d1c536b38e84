"""The contestants of the job benchmark that are not ours: one a file, run by the interpreter of their own."""
