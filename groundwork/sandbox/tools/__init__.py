"""The programs that a sandbox runs: found on PATH, or built once a machine from pinned Go modules.

`locate` finds them, `ensure` brings them in place, `check` says what is wrong with them. Nothing is imported
here, since the bootstrap uses `wheels`, `index` and `lock` before any dependency is installed.
"""
