"""What the Ollama dialect finds in a body, and that it changes nothing else there."""

from __future__ import annotations

import base64
import json

import pytest

from token0.errors import BadRequest, UpstreamError
from token0.report import Report
from token0.splice import splice
from token0.testing import png
from token0.types import Image, Text, Usage
from token0.wire import Endpoint
from token0_ollama.dialect import Ollama

OLLAMA = Ollama()
CHAT = Endpoint(kind="generate", path="/api/chat")
SMALL = base64.b64encode(png(2, 2)).decode()
LARGE = base64.b64encode(png(9, 9)).decode()
CHANGED = Image(data=png(1, 1), format="png", width=1, height=1)
CHANGED64 = base64.b64encode(png(1, 1)).decode()


def read(document):
    return OLLAMA.read(json.dumps(document).encode(), CHAT)


def changed(document, changes):
    request = read(document)
    return json.loads(splice(request.body, OLLAMA.edits(request, changes)))


def chat(*messages, **fields):
    return {"model": "llava:7b", "messages": list(messages), **fields}


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/api/chat", "generate"),
        ("POST", "/api/generate", "generate"),
        ("GET", "/api/tags", "relay"),
        ("GET", "/api/version", "relay"),
        ("GET", "/api/ps", "relay"),
        ("POST", "/api/show", "relay"),
        ("POST", "/api/pull", "relay"),
        ("POST", "/api/embed", "relay"),
        ("DELETE", "/api/delete", "relay"),
        ("HEAD", "/", "relay"),
    ],
)
def test_paths_of_ollama_go_below_its_base_url(method, path, kind):
    assert OLLAMA.match(method, path, {}) == Endpoint(kind=kind, path=path)


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/v1/chat/completions"), ("GET", "/apis")])
def test_other_paths_are_not_ollamas(method, path):
    assert OLLAMA.match(method, path, {}) is None


def test_images_of_messages_are_found_with_their_turn():
    request = read(chat({"role": "user", "content": "one", "images": [SMALL, LARGE]}, {"role": "user", "content": "b"}))
    assert [(part.path, part.base64, part.prompt) for part in request.parts] == [
        (("messages", 0, "images", 0), SMALL, "one"),
        (("messages", 0, "images", 1), LARGE, "one"),
    ]


def test_images_beside_a_prompt_are_found():
    (part,) = read({"model": "llava:7b", "prompt": "what?", "images": [SMALL]}).parts
    assert (part.path, part.base64, part.prompt) == (("images", 0), SMALL, "what?")


@pytest.mark.parametrize(("said", "streamed"), [({}, True), ({"stream": True}, True), ({"stream": False}, False)])
def test_answers_are_streamed_unless_the_client_says_no(said, streamed):
    assert read(chat(**said)).stream is streamed


def test_a_data_prefix_is_taken_off_because_ollama_refuses_it():
    request = read(chat({"role": "user", "content": "a", "images": [f"data:image/png;base64,{SMALL}"]}))
    assert (request.parts[0].base64, request.parts[0].media_type) == (SMALL, "image/png")
    assert json.loads(splice(request.body, request.edits))["messages"][0]["images"] == [SMALL]


def test_a_changed_image_with_a_data_prefix_is_sent_without_it():
    request = read(chat({"role": "user", "content": "a", "images": [f"data:image/png;base64,{SMALL}"]}))
    body = splice(request.body, [*request.edits, *OLLAMA.edits(request, {0: [CHANGED]})])
    assert json.loads(body)["messages"][0]["images"] == [CHANGED64]


def test_line_breaks_in_base64_are_left_to_ollama_which_takes_them():
    request = read(chat({"role": "user", "content": "a", "images": [SMALL[:20] + "\n" + SMALL[20:]]}))
    assert request.edits == ()


def test_a_body_without_images_needs_no_edit():
    request = read(chat({"role": "user", "content": "hi"}, options={"num_ctx": 8192}))
    assert (request.parts, request.edits) == ((), ())


def test_only_the_bytes_of_a_changed_image_differ():
    body = (
        '{ "model":"llava:7b",\r\n "messages" : [ {"content":"Gr\\u00fc\\u00dfe","role":"user",'
        '"images":[ "%s" , "%s"]}],'
        '"options":{"temperature":1.0e0}, "x":null }'
    )
    request = OLLAMA.read((body % (SMALL, LARGE)).encode(), CHAT)
    assert splice(request.body, OLLAMA.edits(request, {1: [CHANGED]})) == (body % (SMALL, CHANGED64)).encode()


def test_a_detail_is_not_written_because_ollama_has_none():
    low = Image(data=CHANGED.data, format="png", width=1, height=1, detail="low")
    document = chat({"role": "user", "content": "hi", "images": [SMALL]})
    assert changed(document, {0: [low]}) == changed(document, {0: [CHANGED]})


def test_an_image_that_became_text_joins_the_content_of_its_message():
    document = chat(
        {"role": "user", "content": "first", "images": [SMALL, LARGE]},
        {"role": "user", "content": "second", "images": [SMALL]},
    )
    assert changed(document, {0: [Text("INVOICE")]})["messages"] == [
        {"role": "user", "content": "first\nINVOICE", "images": [LARGE]},
        {"role": "user", "content": "second", "images": [SMALL]},
    ]


