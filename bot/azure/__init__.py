"""Read Azure for a person: templates, runs, logs; file support tickets."""
