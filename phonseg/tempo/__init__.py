"""Recording and factor -> the same speech faster or slower, and the map between the two."""
