"""What a person is told: summaries, explanations, pictures, pages, the demo."""
