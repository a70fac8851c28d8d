# phonseg's plug-in for Praat, written by: phonseg praat install
# Every selected Sound becomes a TextGrid of the same name, with an interval for each speech sound.

form To TextGrid (phonseg)
    comment How many boundaries? 0 (fewest) to 1 (most); at 0.5 the model decides.
    real Sensitivity 0.5
    comment Which channel? mix (the mean of all), or a number, such as 1.
    word Channel mix
endform

@saveSounds
@ask: string$ (sensitivity) + newline$ + channel$
made = 0
for i to n
    answer$ = stem$ + "-" + string$ (i) + ".TextGrid"
    if fileReadable (answer$)
        made = made + 1
        made [made] = Read from file: answer$
        Rename: name$ [i]
        if start [i] <> 0
            Shift times by: start [i]
        endif
    endif
    deleteFile: answer$
endfor
@showAnswer

include ask_phonseg.praat
