"""What is loaded from files: entries, how-tos, questionnaire, support routing, exit codes, script errors, fact rules."""
