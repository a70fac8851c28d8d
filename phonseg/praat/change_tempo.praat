# phonseg's plug-in for Praat, written by: phonseg praat install
# Every selected Sound becomes a faster or slower one. A TextGrid that is selected with one Sound becomes one of it.

form Change tempo (phonseg)
    comment How many times as fast? 0.5 to 2, such as 0.8 for slower and 1.25 for faster speech.
    positive Factor 0.8
    comment Change every moment alike? Otherwise, what is steady changes most, and bursts hardly.
    boolean Even no
endform

grid = 0
if numberOfSelected ("TextGrid") > 0
    grid = selected ("TextGrid")
    gridName$ = selected$ ("TextGrid")
endif
@saveSounds
grid$ = stem$ + "-1.TextGrid"
if grid
    selectObject: grid
    copy = Copy: "phonseg"
    if start [1] <> 0
        Shift times by: -start [1]
    endif
    nocheck Save as text file: grid$
    removeObject: copy
endif
@ask: "tempo" + newline$ + string$ (factor) + newline$ + string$ (even)
made = 0
for i to n
    answer$ = stem$ + "-" + string$ (i) + "-new.wav"
    if fileReadable (answer$)
        made = made + 1
        made [made] = Read from file: answer$
        Rename: name$ [i] + "_tempo"
        if gain [i] <> 1
            Multiply: gain [i]
        endif
        if start [i] <> 0
            Shift times by: start [i]
        endif
    endif
    deleteFile: answer$
endfor
answer$ = stem$ + "-1-new.TextGrid"
if fileReadable (answer$)
    made = made + 1
    made [made] = Read from file: answer$
    Rename: gridName$ + "_tempo"
    if start [1] <> 0
        Shift times by: start [1]
    endif
endif
deleteFile: answer$
deleteFile: grid$
@showAnswer

include ask_phonseg.praat
