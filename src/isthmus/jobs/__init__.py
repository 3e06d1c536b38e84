"""Jobs: work to run later, again, elsewhere or not too often. Knows neither records nor connectors."""
