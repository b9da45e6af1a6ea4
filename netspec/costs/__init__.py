"""What a network costs, worked out from its graph: operations, bytes moved, memory. See docs/cost.md."""
