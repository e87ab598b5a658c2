"""The command line: `companion demo | chat | serve | models | fit | plan | costs | lab | …`.

Each command imports what it needs when it runs, so that `companion --help` costs nothing.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from companion import __version__
from companion.errors import CompanionError, MissingExtra

FIRST_STEPS = """\
New here?
  companion doctor      is everything in place?
  companion demo        talk in the browser, at http://127.0.0.1:7860
  companion lab         open the course in JupyterLab
"""

Run = Callable[[argparse.Namespace, list[str]], int]


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 1 for an explained error, 2 for wrong usage."""
    argv = sys.argv[1:] if argv is None else argv
    parser, commands = _parser()
    _check_command(parser, commands, argv)
    options, rest = parser.parse_known_args(argv)
    if rest and not options.passes_on:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        status: int = options.run(options, rest)
        return status
    except CompanionError as error:
        print(f"companion: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _check_command(
    parser: argparse.ArgumentParser, commands: Collection[str], argv: Sequence[str]
) -> None:
    """End with the nearest command where the first word is none: argparse would not say it."""
    word = next((word for word in argv if not word.startswith("-")), None)
    if word is None or word in commands:
        return
    near = difflib.get_close_matches(word, commands, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(commands)}"
    parser.error(f"there is no command {word!r}: {hint}")


def _parser() -> tuple[argparse.ArgumentParser, Collection[str]]:
    """The parser, and the commands that it knows."""
    parser = argparse.ArgumentParser(
        prog="companion",
        description="A virtual companion out of open parts, and the course that builds it.",
        epilog=FIRST_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"companion-lab {__version__}")
    parser.set_defaults(run=lambda options, rest: _help(parser), passes_on=False)
    commands = parser.add_subparsers(title="commands", metavar="")

    demo = _command(commands, "demo", "serve the companion's page", _demo)
    _conversation_options(demo)
    demo.add_argument("--host", help="address to listen on (default: server.host)")
    demo.add_argument("--port", type=int, help="port to listen on (default: server.port)")
    demo.add_argument("--root-path", default="", help="path under which a proxy shows the page")

    _conversation_options(_command(commands, "chat", "talk in the terminal", _chat))

    serve = _command(commands, "serve", "answer other programs, as OpenAI's API does", _serve)
    _conversation_options(serve)
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, default=8010, help="port to listen on (default: 8010)")
    serve.add_argument(
        "--cors",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let web pages of this origin ask, such as http://localhost:3000; may be repeated",
    )

    _command(commands, "models", "list, fetch or time models", _models, passes_on=True)

    fit = _command(commands, "fit", "see what memory a model takes, and what fits where", _fit)
    fit.add_argument("model", nargs="?", help="a model, or a folder (default: all of configs)")
    fit.add_argument("gpu", nargs="?", help="a GPU, a profile, or here (default: all of configs)")
    fit.add_argument("--context", type=int, metavar="N", help="tokens (default: 4096 at most)")
    fit.add_argument("--users", type=int, default=1, metavar="M", help="at once (default: 1)")
    fit.add_argument("--json", action="store_true", help="for programs, in bytes")

    _command(commands, "plan", "choose a stack for what you have, priced", _plan, passes_on=True)

    costs = _command(commands, "costs", "see what this month's answers cost and saved", _costs)
    costs.add_argument("--profile", help="profile to use (configs/profiles)")
    costs.add_argument("--against", metavar="MODEL", help="the model that savings are counted by")
    costs.add_argument("--record", action="store_true", help="keep it as an MLflow run, too")

    _command(commands, "lab", "open JupyterLab at the welcome notebook", _lab, passes_on=True)

    mlflow = _command(commands, "mlflow", "show recorded runs and traces in the browser", _mlflow)
    mlflow.add_argument("--profile", help="profile whose tracking store is shown")
    mlflow.add_argument("--host", default="127.0.0.1", help="address to listen on")
    mlflow.add_argument("--port", type=int, default=5000, help="port to listen on (default: 5000)")

    doctor = _command(
        commands, "doctor", "check what is in place and how to mend the rest", _doctor
    )
    doctor.add_argument("--profile", help="profile to check (configs/profiles)")
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.add_argument(
        "--routing", action="store_true", help="examine routing instead, with a drill of faults"
    )

    _command(commands, "notebooks", "write, check and run the course", _notebooks, passes_on=True)

    train = _command(commands, "train", "train an embedded model again", _train, passes_on=True)
    train.add_argument("model", choices=["tiny"])
    return parser, commands.choices


