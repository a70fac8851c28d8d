# phonseg's plug-in for Praat, written by: phonseg praat install
# Praat runs this when it starts. To remove the plug-in: phonseg praat uninstall

Add action command: "Sound", 0, "", 0, "", 0, "To TextGrid (phonseg)...", "To TextGrid...", 1, "to_textgrid.praat"
