"""The media-stream socket: Twilio connects, proves whose call it is, and the call is served until one side ends it."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import cast, get_args

from flask import Blueprint, Flask, request
from flask_sock import Sock
from gevent import Timeout
from gevent.queue import Queue
from simple_websocket import ConnectionClosed, Server

from ivr import call_ends, calls, doctors
from ivr.agent.history import History
from ivr.agent.language import CallerLanguage
from ivr.agent.prompt import Situation, system_prompt
from ivr.agent.sentences import ClauseCutter
from ivr.agent.tools import CallContext
from ivr.database_limits import within
from ivr.errors import LillyError
from ivr.models import Call, database
from ivr.voice.actor import CallActor
from ivr.voice.closing import Ending
from ivr.voice.events import Draining
from ivr.voice.listening import Listener
from ivr.voice.media_stream import BadMessage, Start, parse
from ivr.voice.mouth import Synthesis
from ivr.voice.playback import Playback
from ivr.voice.session import CallSession, Opening
from ivr.voice.speaker import Speaker
from ivr.voice.thinking import Thinking
from ivr.voice.voicing import Voicing
from ivr.web.frames import CLOSE, PING, PONG, TEXT, BadFrames, FrameReader, answer_to_close, close_frame, frame
from ivr.web.journal import CallJournal
from ivr.web.metrics import BAD_MESSAGES, CALLS, CALLS_LIVE, STREAMS_REFUSED
from ivr.web.services import OWNER, Services, services
from ivr.web.speech_retries import SpeechRetries
from ivr.web.twilio_requests import public_base_url, require_signature

logger = logging.getLogger(__name__)

START_WITHIN_S = 10.0
MOVED_WITHIN_S = 5.0
DATABASE_S = 5.0
"""How long a caller's stream waits for the database before it is closed, so that Twilio asks where to go on."""

MOST_BAD_MESSAGES = 500
RECEIVED_BYTES = 16 * 1024
MOST_MESSAGE_BYTES = 1024 * 1024
"""Messages that are merely too long are counted and passed over; one beyond this ends the stream."""

_OVER = ("goodbye", "transfer", "silence", "failed", "too_long")

blueprint = Blueprint("media_stream", __name__)
sock = Sock()

_live: set[Queue] = set()
"""The mailboxes of the calls on the line."""

_draining = threading.Event()


def drain() -> None:
    """Hand every live call over to another process, one that just begins too: its socket closes, and Twilio asks where to go on."""
    _draining.set()
    for mailbox in tuple(_live):
        mailbox.put(Draining())


class StreamRefused(Exception):
    """The stream cannot be served; `reason` is a metric's label, the text says what to configure."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NoReader:
    """In the place of the library's reading thread: whoever receives reads the socket, and fifty times a second nobody is woken between."""

    name = ""

    def __init__(self, target: Callable[[], None]) -> None:
        """Nothing will run."""

    def start(self) -> None:
        """Start nothing."""


