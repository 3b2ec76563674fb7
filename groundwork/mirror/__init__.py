"""Filling a mirror from the catalogue: charts fetched by Helm or built from kustomizations; the images they name."""
