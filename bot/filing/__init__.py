"""Files support tickets through Azure's Support API, as the person and only when the person says yes."""
