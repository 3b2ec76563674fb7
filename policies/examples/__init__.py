"""An example of each rule, by subject: tests judge them, and `docs/policies.md` shows them."""
