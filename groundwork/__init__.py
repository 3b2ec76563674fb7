"""Groundwork: an ML platform as code that can be rehearsed on one machine."""
