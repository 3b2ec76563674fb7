"""The plain `pulumi` CLI in the sandbox: its environment, its runs, and what it tells while it runs."""
