"""Read YAML files: parsed once, cached for their owner alone, checked with line numbers."""
