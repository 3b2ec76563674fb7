"""Facts about AWS that come as tables, each with its source in `README.md`."""
