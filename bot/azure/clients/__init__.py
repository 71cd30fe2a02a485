"""The Azure SDK's clients for one lookup, and its errors as refusals."""
