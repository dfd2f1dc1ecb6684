"""What the SDK costs its host: `track()` on the caller's thread, and start-up time.

Each figure stands beside its yardstick from the same run, measured in turns, so that a busy machine slows
both alike. `python benchmarks/sdk.py` prints the rows.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import mean, median
from typing import Any

from llmlab import LLMLab
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

ROUNDS = 12
CALLS = 1500
STARTS = 15

_SINK = """
import sys
from llmlab.testing import Receiver
receiver = Receiver().start()
print(receiver.url, flush=True)
sys.stdin.read()
"""


class _Dropping(SpanExporter):
    """Takes spans and forgets them: the yardstick's consumer costs nothing."""

    def export(self, spans: Any) -> SpanExportResult:
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        return


def measure() -> list[dict[str, Any]]:
    """Return the rows {"name", "ours", "yardstick", "ratio", "target", "unit"}."""
    return [*_calls(), *_start_up()]


def _timed(call: Callable[[], object], number: int) -> list[int]:
    clock = time.perf_counter_ns
    times = []
    for _ in range(number):
        began = clock()
        call()
        times.append(clock() - began)
    return times


def _calls() -> list[dict[str, Any]]:
    """Time `track()` with a real consumer (another process) against a span with a dropping one."""
    sink = subprocess.Popen(
        [sys.executable, "-c", _SINK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert sink.stdin is not None
    assert sink.stdout is not None
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(_Dropping(), max_queue_size=CALLS * 2))
    tracer = provider.get_tracer("benchmark")
    usage = {
        "prompt_tokens": 44,
        "completion_tokens": 402,
        "total_tokens": 446,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 384, "audio_tokens": 0},
    }

    def span() -> None:
        tracer.start_span("chat gpt-4o").end()

    def span_with_attributes() -> ReadableSpan:
        with tracer.start_as_current_span("chat gpt-4o") as current:
            current.set_attribute("gen_ai.provider.name", "openai")
            current.set_attribute("gen_ai.response.model", "gpt-4o")
            current.set_attribute("gen_ai.usage.input_tokens", 1000)
            current.set_attribute("gen_ai.usage.output_tokens", 500)
            current.set_attribute("feature", "search")
        return current  # type: ignore[return-value]  # an SDK span can be read

    try:
        with LLMLab("llmlab_benchmark", sink.stdout.readline().strip()) as client:

            def totals() -> None:
                client.track("openai", "gpt-4o", 1000, 500, feature="search")

            def with_usage() -> None:
                client.track("openai", "gpt-4o", usage=usage, api="chat", feature="search", latency_ms=812)

            subjects = {
                "span": span,
                "attributes": span_with_attributes,
                "totals": totals,
                "usage": with_usage,
            }
            times: dict[str, list[int]] = {name: [] for name in subjects}
            for call in subjects.values():
                _timed(call, 200)  # threads started, caches warm
            for _ in range(ROUNDS):
                for name, call in subjects.items():
                    # The consumers rest while the caller is timed: what they take, they take from all.
                    client.flush(30)
                    provider.force_flush()
                    times[name] += _timed(call, CALLS)
            client.flush(30)
            stats = client.stats()
            assert stats["accepted"] == stats["recorded"], stats
    finally:
        sink.stdin.close()
        sink.wait()
        sink.stdout.close()
        provider.shutdown()
    p50 = {name: median(values) / 1000 for name, values in times.items()}
    return [
        _row("sdk: track(), caller's thread, p50", p50["totals"], p50["span"], "µs", ratio=0.2),
        _row("sdk: track(usage=), against a span with attributes", p50["usage"], p50["attributes"], "µs"),
    ]


def _start_up() -> list[dict[str, Any]]:
    """Time fresh interpreters: bare, with llmlab, with httpx, and the command line's help."""
    commands = {
        "bare": [sys.executable, "-c", "pass"],
        "llmlab": [sys.executable, "-c", "import llmlab"],
        "httpx": [sys.executable, "-c", "import httpx"],
        "help": [sys.executable, "-c", "from llmlab_cli.main import main; main()", "--help"],
    }
    wall: dict[str, list[float]] = {name: [] for name in commands}
    busy: dict[str, list[float]] = {name: [] for name in commands}
    for attempt in range(STARTS + 1):
        for name, command in commands.items():
            began, before = time.perf_counter(), os.times()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            after, ended = os.times(), time.perf_counter()
            if attempt:  # the first reads the files from the disk
                wall[name].append((ended - began) * 1000)
                used = after.children_user + after.children_system
                busy[name].append((used - before.children_user - before.children_system) * 1000)
    # Importing is computing and nothing else: its CPU time is what it takes on a machine that is free.
    cpu = {name: mean(values) for name, values in busy.items()}
    return [
        _row(
            "sdk: import llmlab above a bare interpreter, against httpx (CPU)",
            cpu["llmlab"] - cpu["bare"],
            cpu["httpx"] - cpu["bare"],
            "ms",
            most=40,
        ),
        _row(
            "cli: llmlab --help, against a bare interpreter (wall)",
            median(wall["help"]),
            median(wall["bare"]),
            "ms",
            most=250,
        ),
    ]


def _row(
    name: str,
    ours: float,
    yardstick: float,
    unit: str,
    *,
    ratio: float | None = None,
    most: float | None = None,
) -> dict[str, Any]:
    """Return a line of the table; the target is a ratio, or the most that ours may be."""
    reached = ours / yardstick
    row = {"name": name, "ours": round(ours, 2), "yardstick": round(yardstick, 2), "ratio": round(reached, 3)}
    if ratio is not None:
        return {**row, "target": f"≤ {ratio:g} ×", "unit": unit, "met": reached <= ratio}
    if most is not None:
        return {**row, "target": f"≤ {most:g} {unit}", "unit": unit, "met": ours <= most}
    return {**row, "target": "", "unit": unit}


if __name__ == "__main__":
    for row in measure():
        print(row)
