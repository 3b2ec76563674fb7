"""The sandbox: everything that lets an environment come up on one machine, without a cloud account."""
