"""`phonseg praat`: installs and removes the plug-in by which Praat calls phonseg, and answers the plug-in's calls."""

from __future__ import annotations

from phonseg.cli.options import Commands, Options, add_command
from phonseg.errors import printable

EXAMPLES = """
  phonseg praat install                  then restart Praat
  phonseg praat uninstall
"""
INSTALL_EXAMPLES = """
  phonseg praat install                  where Praat 6 and 7 look for plug-ins
  phonseg praat install --folder prefs   for: praat --pref-dir=prefs
"""
UNINSTALL_EXAMPLES = """
  phonseg praat uninstall
  phonseg praat uninstall --folder prefs
"""


def add(commands: Commands) -> None:
    """Adds the command and its own commands."""
    purpose = "add commands to Praat that segment Sounds and change their tempo, or remove them"
    parser = add_command(commands, "praat", None, purpose, EXAMPLES)
    own = parser.add_subparsers(title="commands", required=True, metavar="install | uninstall")
    for name, run, purpose, examples in (
        (
            "install",
            install,
            "add 'To TextGrid (phonseg)...' and 'Change tempo (phonseg)...' to Praat",
            INSTALL_EXAMPLES,
        ),
        ("uninstall", uninstall, "remove the commands from Praat", UNINSTALL_EXAMPLES),
    ):
        parser = add_command(own, name, run, purpose, examples)
        what = "Praat's preferences folder (default: those of Praat 6 and 7)"
        parser.add_argument("--folder", metavar="FOLDER", help=what)
    parser = own.add_parser("answer", description="What Praat calls.")  # not listed in the help, since it has no help=
    parser.add_argument("request", metavar="REQUEST", help="the file that Praat's plug-in has written")
    parser.set_defaults(run=answer, debug=False)


def install(options: Options) -> int:
    """Writes the plug-in, and prints where it is and what to do next."""
    from phonseg.praat.plugin import install

    for plugin in install(options.folder):
        print(printable(f"{plugin} written."))
    print("Start Praat again. Select a Sound, then choose Annotate > To TextGrid (phonseg)...,")
    print("or Convert > Change tempo (phonseg)...")
    return 0


def uninstall(options: Options) -> int:
    """Removes the plug-in, and prints what was removed and what was kept."""
    from phonseg.praat.plugin import uninstall

    emptied, kept = uninstall(options.folder)
    for plugin in emptied:
        gone = f"{plugin} removed." if not plugin.exists() else f"What phonseg wrote in {plugin} is removed."
        print(printable(gone))
    for path in kept:
        print(printable(f"{path} stays, since phonseg did not write it."))
    print("The commands disappear when Praat is started again." if emptied else "There was nothing to remove.")
    return 0


def answer(options: Options) -> int:
    """Answers a request of the plug-in, which reads the messages from files; returns 1 if it failed."""
    from phonseg.praat.request import answer

    return 0 if answer(options.request) else 1
