"""Where a graph becomes a model: one file a framework, imported on first use."""
