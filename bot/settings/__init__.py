"""Every setting as a row of one table, and how the rows are read from the environment."""
