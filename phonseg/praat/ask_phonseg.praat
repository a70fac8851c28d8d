# phonseg's plug-in for Praat, written by: phonseg praat install
# What its commands share: the selected Sounds are saved, phonseg is asked, and what it has to say is shown.

# Every Sound is saved beside this script, where no other person can read it, in whole numbers of 32 bits: they keep
# everything that a recording of 16 or 24 bits has. A Sound that is too loud for such a file is scaled down first.
procedure saveSounds
    python$ = {python}
    stem$ = defaultDirectory$ + "/phonseg-" + string$ (randomInteger (100000000, 999999999))
    n = numberOfSelected ("Sound")
    if n = 0
        exitScript: "Select one or more Sounds first."
    endif
    names$ = ""
    for i to n
        sound [i] = selected ("Sound", i)
        name$ [i] = selected$ ("Sound", i)
        names$ = names$ + name$ [i] + newline$
    endfor
    for i to n
        selectObject: sound [i]
        start [i] = Get start time
        loudest = Get absolute extremum: 0, 0, "none"
        gain [i] = 1
        copy = 0
        if loudest > 1
            copy = Copy: "phonseg"
            Scale peak: 0.99
            gain [i] = loudest / 0.99
        endif
        nocheck Save as 32-bit WAV file: stem$ + "-" + string$ (i) + ".wav"
        if copy
            removeObject: copy
        endif
    endfor
endproc

# .what$ is asked of all Sounds, in one or more lines.
procedure ask: .what$
    request$ = stem$ + ".request"
    nocheck writeFile: request$, .what$ + newline$ + names$
    nocheck runSubprocess: python$, "-P", "-X", "utf8", "-m", "phonseg", "praat", "answer", request$
    failure$ = ""
    if fileReadable (stem$ + ".failed")
        failure$ = readFile$ (stem$ + ".failed")
    endif
    warning$ = ""
    if fileReadable (stem$ + ".warned")
        warning$ = readFile$ (stem$ + ".warned")
    endif
endproc

# The made objects, made [1] to made [made], are selected; or the Sounds, if there are none.
procedure showAnswer
    for i to n
        deleteFile: stem$ + "-" + string$ (i) + ".wav"
    endfor
    deleteFile: request$
    deleteFile: stem$ + ".failed"
    deleteFile: stem$ + ".warned"
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
endproc
