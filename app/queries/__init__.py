"""Look: reads for pages, the API and the workers. Nothing here writes."""
