"""Changes of tempo -> pictures, and players for notebooks."""
