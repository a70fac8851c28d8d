"""A recording comes in, who speaks when (a `Diarization`) comes out. What it needs is learnt from recordings alone."""
