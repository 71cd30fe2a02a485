"""Show replies as Adaptive Cards that fit into a Teams message."""
