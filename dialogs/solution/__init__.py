"""From a diagnosis to its solution: cards, steps, how-to guides, questionnaire, feedback, attached logs."""
