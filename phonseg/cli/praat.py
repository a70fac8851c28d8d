"""`phonseg praat`: the plug-in by which Praat calls phonseg, put in and taken away; and Praat's call itself."""

from __future__ import annotations

from phonseg.cli.options import Commands, Options, Parser, add_command

EXAMPLES = """
  phonseg praat install                  then start Praat again
  phonseg praat uninstall
"""
INSTALL_EXAMPLES = """
  phonseg praat install                  where Praat 6 and 7 look for it
  phonseg praat install --folder prefs   for: praat --pref-dir=prefs
"""
UNINSTALL_EXAMPLES = """
  phonseg praat uninstall
  phonseg praat uninstall --folder prefs
"""


def add(commands: Commands) -> None:
    """Add the parsers of this command and of its own commands."""
    purpose = "call phonseg from Praat: a command for Sounds, put into Praat or taken away"
    own = add_command(commands, "praat", None, purpose, EXAMPLES).add_subparsers(
        title="commands", required=True, metavar="install | uninstall"
    )
    parser = add_command(own, "install", install, "put 'To TextGrid (phonseg)...' into Praat", INSTALL_EXAMPLES)
    _add_folder(parser)
    parser = add_command(own, "uninstall", uninstall, "take the plug-in away again", UNINSTALL_EXAMPLES)
    _add_folder(parser)
    parser = own.add_parser("answer", description="What Praat calls.")  # without help, it is not listed
    parser.add_argument("request", metavar="REQUEST", help="the file that Praat's plug-in has written")
    parser.set_defaults(run=answer, debug=False)


def install(options: Options) -> int:
    """Write the plug-in, and say where it is and what to do next."""
    from phonseg.praat.plugin import install

    for plugin in install(options.folder):
        print(f"{plugin} written.")
    print("Start Praat again. Select a Sound, then choose Annotate > To TextGrid (phonseg)...")
    return 0


def uninstall(options: Options) -> int:
    """Remove the plug-in, and say what is gone and what stays."""
    from phonseg.praat.plugin import uninstall

    emptied, stays = uninstall(options.folder)
    for plugin in emptied:
        print(f"{plugin} removed." if not plugin.exists() else f"What phonseg wrote in {plugin} is removed.")
    for path in stays:
        print(f"{path} stays, since phonseg did not write it.")
    print("Praat forgets the command when it is started again." if emptied else "There was nothing to remove.")
    return 0


def answer(options: Options) -> int:
    """Answer a request of the plug-in; Praat reads what is said from files. 1 if something failed."""
    from phonseg.praat.request import answer

    return 0 if answer(options.request) else 1


def _add_folder(parser: Parser) -> None:
    parser.add_argument(
        "--folder", metavar="FOLDER", help="Praat's preferences folder (default: those of Praat 6 and 7)"
    )
