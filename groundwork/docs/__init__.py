"""Documents that are written from the code: what each component is, and what the platform supports."""
