"""Stand-ins for a provider's stream object that look on while it is read.

They behave as the stream itself, also for isinstance, and report once: when it ends, fails, is closed,
or is dropped.
"""

from __future__ import annotations

import sys

from llmlab._observer import Observer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from llmlab._call import Call

_OURS = ("_inner", "_call", "_observer", "_iterator", "_entered")
_PLAIN = ("builtins", "_io", "io", "itertools", "collections")


def is_stream(value: Any) -> bool:
    """Whether a function returned something that is read bit by bit, rather than an answer."""
    kind = type(value)
    if kind in (TrackedStream, TrackedAsyncStream) or kind.__module__.partition(".")[0] in _PLAIN:
        return kind.__name__ in ("generator", "async_generator")
    if hasattr(kind, "__next__") or hasattr(kind, "__anext__") or hasattr(kind, "__aiter__"):
        return True
    # Helpers that are entered first: `with client.messages.stream(...) as stream`.
    if kind.__name__.endswith("StreamManager"):
        return True
    # botocore's EventStream.
    return hasattr(kind, "__iter__") and hasattr(kind, "close") and not hasattr(kind, "__len__")


def tracked(value: Any, call: Call) -> Any:
    """Return a stand-in for a stream."""
    kind = type(value)
    asynchronous = any(hasattr(kind, name) for name in ("__anext__", "__aiter__", "__aenter__"))
    both = hasattr(kind, "__iter__") or hasattr(kind, "__enter__")
    return (TrackedAsyncStream if asynchronous and not both else TrackedStream)(value, call)


class _Tracked:
    __slots__ = ("__weakref__", "_call", "_entered", "_inner", "_iterator", "_observer")

    def __init__(self, inner: Any, call: Call, observer: Observer | None = None) -> None:
        self._inner = inner
        self._call = call
        self._observer = observer or Observer()
        self._iterator: Any = None
        self._entered: Any = None  # what a manager gave when it was entered

    def _ended(self, status: str) -> None:
        self._observer.look_at(self._inner if self._entered is None else self._entered)
        self._call.streamed(self._observer, status)

    def _raised(self, error: BaseException) -> None:
        self._ended("error" if isinstance(error, Exception) else "aborted")

    @property  # type: ignore[misc]  # isinstance asks here what we stand for
    def __class__(self) -> type:
        return type(self._inner)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name in ("close", "aclose") and callable(value):
            return self._closing(value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OURS:
            object.__setattr__(self, name, value)
        else:
            setattr(self._inner, name, value)

    def __repr__(self) -> str:
        return repr(self._inner)

    def __dir__(self) -> list[str]:
        return dir(self._inner)

    def _closing(self, close: Any) -> Any:
        def closing(*args: Any, **kwargs: Any) -> Any:
            self._ended("aborted")
            return close(*args, **kwargs)

        return closing

    def __del__(self) -> None:
        # A dropped stream; at the very end of the interpreter our modules may be gone.
        if not sys.is_finalizing():
            try:
                self._ended("aborted")
            except Exception:  # half-made: __init__ failed
                return


class TrackedStream(_Tracked):
    """Stands for a stream that is read with `for`."""

    __slots__ = ()

    def __iter__(self) -> TrackedStream:
        if self._iterator is None:
            self._iterator = iter(self._inner)
        return self

    def __next__(self) -> Any:
        if self._iterator is None:
            self._iterator = self._inner if hasattr(self._inner, "__next__") else iter(self._inner)
        try:
            chunk = next(self._iterator)
        except StopIteration as end:
            if end.value is not None:  # a generator that returns the response
                self._observer.feed(end.value)
                self._observer.chunks -= 1
            self._ended("ok")
            raise
        except BaseException as error:
            self._raised(error)
            raise
        self._observer.feed(chunk)
        return chunk

    def __enter__(self) -> Any:
        try:
            entered = type(self._inner).__enter__(self._inner)
        except BaseException as error:  # the request is made here
            self._raised(error)
            raise
        if entered is self._inner:
            return self
        self._entered = entered
        return TrackedStream(entered, self._call, self._observer)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        if error is None:
            self._ended("aborted")
        else:
            self._raised(error)
        return type(self._inner).__exit__(self._inner, kind, error, trace)


class TrackedAsyncStream(_Tracked):
    """Stands for a stream that is read with `async for`."""

    __slots__ = ()

    def __aiter__(self) -> TrackedAsyncStream:
        if self._iterator is None:
            self._iterator = type(self._inner).__aiter__(self._inner)
        return self

    async def __anext__(self) -> Any:
        self.__aiter__()
        try:
            chunk = await self._iterator.__anext__()
        except StopAsyncIteration:
            self._ended("ok")
            raise
        except BaseException as error:
            self._raised(error)
            raise
        self._observer.feed(chunk)
        return chunk

    def __await__(self) -> Any:
        return type(self._inner).__await__(self._inner)

    async def __aenter__(self) -> Any:
        try:
            entered = await type(self._inner).__aenter__(self._inner)
        except BaseException as error:  # the request is made here
            self._raised(error)
            raise
        if entered is self._inner:
            return self
        self._entered = entered
        return TrackedAsyncStream(entered, self._call, self._observer)

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> Any:
        if error is None:
            self._ended("aborted")
        else:
            self._raised(error)
        return await type(self._inner).__aexit__(self._inner, kind, error, trace)
