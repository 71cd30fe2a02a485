"""Find a run's log in the staging storage account and read its end, or all of it as a stream."""
