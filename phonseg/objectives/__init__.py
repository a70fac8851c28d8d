"""What training aims at: losses, and the targets that come from recordings alone."""
