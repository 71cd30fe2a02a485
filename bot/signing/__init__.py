"""Signs people in, so that a look at Azure is made with their own rights."""
