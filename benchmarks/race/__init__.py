"""The referee of the job benchmark: contestants, what is measured of each, and what ours must reach."""
