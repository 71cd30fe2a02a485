"""Answers to what people ask besides a diagnosis: what a code means, who needs which permission, how to run a build."""
