"""Recording and time map -> the recording at its new tempo: copied, with splices where one period is like another."""
