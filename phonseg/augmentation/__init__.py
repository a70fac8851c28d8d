"""Speech -> the same speech in noise, in another room, among other talkers, with pauses or at another speed."""
