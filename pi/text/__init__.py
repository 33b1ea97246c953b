"""Pure text helpers: no file, no process, no clock."""
