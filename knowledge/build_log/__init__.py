"""A build log's structure: provisioners, times, gaps, script output."""
