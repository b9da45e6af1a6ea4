"""No spec may bring this to run."""

raise SystemExit("a spec imported this")
