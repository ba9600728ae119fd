"""The command line: `token0-gateway run | plugins | config | explain | doctor`, and what plugins add."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import msgspec
import yaml

from token0 import config as configuration
from token0 import plugins
from token0.errors import ConfigError, Token0Error
from token0.types import Quality

_EPILOG = "Exit codes: 0 done, 1 mistakes were found or nothing could be done, 2 wrong usage."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        registry = plugins.load()
        arguments = _parser(registry).parse_args(argv)
        if getattr(arguments, "own", False):
            return int(arguments.run(arguments, registry))
        return int(arguments.run(arguments))
    except ConfigError as error:
        print(*error.mistakes, sep="\n", file=sys.stderr)
    except (Token0Error, OSError) as error:
        print(f"token0-gateway: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _parser(registry: plugins.Registry) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("token0-gateway", description=__doc__, epilog=_EPILOG)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = _command(commands, "run", _run, "start the gateway")
    run.add_argument("--config", metavar="FILE", help="the YAML; without it nothing is optimized")
    run.add_argument("--host", help="address to listen on (server.host)")
    run.add_argument("--port", type=_between(0, 65_535), help="port to listen on, 0 for any free one (server.port)")
    run.add_argument(
        "--workers", type=_between(1, 256), default=1, metavar="N", help="server processes that share the port"
    )

    listing = _command(commands, "plugins", _plugins, "list the installed plugins and what they offer")
    listing.add_argument("--json", action="store_true", help="for programs")

    checked = commands.add_parser("config", help="check, show or describe the configuration")
    actions = checked.add_subparsers(required=True, metavar="ACTION")
    for name, function, text in (
        ("check", _config_check, "load it as `run` would, and list every mistake"),
        ("show", _config_show, "print it with defaults filled in and secrets hidden"),
    ):
        _command(actions, name, function, text).add_argument("--config", metavar="FILE", help="the YAML")
    _command(actions, "schema", _config_schema, "print the JSON Schema of what is installed")

    explain = _command(commands, "explain", _explain, "show what would be done to an image, and why; no network")
    explain.add_argument("image", type=Path)
    explain.add_argument(
        "--model", required=True, action="append", help="as a client would name it; several times to compare"
    )
    explain.add_argument("--prompt", default="", help="the text that goes along with the image")
    explain.add_argument("--detail", help="the client's own choice of resolution")
    explain.add_argument("--quality", choices=get_args(Quality), help="how much a step may take away (quality)")
    explain.add_argument("--config", metavar="FILE", help="the YAML")
    explain.add_argument("--html", type=Path, metavar="FILE", help="write a page that shows it before and after")
    explain.add_argument("--json", action="store_true", help="for programs")

    doctor = _command(commands, "doctor", _doctor, "check this installation for known traps")
    doctor.add_argument("--config", metavar="FILE", help="the YAML, to look at its permissions too")
    doctor.add_argument("--json", action="store_true", help="for programs")

    for name, call in registry.each("token0_commands", subparsers=commands):
        try:
            call()
        except Exception as error:
            print(f"token0-gateway: the commands of plugin {name} are missing: {error!r}", file=sys.stderr)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    function: Callable[[argparse.Namespace, plugins.Registry], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=function, own=True)
    return parser


def _between(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"must be {low} to {high}, not {value}")
        return value

    return number


def _load(path: str | None, registry: plugins.Registry) -> configuration.Config:
    return configuration.load(path, registry) if path else configuration.default(registry)


def _run(arguments: argparse.Namespace, registry: plugins.Registry) -> int:
    from token0.server import Source, listen, prefork, serve

    logging.getLogger("token0").setLevel(logging.INFO)
    source = Source(lambda: _load(arguments.config, registry), registry)
    host = arguments.host or source.config.server.host
    sock = listen(host, source.config.server.port if arguments.port is None else arguments.port)
    port = sock.getsockname()[1]
    print(f"token0-gateway listens on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
    if arguments.workers > 1:
        return prefork(source, sock, arguments.workers)
    # What start-up made stays: no need to walk it in every collection.
    gc.freeze()
    asyncio.run(serve(source, sock))
    return 0


def _plugins(arguments: argparse.Namespace, registry: plugins.Registry) -> int:
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(registry.installed), indent=2).decode())
    for plugin in () if arguments.json else registry.installed:
        print(f"{plugin.distribution} {plugin.version}" + (" - BROKEN" if plugin.failure else ""))
        if plugin.failure:
            print(f"  {plugin.failure}")
        for kind, names in plugin.offers.items():
            print(f"  {kind.replace('_', ' ')}: {', '.join(names)}")
    return 1 if registry.failures else 0


def _config_check(arguments: argparse.Namespace, registry: plugins.Registry) -> int:
    from token0.engine import Engine

    config = _load(arguments.config, registry)

    async def build() -> None:
        engine = Engine(config, registry)
        engine.startup()
        await engine.close()

    asyncio.run(build())
    print(f"{arguments.config or 'the default configuration'}: no mistakes")
    return 0


def _config_show(arguments: argparse.Namespace, registry: plugins.Registry) -> int:
    print(yaml.safe_dump(configuration.show(_load(arguments.config, registry)), sort_keys=False), end="")
    return 0


def _config_schema(_: argparse.Namespace, registry: plugins.Registry) -> int:
    print(json.dumps(configuration.schema(registry), indent=2))
    return 0


def _explain(arguments: argparse.Namespace, registry: plugins.Registry) -> int:
    from token0.explain import explain, render, render_table
    from token0.page import page

    config = _load(arguments.config, registry)
    if arguments.quality:
        config = msgspec.structs.replace(config, quality=arguments.quality)
    if not config.pipeline:
        print("token0-gateway: no step is tried: --config names no YAML with a pipeline", file=sys.stderr)
    data = arguments.image.read_bytes()
    explained = asyncio.run(
        explain(config, registry, data, arguments.model, prompt=arguments.prompt, detail=arguments.detail)
    )
    reports = [each.report for each in explained]
    if arguments.html:
        # A file name need not be Unicode.
        text = page(arguments.image.name, arguments.prompt, explained)
        arguments.html.write_text(text, encoding="utf-8", errors="xmlcharrefreplace")
    if arguments.json:
        priced = [report.priced() for report in reports]
        shown = priced if len(priced) > 1 else priced[0]
        print(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())
    else:
        print(render_table(reports) if len(reports) > 1 else render(reports[0]))
    return 0


def _doctor(arguments: argparse.Namespace, registry: plugins.Registry) -> int:
    from token0.doctor import examine

    findings = examine(registry, _load(arguments.config, registry) if arguments.config else None)
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(findings), indent=2).decode())
    for finding in () if arguments.json else findings:
        print(f"{'ok  ' if finding.ok else 'BAD '} {finding.what}: {finding.found}")
        if not finding.ok:
            print(f"     {finding.remedy}")
    return 0 if all(finding.ok for finding in findings) else 1


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
