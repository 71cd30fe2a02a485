"""What we know about Azure VM Image Builder failures, and how to recognize them. Pure: text in, Diagnosis out."""
