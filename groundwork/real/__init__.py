"""The real thing: commands that work on stacks of the user's own, by the user's own `pulumi`."""
