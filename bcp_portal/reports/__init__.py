"""Paper and sheets: html to pdf in a sandboxed child process, xlsx and csv, files with hashes."""
