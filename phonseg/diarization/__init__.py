"""A recording comes in, who speaks when (a `Diarization`) comes out; the model for it is learnt from recordings alone."""
