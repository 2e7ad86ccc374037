"""Twilio's markup, as much of it as a call to Lilly meets, read as strictly as Twilio reads it. Pure."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field


class BadTwiml(ValueError):
    """A document that this telephone company does not carry out."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text in Twilio's own voice."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    length_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with the document of another address."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call; `<Reject>` is the same to who called."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Call a number and connect the two."""

    number: str
    timeout_s: float = 30.0
    action: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectStream:
    """Open a media stream both ways, until the other side closes it."""

    url: str
    action: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)


Verb = Say | Pause | Redirect | Hangup | Dial | ConnectStream


def parse(document: str) -> list[Verb]:
    """The verbs of a document, in order. Raises `BadTwiml` for anything not understood."""
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        raise BadTwiml(f"not XML: {error}") from None
    if root.tag != "Response":
        raise BadTwiml(f"the root must be <Response>, not <{root.tag}>")
    return [_verb(element) for element in root]


def _verb(element: ElementTree.Element) -> Verb:
    reader = _READERS.get(element.tag)
    if reader is None:
        raise BadTwiml(f"<{element.tag}> is not carried out here; {', '.join(sorted(_READERS))} are")
    return reader(element)


def _say(element: ElementTree.Element) -> Say:
    _allow(element, "voice", "language", "loop")
    text = _text(element)
    if not text:
        raise BadTwiml("<Say> has no text")
    return Say(text, element.get("language"))


def _pause(element: ElementTree.Element) -> Pause:
    _allow(element, "length")
    return Pause(_seconds(element, "length", 1.0))


def _redirect(element: ElementTree.Element) -> Redirect:
    _allow(element, "method")
    return Redirect(_text(element), element.get("method", "POST").upper())


def _hangup(element: ElementTree.Element) -> Hangup:
    _allow(element, "reason")
    return Hangup()


def _dial(element: ElementTree.Element) -> Dial:
    _allow(element, "action", "method", "timeout", "callerId", "answerOnBridge", "timeLimit")
    numbers = [_text(child) for child in element if child.tag == "Number"] or [_text(element)]
    if len(numbers) != 1 or not numbers[0]:
        raise BadTwiml("<Dial> must hold one number")
    return Dial(numbers[0], _seconds(element, "timeout", 30.0), element.get("action"))


def _connect(element: ElementTree.Element) -> ConnectStream:
    _allow(element, "action", "method")
    if [child.tag for child in element] != ["Stream"]:
        raise BadTwiml("<Connect> must hold one <Stream>")
    stream = element[0]
    _allow(stream, "url", "name", "track", "statusCallback", "statusCallbackMethod")
    url = stream.get("url", "")
    if "?" in url or not url:
        raise BadTwiml("<Stream> needs a url without a query string")
    return ConnectStream(url, element.get("action"), dict(_parameter(child) for child in stream))


def _parameter(element: ElementTree.Element) -> tuple[str, str]:
    name, value = element.get("name"), element.get("value")
    if element.tag != "Parameter" or not name or value is None:
        raise BadTwiml("<Stream> may hold <Parameter name=… value=…> alone")
    if len(name) + len(value) > 500:
        raise BadTwiml("a <Parameter> holds at most 500 characters")
    return name, value


def _text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _seconds(element: ElementTree.Element, name: str, default: float) -> float:
    value = element.get(name)
    if value is None:
        return default
    if not value.isdecimal():
        raise BadTwiml(f"{name} of <{element.tag}> must be whole seconds")
    return float(value)


def _allow(element: ElementTree.Element, *names: str) -> None:
    unknown = sorted(set(element.keys()) - set(names))
    if unknown:
        raise BadTwiml(f"<{element.tag}> has no {', '.join(unknown)}")


_READERS: dict[str, Callable[[ElementTree.Element], Verb]] = {
    "Say": _say,
    "Pause": _pause,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _hangup,
    "Dial": _dial,
    "Connect": _connect,
}