class TwilioSocket:
    """A WebSocket that is written whole: `sendall` instead of the library's `send`, which tears frames when a reader stalls."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._writing = threading.Lock()
        self._reader = FrameReader(MOST_MESSAGE_BYTES)
        self._messages: deque[bytes] = deque()

    def receive(self) -> bytes | None:
        """The next message; None when the socket is closed."""
        while not self._messages and self._server.connected:
            try:
                self._take(self._server.sock.recv(RECEIVED_BYTES))
            except BadFrames as bad:
                self._end(bad.code)
            except OSError:
                self._server.connected = False
        return self._messages.popleft() if self._messages else None

    def _take(self, data: bytes) -> None:
        if not data:
            raise ConnectionError("the socket is closed")
        for opcode, payload in self._reader.feed(data):
            if opcode == PING:
                self._write(frame(PONG, payload))
            elif opcode == CLOSE:
                self._end(answer_to_close(payload))
                return
            elif opcode != PONG:
                self._messages.append(payload)

    def _end(self, code: int) -> None:
        self._server.connected = False
        with suppress(OSError):
            self._write(close_frame(code))

    def send(self, message: str) -> None:
        """Write one message; raises `OSError` when the socket is gone."""
        if not self._server.connected:
            raise ConnectionError("the socket is closed")
        self._write(frame(TEXT, message.encode()))

    def _write(self, data: bytes) -> None:
        with self._writing:
            self._server.sock.sendall(data)

    def close(self) -> None:
        """Close in good order."""
        with suppress(ConnectionClosed, OSError):
            self._server.close()


@blueprint.before_request
def _only_twilio() -> None:
    """The handshake is signed like a webhook. No extension is agreed on: compressed frames are not read."""
    require_signature()
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)


@sock.route("/media-stream", bp=blueprint)
def media_stream(server: Server) -> None:
    """Serve one call."""
    socket = TwilioSocket(server)
    try:
        start = _await_start(socket)
        call = _admit(start, services())
        ended = _serve(socket, start, call, services())
        if "token" not in start.custom_parameters:
            _move_on(socket, start.call_sid, ended, services())
    except StreamRefused as refused:
        STREAMS_REFUSED.labels(refused.reason).inc()
        logger.warning("stream refused: %s", refused)
    finally:
        socket.close()


def _await_start(socket: TwilioSocket) -> Start:
    """The `start` message; what comes before it is passed over. Raises `StreamRefused`."""
    with Timeout(START_WITHIN_S, StreamRefused("no_start", "no start message came in time")):
        for _ in range(MOST_BAD_MESSAGES):
            text = socket.receive()
            if text is None:
                break
            try:
                message = parse(text)
            except BadMessage as bad:
                BAD_MESSAGES.labels(bad.reason).inc()
                continue
            if isinstance(message, Start):
                return message
    raise StreamRefused("no_start", "the socket was closed before a start message")


def _admit(start: Start, shared: Services) -> Call:
    """The call that this stream belongs to; raises `StreamRefused`."""
    if "outbound" in start.tracks:
        raise StreamRefused("one_way", "the stream carries both tracks and cannot be answered: use <Connect><Stream>, not <Start><Stream>")
    if (start.encoding, start.sample_rate, start.channels) != ("audio/x-mulaw", 8000, 1):
        raise StreamRefused("bad_format", "the stream is not mono mu-law at 8 kHz")
    token = start.custom_parameters.get("token")
    numbers = (None, None) if token else _numbers_by_rest(start.call_sid, shared)
    with within(DATABASE_S), database.connection_context():
        if token and not calls.spend_token(token, start.call_sid):
            raise StreamRefused("bad_token", "the stream's token is unknown, spent, too old or another call's")
        try:
            return calls.open_stream(start.call_sid, start.stream_sid, owner=OWNER, from_number=numbers[0], to_number=numbers[1])
        except LillyError as error:
            raise StreamRefused(error.code, f"the call cannot be streamed ({error.code})") from error


def _numbers_by_rest(call_sid: str, shared: Services) -> tuple[str | None, str | None]:
    """Who calls whom, for a stream set up in Twilio's console: it has no token, only the handshake's signature."""
    if shared.settings.twilio_auth_token is None:
        raise StreamRefused("no_token", "the stream has no token, and without TWILIO_AUTH_TOKEN its handshake proves nothing")
    try:
        fetched = shared.twilio.fetch_call(call_sid)
    except LillyError as error:
        raise StreamRefused("unknown_call", f"the stream's call could not be fetched from Twilio ({error.code})") from error
    return fetched.from_number, fetched.to_number


def _serve(socket: TwilioSocket, start: Start, call: Call, shared: Services) -> Ending | None:
    journal = CallJournal(call)
    mailbox: Queue = Queue()
    actor = CallActor(socket, mailbox, lambda reason: BAD_MESSAGES.labels(reason).inc())
    try:
        with within(DATABASE_S), database.connection_context():
            session, close = _build_session(start, call, shared, journal, mailbox)
    except Exception:
        # Twilio asks where to go on, and may find the database there again.
        journal.note(lambda: calls.close_stream(start.call_sid, start.stream_sid))
        journal.close()
        raise
    CALLS_LIVE.inc()
    _live.add(mailbox)
    if _draining.is_set():
        mailbox.put(Draining())
    try:
        actor.run(session, _opening(start, call))
    finally:
        _live.discard(mailbox)
        CALLS_LIVE.dec()
        CALLS.labels(session.ended or "crashed").inc()
        close()
        reason = session.ended if session.ended in _OVER else None
        journal.note(lambda: calls.close_stream(start.call_sid, start.stream_sid, reason, session.voicing.unsaid))
        if session.ended in (*_OVER, "hung_up_by_caller"):
            journal.note(lambda: call_ends.make_up(start.call_sid))
        journal.close()
    return session.ended


def _opening(start: Start, call: Call) -> Opening | None:
    """What she says first: what was ordered with the stream, the greeting, or nothing where a conversation just goes on."""
    ordered = start.custom_parameters.get("opening")
    if ordered in get_args(Opening):
        return cast(Opening, ordered)
    return None if call.history else "greeting"


def _move_on(socket: TwilioSocket, call_sid: str, ended: Ending | None, shared: Services) -> None:
    """Order what follows over REST: a stream set up in Twilio's console has no action that would ask for it.

    Twilio then ends the stream; were it closed here before that, the call would be over.
    """
    if ended in ("hung_up_by_caller", "socket_closed"):
        return
    try:
        shared.twilio.redirect(call_sid, f"{public_base_url()}/voice/after-stream")
    except LillyError as error:
        logger.warning("a call could not be moved on over REST", extra={"call_sid": call_sid, "code": error.code})
        return
    with Timeout(MOVED_WITHIN_S, False):
        while socket.receive() is not None:
            continue


def _build_session(
    start: Start, call: Call, shared: Services, journal: CallJournal, mailbox: Queue
) -> tuple[CallSession, Callable[[], None]]:
    settings = shared.settings
    caller_language = CallerLanguage(settings.hospital_languages, call.language or settings.hospital_languages[0])
    context = CallContext(call, settings, shared.states, caller_language.language, call.patient)
    languages = [call.language] if call.language else settings.hospital_languages
    # What is asked of the database comes before what must be closed.
    keywords, turns_before = _keywords(), len(calls.turns(call))
    transcriber = shared.transcribers.open(mailbox.put, languages, keywords)
    retries = SpeechRetries(call, shared.speech_states, shared.speech_shelf)
    synthesis = Synthesis(shared.voices, shared.clips, mailbox.put, lambda: context.names, retries=retries)

    def cutter() -> ClauseCutter:
        return ClauseCutter(whole=shared.tuning.whole_replies, known=lambda text: synthesis.knows(text, context.language))

    thinking = Thinking(shared.model, context, lambda: _prompt(context), journal, mailbox.put, cutter)
    playback, history = Playback(start.stream_sid), History(list(call.history))
    voicing = Voicing(playback, synthesis)
    speaker = Speaker(voicing, history, thinking, journal, turns_before, lambda: datetime.now(settings.timezone).date())

    def on_language(language: str) -> None:
        context.language = language
        journal.note(lambda: calls.set_language(call, language))

    def close() -> None:
        transcriber.close()
        synthesis.hush()
        thinking.close()

    listener = Listener(transcriber, shared.tuning.endpointing)
    return CallSession(listener, speaker, shared.lines, caller_language, on_language, shared.tuning.most_guesses), close


def _keywords() -> list[str]:
    return sorted({doctor.family_name for doctor in doctors.active_doctors()})


def _prompt(context: CallContext) -> str:
    settings = context.settings
    return system_prompt(
        Situation(
            hospital=settings.hospital_name,
            address=settings.hospital_address,
            emergency_number=settings.emergency_number,
            now=datetime.now(settings.timezone),
            language=context.language,
            languages=settings.hospital_languages,
            caller_number_known=context.call.from_number is not None,
            patient_name=context.patient.name if context.patient else None,
        )
    )


def install(app: Flask) -> None:
    """Register the route."""
    app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": None, "thread_class": NoReader}
    sock.init_app(app)
    app.register_blueprint(blueprint)
    app.extensions["drain"] = drain
