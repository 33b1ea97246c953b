"""Extensions: Python files that change how pi works; see `pi.extensions.load` and `.runner`."""
