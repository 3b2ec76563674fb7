"""Figures of this machine, as ratios measured side by side in one run."""
