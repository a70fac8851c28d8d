# phonseg's plug-in for Praat, written by: phonseg praat install
# Every selected Sound becomes a TextGrid of the same name, with an interval for each speech sound.

form To TextGrid (phonseg)
    comment How many boundaries? 0 (fewest) to 1 (most); at 0.5 the model decides.
    real Sensitivity 0.5
    comment Which channel? mix (the mean of all), or a number, such as 1.
    word Channel mix
endform

python$ = {python}
stem$ = defaultDirectory$ + "/phonseg-" + string$ (randomInteger (100000000, 999999999))
request$ = stem$ + ".request"
failed$ = stem$ + ".failed"
warned$ = stem$ + ".warned"

# Every Sound is saved beside this script, where no other person can read it, in whole numbers of 32 bits: they keep
# everything that a recording of 16 or 24 bits has. A Sound that is too loud for such a file is scaled down first.
n = numberOfSelected ("Sound")
if n = 0
    exitScript: "Select one or more Sounds first."
endif
asked$ = string$ (sensitivity) + newline$ + channel$ + newline$
for i to n
    sound [i] = selected ("Sound", i)
    name$ [i] = selected$ ("Sound", i)
    asked$ = asked$ + name$ [i] + newline$
endfor
for i to n
    selectObject: sound [i]
    start [i] = Get start time
    loudest = Get absolute extremum: 0, 0, "none"
    copy = 0
    if loudest > 1
        copy = Copy: "phonseg"
        Scale peak: 0.99
    endif
    nocheck Save as 32-bit WAV file: stem$ + "-" + string$ (i) + ".wav"
    if copy
        removeObject: copy
    endif
endfor

nocheck writeFile: request$, asked$
nocheck runSubprocess: python$, "-P", "-X", "utf8", "-m", "phonseg", "praat", "answer", request$

failure$ = ""
if fileReadable (failed$)
    failure$ = readFile$ (failed$)
endif
warning$ = ""
if fileReadable (warned$)
    warning$ = readFile$ (warned$)
endif
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
    deleteFile: stem$ + "-" + string$ (i) + ".wav"
endfor
deleteFile: request$
deleteFile: failed$
deleteFile: warned$

selectObject ( )
for i to made
    plusObject: made [i]
endfor
if made = 0
    for i to n
        plusObject: sound [i]
    endfor
endif
if warning$ <> ""
    appendInfoLine: warning$
endif
if failure$ = "" and made < n
    failure$ = "phonseg did not answer. If its Python has been moved or removed, or phonseg is no longer "
    ... + "installed there, install phonseg and give the command phonseg praat install again. This is that Python: "
    ... + python$ + newline$ + "On Windows, Praat 6.4 or later is needed."
endif
if failure$ <> ""
    exitScript: failure$
endif
