"""One call of a decorated function, from its beginning to its event."""

from __future__ import annotations

from contextvars import ContextVar
from time import perf_counter, time_ns

from llmlab._context import _labels, joined
from llmlab._extract import Reading, family_of, read
from llmlab._snapshot import snapshot_of_labels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from typing import Any

    from llmlab._observer import Observer
    from llmlab._tracking import Tracking

_MODEL_NAMES = ("model", "modelId", "model_id", "model_name")
_OWN = ("provider", "model", "api", "service_tier")

# The responses that calls inside the current one have reported: an outer function that returns the same
# response has nothing to add.
_reported: ContextVar[set[str] | None] = ContextVar("llmlab_reported", default=None)


class Plan:
    """What is known of a decorated function before it is called."""

    __slots__ = ("_default", "_place", "client", "fields", "labels", "name")

    def __init__(self, function: Any, client: Tracking, fields: dict[str, Any]) -> None:
        self.client = client
        self.name = str(getattr(function, "__qualname__", None) or type(function).__qualname__)
        self.fields = {name: fields[name] for name in _OWN if fields.get(name) is not None}
        self.labels = snapshot_of_labels({name: fields[name] for name in fields if name not in _OWN})
        self._place, self._default = _model_parameter(function)

    def asked_model(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
        """Return the model that the call asks for, when one of its arguments is named so."""
        for name in _MODEL_NAMES:
            value = kwargs.get(name)
            if issubclass(type(value), str):  # unlike isinstance, this runs no code of the value's
                return str.__str__(value)
        if self._place is not None and len(args) > self._place:
            value = args[self._place]
            if issubclass(type(value), str):
                return str.__str__(value)
        return self._default


def _model_parameter(function: Any) -> tuple[int | None, str | None]:
    """Return where a function takes its model, and which it takes when none is given."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None, None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for name in _MODEL_NAMES:
        if name not in names:
            continue
        place = names.index(name)
        value = (getattr(function, "__kwdefaults__", None) or {}).get(name)
        if place < code.co_argcount:
            defaults = getattr(function, "__defaults__", None) or ()
            back = code.co_argcount - place
            value = defaults[-back] if back <= len(defaults) else None
            return place, value if isinstance(value, str) else None
        return None, value if isinstance(value, str) else None
    return None, None


def _quietly(method: Callable[..., None]) -> Callable[..., None]:
    """Make a method of `Call` count what goes wrong in it instead of raising into the host."""

    def quiet(call: Call, *arguments: Any) -> None:
        try:
            method(call, *arguments)
        except Exception as error:  # an object like no other
            call.unrecognised("unreadable", f"reading what {call.name}() gave raised {type(error).__name__}")

    return quiet


class Call:
    """Watches one call. None of its methods raises."""

    __slots__ = ("_at_us", "_inside", "_labels", "_model", "_outer", "_over", "_plan", "_since", "_tokens")

    def __init__(self, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._plan = plan
        self._over = False
        self._tokens: tuple[Token[Any], Token[Any]] | None = None
        self._outer = _reported.get()
        self._inside: set[str] = set()
        self._labels = joined(_labels.get(), plan.labels)
        self._model = plan.asked_model(args, kwargs)
        self._at_us = time_ns() // 1000
        self._since = perf_counter()

    @property
    def name(self) -> str:
        """The name of the function that was called."""
        return self._plan.name

    def enter(self) -> None:
        """Make this call's labels those of the calls inside it."""
        self._tokens = _labels.set(self._labels), _reported.set(self._inside)

    def leave(self) -> None:
        """Undo `enter`."""
        tokens, self._tokens = self._tokens, None
        if tokens is None:
            return
        try:
            _labels.reset(tokens[0])
            _reported.reset(tokens[1])
        except ValueError:  # left in another context: it ends with that one
            return

    @_quietly
    def returned(self, value: Any) -> None:
        """Report the response that the function returned."""
        reading = read(value)
        if reading is None:
            self.unrecognised(
                "not_a_response",
                f"{self._plan.name}() returned {type(value).__name__}: return the provider's response, "
                "or call llmlab.track()",
            )
        else:
            self._report(reading, reading.fields, "ok")

    @_quietly
    def failed(self, error: BaseException) -> None:
        """Report that the function raised instead."""
        status = "error" if isinstance(error, Exception) else "aborted"
        reading = Reading(None, None)
        if self._provider(reading) is None or (self._plan.fields.get("model") or self._model) is None:
            self.unrecognised("call_failed", f"{self._plan.name}() raised, and nobody said of which model")
        else:
            self._report(reading, {}, status)

    @_quietly
    def streamed(self, observer: Observer, status: str) -> None:
        """Report a stream that has ended, one way or another. Only the first report counts."""
        if status == "aborted" and observer.complete:
            status = "ok"
        if observer.reading is None and (self._plan.fields.get("model") or self._model) is None:
            self.unrecognised(
                "not_a_response",
                f"{self._plan.name}() gave a stream in which no model was named: give track_cost(model=)",
            )
            return
        self._report(observer.reading or Reading(None, None), observer.fields(), status)

    def _provider(self, reading: Reading) -> str | None:
        given: str | None = self._plan.fields.get("provider")
        return (
            given
            or reading.provider
            or family_of(reading.model or self._plan.fields.get("model") or self._model)
        )

    def _report(self, reading: Reading, fields: dict[str, Any], status: str) -> None:
        if self._over:
            return
        self._over = True
        response_id = reading.response_id
        if response_id is not None:
            if response_id in self._inside:
                return
            if self._outer is not None:
                self._outer.add(response_id)
        plan = self._plan
        event = {
            **plan.fields,
            **fields,
            "provider": self._provider(reading),
            "model": reading.model or plan.fields.get("model") or self._model,
            "status": status,
            "latency_ms": round((perf_counter() - self._since) * 1000),
        }
        for name in ("model", "provider"):
            if event[name] is None:
                self._over = False
                detail = (
                    f"nothing says of which {name} the response of {plan.name}() is: give track_cost({name}=)"
                )
                self.unrecognised(f"{name}_unknown", detail)
                return
        plan.client._recorder.record(event, self._labels, self._at_us)

    def unrecognised(self, reason: str, detail: str) -> None:
        """Count a call that gave nothing to report; only the first word on a call counts."""
        if not self._over:
            self._over = True
            self._plan.client._recorder.unrecognised(reason, detail)
