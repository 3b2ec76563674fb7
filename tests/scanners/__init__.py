"""Scanners of others, from the package index: they look where our own rules may not."""
