"""Doubles: charts that stand in for real ones, made from facts about them and never imagined."""
