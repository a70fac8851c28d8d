"""References and predictions go in; scores and changes come out."""
