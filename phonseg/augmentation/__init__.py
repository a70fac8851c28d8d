"""Speech goes in; the same speech in noise, among talkers, with pauses or at another speed comes out."""