def _command(
    commands: Any, name: str, summary: str, run: Run, *, passes_on: bool = False
) -> argparse.ArgumentParser:
    """A sub-command; one that `passes_on` leaves all its options to what it starts."""
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, add_help=not passes_on, allow_abbrev=False
    )
    command.set_defaults(run=run, passes_on=passes_on)
    return command


def _conversation_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--profile", help="profile to use (configs/profiles)")
    command.add_argument(
        "--language", choices=["en", "fr"], help="default: language in the settings"
    )


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 0


def _demo(options: argparse.Namespace, rest: list[str]) -> int:
    from companion.config import load

    server = {"host": options.host, "port": options.port, "root_path": options.root_path}
    with _needs("demo"):
        from companion.app.server import serve
    serve(load(options.profile, **_given(language=options.language, server=_given(**server))))
    return 0


def _chat(options: argparse.Namespace, rest: list[str]) -> int:
    from companion.config import load
    from companion.terminal import converse

    return converse(load(options.profile, **_given(language=options.language)))


def _serve(options: argparse.Namespace, rest: list[str]) -> int:
    from companion.config import load

    with _needs("demo"):
        from companion.serving import serve
    settings = load(options.profile, **_given(language=options.language))
    serve(settings, options.host, options.port, options.cors)
    return 0


def _models(options: argparse.Namespace, rest: list[str]) -> int:
    from companion.models import main

    return main(rest)


def _fit(options: argparse.Namespace, rest: list[str]) -> int:
    from companion import fit

    return fit.main(options.model, options.gpu, options.context, options.users, options.json)


def _plan(options: argparse.Namespace, rest: list[str]) -> int:
    from companion.advising import main

    return main(rest)


def _costs(options: argparse.Namespace, rest: list[str]) -> int:
    from companion import costs

    return costs.main(options.profile, options.against, options.record)


def _lab(options: argparse.Namespace, rest: list[str]) -> int:
    from companion.lab import open_jupyterlab

    with _needs("lab"):
        return open_jupyterlab(rest)


def _mlflow(options: argparse.Namespace, rest: list[str]) -> int:
    from companion.config import load
    from companion.lab import serve_mlflow

    with _needs("track"):
        return serve_mlflow(load(options.profile), options.host, options.port)


def _doctor(options: argparse.Namespace, rest: list[str]) -> int:
    from companion import doctor

    return doctor.main(options.profile, as_json=options.json, routing=options.routing)


def _notebooks(options: argparse.Namespace, rest: list[str]) -> int:
    with _needs("lab"):
        from companion.notebooks import main

        return main(rest)


def _train(options: argparse.Namespace, rest: list[str]) -> int:
    with _needs("local"):
        from companion.training.__main__ import main

        return main(rest)


def _given(**options: Any) -> dict[str, Any]:
    """The options that were given; the others are left to the settings."""
    return {name: value for name, value in options.items() if value not in (None, "", {})}


@contextmanager
def _needs(extra: str) -> Iterator[None]:
    """A library that is not installed becomes an error that names the extra to install."""
    try:
        yield
    except ModuleNotFoundError as error:
        if not error.name or error.name.split(".")[0] == "companion":
            raise
        raise MissingExtra(error.name, extra) from None


if __name__ == "__main__":
    sys.exit(main())
