"""Providers that take the place of the AWS, Kubernetes and random plugins while rehearsing."""
