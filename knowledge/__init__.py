"""What is known of Azure VM Image Builder failures, and how to recognize one. Pure: text in, Diagnosis out."""
