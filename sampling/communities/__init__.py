"""Communities of Modular Pluralism (arXiv 2406.15951): what their models learn from, and how they are compared."""
