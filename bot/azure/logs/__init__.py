"""Find a run's log in the staging storage account and read it, from its end or as a stream."""