def test_all_changes_of_one_message_are_made_together():
    document = chat({"role": "user", "content": "q", "images": [SMALL, LARGE, SMALL]})
    assert changed(document, {0: [Text("A")], 1: [CHANGED], 2: [Text("C")]})["messages"] == [
        {"role": "user", "content": "q\nA\nC", "images": [CHANGED64]}
    ]


def test_one_image_may_become_several():
    document = chat({"role": "user", "content": "q", "images": [SMALL]})
    assert changed(document, {0: [CHANGED, Text("label"), CHANGED]})["messages"] == [
        {"role": "user", "content": "q\nlabel", "images": [CHANGED64, CHANGED64]}
    ]


def test_text_takes_the_place_of_the_mark_of_its_image():
    document = chat({"role": "user", "content": "left [img] right [img] which?", "images": [SMALL, LARGE]})
    assert changed(document, {1: [Text("TWO")]})["messages"] == [
        {"role": "user", "content": "left [img] right TWO which?", "images": [SMALL]}
    ]


@pytest.mark.parametrize("content", [{}, {"content": ""}, {"content": None}])
def test_text_makes_the_content_of_a_message_that_had_none(content):
    message = changed(chat({"role": "user", "images": [SMALL], **content}), {0: [Text("A")]})["messages"][0]
    assert message == {"role": "user", "content": "A", "images": []}


def test_text_joins_the_prompt_of_a_generate_request():
    document = {"model": "llava:7b", "prompt": "sum?", "images": [SMALL]}
    assert changed(document, {0: [Text("7 EUR")]}) == {"model": "llava:7b", "prompt": "sum?\n7 EUR", "images": []}


def test_another_model_is_named_in_place():
    request = read(chat())
    assert json.loads(splice(request.body, OLLAMA.edits_model(request, "moondream:2")))["model"] == "moondream:2"


def test_tools_that_click_are_noticed():
    tools = [{"type": "function", "function": {"name": "click", "parameters": {"properties": {"x": {}, "y": {}}}}}]
    assert read(chat({"role": "user", "content": "a", "images": [SMALL]}, tools=tools)).coordinates


def test_fields_for_the_gateway_are_taken_out():
    request = read(chat(token0_optimize=False))
    assert not request.options.optimize
    assert "token0_optimize" not in json.loads(splice(request.body, request.edits))


@pytest.mark.parametrize(
    ("document", "param"),
    [
        ({"messages": []}, "model"),
        (chat({"role": "user", "content": "a", "images": "x"}), "messages[0].images"),
        (chat({"role": "user", "content": "a", "images": [7]}), "messages[0].images[0]"),
        (chat({"role": "user", "content": ["a"], "images": [SMALL]}), "messages[0].content"),
        (chat("hi"), "messages[0]"),
        ({"model": "m", "messages": {}}, "messages"),
        ({"model": "m", "prompt": 1, "images": [SMALL]}, "prompt"),
    ],
)
def test_a_mistake_is_named_with_its_place(document, param):
    with pytest.raises(BadRequest) as caught:
        read(document)
    assert caught.value.param == param


def test_an_error_has_ollamas_shape():
    assert json.loads(OLLAMA.error(BadRequest("no"))) == {"error": "no"}


def test_an_error_in_a_stream_is_one_line():
    assert OLLAMA.error_event(UpstreamError("gone")) == b'{"error":"gone"}\n'


def test_usage_is_read_from_the_last_line():
    assert OLLAMA.usage({"done": True, "prompt_eval_count": 602, "eval_count": 7}, None) == Usage(
        input_tokens=602, output_tokens=7
    )


def test_a_line_without_counts_keeps_what_was_known():
    before = Usage(input_tokens=1)
    assert OLLAMA.usage({"message": {"content": "a"}, "done": False}, before) == before


@pytest.mark.parametrize(
    ("line", "carried"),
    [
        (b'{"message":{"content":""},"done":true,"done_reason":"stop"}\n', True),
        (b'{"response":"","done" : true}\n', True),
        (b'{"message":{"content":"a"},"done":false}\n', False),
        (b'{"message":{"content":"\xff"},"done":true}\n', False),
        (b'{"message":{"content":"\\"done\\":true"},"done":false}\n', False),
        (b'{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"done":true}}}]},"done":false}\n', False),
        (b"\n", False),
    ],
)
def test_the_report_joins_the_line_that_ends_the_answer(line, carried):
    report = Report(request_id="r", dialect="ollama")
    told = OLLAMA.tap(read(chat()), report).feed(line)
    assert told.endswith(line[-1:])
    assert (b'"token0":' in told, told == line) == (carried, not carried)


@pytest.mark.parametrize(("line", "ends"), [(b'{"done":true}\n', True), (b'{"done":false}\n', False), (b"\n", False)])
def test_a_stream_is_complete_with_the_line_that_says_so(line, ends):
    assert OLLAMA.ends(line) is ends
