"""token0.worker: the loop of a worker process, over real pipes, and its one piece of work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from fakes import joining, lab

from token0 import plugins
from token0.interfaces import NoConfig, Optimizer
from token0.pipeline import Outcome
from token0.types import Image, Placed, Text
from token0.worker import join, work
from token0.workers import FRAME, JointTask, Setup, Task

SETUP = Setup(memory_bytes=1 << 29, pipeline=(("act", b"{}"),))
IMAGE = Image(data=b"grey", format="png", width=6400, height=6400)
LIMITS = """
import resource, signal
from token0 import worker
from token0.types import Text

def limits(*_):
    limits = resource.getrlimit(resource.RLIMIT_DATA), resource.getrlimit(resource.RLIMIT_CORE)
    return worker.Outcome((Text(f"{limits} {signal.getsignal(signal.SIGINT).name}"),))

worker.work = limits
worker.main()
"""


def task(prompt: str = "", model: str = "lab") -> Task:
    return Task(image=IMAGE, provider="lab", model=model, quality="legible", prompt=prompt, coordinates=False)


def frame(message: object) -> bytes:
    encoded = msgspec.msgpack.encode(message)
    return FRAME.pack(len(encoded)) + encoded


def talk(*messages: object, program: tuple[str, ...] = ("-m", "token0.worker")) -> tuple[int, list[Outcome]]:
    """The exit status and the answers of a worker that reads `messages`, each a value or bytes."""
    spoken = b"".join(message if isinstance(message, bytes) else frame(message) for message in messages)
    done = subprocess.run([sys.executable, *program], input=spoken, capture_output=True, timeout=60, check=False)
    answers, rest = [], done.stdout
    while rest:
        (length,) = FRAME.unpack(rest[: FRAME.size])
        answers.append(msgspec.msgpack.decode(rest[FRAME.size : FRAME.size + length], type=Outcome))
        rest = rest[FRAME.size + length :]
    return done.returncode, answers


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.install(tmp_path, monkeypatch)


@pytest.mark.usefixtures("installed")
def test_each_task_is_answered_in_order_until_the_input_closes() -> None:
    status, answers = talk(SETUP, task("pid"), task("fail"), task("rest"))
    assert status == 0
    assert isinstance(answers[0].contents[0], Text)
    assert [answer.steps[0].why for answer in answers] == ["pid", "failed: ValueError", "told to rest"]


@pytest.mark.usefixtures("installed")
def test_input_that_ends_within_a_head_ends_the_worker() -> None:
    assert talk(SETUP, task("pid"), b"\x01")[0] == 0


def test_limits_are_set_and_ctrl_c_is_left_to_the_gateway() -> None:
    status, (answer,) = talk(Setup(memory_bytes=1 << 28, pipeline=()), task(), program=("-c", LIMITS))
    assert status == 0
    assert answer.contents == (Text("((268435456, 268435456), (0, 0)) SIG_IGN"),)


@pytest.fixture
def steps() -> list[Optimizer]:
    return [lab.Act(NoConfig())]


def test_the_rule_is_looked_up_by_name(steps: list[Optimizer]) -> None:
    (step,) = work(plugins.load([], [lab]), steps, task("rest")).steps
    assert step.tokens_before == 40_000


def test_a_model_without_a_rule_keeps_its_image(steps: list[Optimizer]) -> None:
    assert work(plugins.load([], [lab]), steps, task("pid", "unheard-of")) == Outcome((IMAGE,))


@pytest.mark.parametrize(("model", "text"), [("lab", "1 for lab by"), ("unheard-of", "no image-token rule")])
def test_images_are_joined_by_the_step_of_their_number(model: str, text: str) -> None:
    images = (Placed(part=0, message=0, original=IMAGE, contents=(IMAGE,)),)
    asked = JointTask(step=0, images=images, why="told to", provider="lab", model=model, quality="legible")
    made = join(plugins.load([], [joining]), [joining.Together(NoConfig())], asked)
    assert text in str(made)
