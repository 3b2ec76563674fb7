"""The machinery of policies: what a rule is, who judges, and where. The rules themselves are in `policies/`."""

UNDECIDED = "not decidable at preview"
"""What stands in the message of a verdict that only an update can give."""

EXEMPT = "(exempt until "
"""What follows the message of a violation that somebody took on."""
