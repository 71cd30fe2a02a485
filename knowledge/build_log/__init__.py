"""The structure of a build log: provisioners, times, silences, script output, and the lines that matter."""
