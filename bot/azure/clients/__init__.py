"""The Azure SDK's clients for one lookup, and Azure's errors as refusals."""
