"""Reports from a release folder: what people chose, and how models' answers stand to it. Reads files, no database."""
