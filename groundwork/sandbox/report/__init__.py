"""The end of a rehearsal and of a plan, in tables for people and in JSON for machines: pure functions from facts."""
