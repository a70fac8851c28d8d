# phonseg's plug-in for Praat, written by: phonseg praat install
# Praat runs this when it starts. To remove the plug-in: phonseg praat uninstall

Add action command: "Sound", 0, "", 0, "", 0, "To TextGrid (phonseg)...", "To TextGrid...", 1, "to_textgrid.praat"
Add action command: "Sound", 0, "", 0, "", 0, "Change tempo (phonseg)...", "Lengthen (overlap-add)...", 1, "change_tempo.praat"
Add action command: "Sound", 1, "TextGrid", 1, "", 0, "Change tempo (phonseg)...", "", 0, "change_tempo.praat"
