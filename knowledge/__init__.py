"""What is known of Azure VM Image Builder failures, and how to recognise one. Pure: text in, Diagnosis out."""
