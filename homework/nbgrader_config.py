"""How nbgrader runs; the commands read it, and so does its formgrader."""

c = get_config()  # noqa: F821

# The marks in the language of neither book: an untouched answer is the same in both.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = "…"

# Seconds, of a machine that may be busy: for a cell, and until the kernel is there.
c.Execute.timeout = 300
c.Execute.startup_timeout = 300
# After an endless cell was interrupted: else all other answers would be lost.
c.Execute.iopub_timeout = 60
# A kernel's warnings about its sockets would break the progress bar.
c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--log-level=40"]
# nbgrader gives 0 to a check cell with anything on stderr, where TensorFlow logs.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = ""
