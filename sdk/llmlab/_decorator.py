"""`track_cost`: watching a function of any kind without changing what it does."""

from __future__ import annotations

import functools

from llmlab._call import Call, Plan
from llmlab._observer import Observer
from llmlab._streams import is_stream, tracked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from llmlab._tracking import Tracking

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200  # inspect's CO_ flags; it is slow to import


def decorate(function: Any, client: Tracking, fields: dict[str, Any]) -> Any:
    """Return the function, reporting each call. Raises TypeError for what is no function."""
    if isinstance(function, classmethod | staticmethod):
        return type(function)(decorate(function.__func__, client, fields))
    if isinstance(function, type) or not callable(function):
        raise TypeError(f"track_cost decorates functions, not {function!r}")
    plan = Plan(function, client, fields)
    flags = _flags(function)
    if flags & _COROUTINE:
        return _coroutine_function(function, plan)
    if flags & _ASYNC_GENERATOR:
        return _async_generator_function(function, plan)
    if flags & _GENERATOR:
        return _generator_function(function, plan)
    return _function(function, plan)


def _flags(function: Any) -> int:
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)  # a bound method
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    return getattr(code, "co_flags", 0)


def _result(value: Any, call: Call) -> Any:
    """Report a returned value, or have it reported when it has been read; return what the caller gets."""
    try:
        if is_stream(value):
            return tracked(value, call)
        if isinstance(value, dict) and is_stream(value.get("stream")):  # Bedrock's converse_stream
            value["stream"] = tracked(value["stream"], call)
            return value
    except Exception:  # an object that cannot even be looked at: it is returned as it is
        return value
    call.returned(value)
    return value


def _function(function: Any, plan: Plan) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = Call(plan, args, kwargs)
        call.enter()
        try:
            value = function(*args, **kwargs)
        except BaseException as error:
            call.leave()
            call.failed(error)
            raise
        call.leave()
        if type(value).__name__ == "coroutine":  # a plain function that hands on somebody's coroutine
            return _awaited(value, call)
        return _result(value, call)

    return wrapper


async def _awaited(coroutine: Any, call: Call) -> Any:
    call.enter()
    try:
        value = await coroutine
    except BaseException as error:
        call.leave()
        call.failed(error)
        raise
    call.leave()
    return _result(value, call)


def _coroutine_function(function: Any, plan: Plan) -> Any:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await _awaited(function(*args, **kwargs), Call(plan, args, kwargs))

    return wrapper


def _generator_function(function: Any, plan: Plan) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call, observer = Call(plan, args, kwargs), Observer()
        generator = function(*args, **kwargs)
        step, sent = generator.send, None
        try:
            while True:
                item = step(sent)
                observer.feed(item)
                try:
                    sent = yield item
                    step = generator.send
                except GeneratorExit:
                    generator.close()
                    raise
                except BaseException as error:  # thrown in from outside: it is the generator's to handle
                    step, sent = generator.throw, error
        except StopIteration as end:
            _see_returned(end.value, observer)
            call.streamed(observer, "ok")
            return end.value
        except BaseException as error:
            call.streamed(observer, "error" if isinstance(error, Exception) else "aborted")
            raise

    return wrapper


def _see_returned(value: Any, observer: Observer) -> None:
    """A generator may yield texts and return the response that they came from."""
    if value is not None:
        observer.feed(value)
        observer.chunks -= 1


def _async_generator_function(function: Any, plan: Plan) -> Any:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        call, observer = Call(plan, args, kwargs), Observer()
        generator = function(*args, **kwargs)
        step, sent = generator.asend, None
        try:
            while True:
                item = await step(sent)
                observer.feed(item)
                try:
                    sent = yield item
                    step = generator.asend
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as error:  # thrown in from outside: it is the generator's to handle
                    step, sent = generator.athrow, error
        except StopAsyncIteration:
            call.streamed(observer, "ok")
        except BaseException as error:
            call.streamed(observer, "error" if isinstance(error, Exception) else "aborted")
            raise

    return wrapper
