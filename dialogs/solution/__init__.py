"""From a diagnosis to its solution: cards, steps, how-tos, questionnaire, feedback."""
