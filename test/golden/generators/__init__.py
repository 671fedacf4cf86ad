"""A module for each golden file: generate() computes its data, layout() prints it, tolerance() is for --check."""
