"""Doubles: charts and CRDs that stand in for real ones, made from facts about them and never imagined."""
