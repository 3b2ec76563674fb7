"""The rehearsal: an environment comes up in its sandbox, is planned, looked into, and taken down."""
