"""Reading what a provider's response says of its cost: model, usage, ids. Never its content.

Works on the objects of the providers' libraries and on plain dicts, by the names of fields alone, so that
no provider's library is needed here. The usage object is handed on as it is; the server understands it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_APIS = {
    "chat.completion": "chat",
    "chat.completion.chunk": "chat",
    "text_completion": "completions",
    "response": "responses",
}
# Whose model this is, by how its name begins: for libraries that speak to many providers in one shape.
_FAMILIES = (
    ("openai", ("gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-", "ft:", "codex-", "davinci", "gpt4")),
    ("anthropic", ("claude",)),
    ("google", ("gemini", "models/gemini", "gemma")),
    ("x-ai", ("grok",)),
    ("deepseek", ("deepseek-",)),
    ("mistral", ("mistral", "ministral", "magistral", "codestral", "pixtral", "devstral", "open-mi")),
    ("cohere", ("command", "embed-", "rerank-")),
    ("perplexity", ("sonar",)),
)
_BEDROCK = "x-amzn-bedrock-"
_SOLD_BY = (("msg_bdrk_", "aws"), ("msg_vrtx_", "google"))


class Reading:
    """What was found in one response. `fields` are event fields beside model and provider."""

    __slots__ = ("fields", "model", "provider")

    def __init__(self, provider: str | None, model: str | None, **fields: Any) -> None:
        self.provider = provider
        self.model = model
        self.fields = {name: value for name, value in fields.items() if value is not None}

    @property
    def response_id(self) -> str | None:
        """The provider's own id of the response, the same however often it is seen."""
        found: str | None = self.fields.get("response_id")
        return found


def get(thing: Any, name: str) -> Any:
    """Return a field of a dict or an object, None when it has none."""
    if isinstance(thing, dict):
        return thing.get(name)
    try:
        return getattr(thing, name, None)
    except Exception:  # a property of somebody's object
        return None


def text(thing: Any, *names: str) -> str | None:
    """Return the first of these fields that is a text and not empty."""
    for name in names:
        value = get(thing, name)
        if isinstance(value, str) and value:
            return value
    return None


def number(thing: Any, *names: str) -> int | None:
    """Return the first of these fields that is a whole number."""
    for name in names:
        value = get(thing, name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def family_of(model: str | None) -> str | None:
    """Return the provider whose models are named like this."""
    name = (model or "").lower()
    for provider, beginnings in _FAMILIES:
        if name.startswith(beginnings):
            return provider
    return None


def read(response: Any) -> Reading | None:
    """Return what a response says, None when it is no response that is known here."""
    if response is None or isinstance(response, str | bytes | int | float | list | tuple | set):
        return None
    metadata = get(response, "usage_metadata") or get(response, "usageMetadata")
    if metadata is not None:
        found = _google(response, metadata) or _langchain(response, metadata)
        if found is not None:
            return found
    usage = get(response, "usage")
    if usage is None or isinstance(usage, str | int | float | list) or callable(usage):
        return _without_usage(response)
    if number(usage, "inputTokens", "outputTokens") is not None:
        return _converse(response, usage)
    if get(usage, "billed_units") is not None:
        return _cohere(response, usage)
    if get(response, "type") == "message":
        return _messages(response, usage)
    return _openai(response, usage)


def _google(response: Any, usage: Any) -> Reading | None:
    if (
        number(usage, "promptTokenCount", "prompt_token_count", "totalTokenCount", "total_token_count")
        is None
    ):
        return None
    model = text(response, "modelVersion", "model_version")
    searches = _grounding_searches(response, model)
    return Reading(
        "google",
        model,
        api="generate_content",
        usage=usage,
        units={"web_searches": searches} if searches else None,
        response_id=text(response, "responseId", "response_id"),
    )


def _langchain(response: Any, usage: Any) -> Reading | None:
    """A message of LangChain, which has totals of its own making (input includes the cache)."""
    if number(usage, "input_tokens") is None:
        return None
    about = get(response, "response_metadata")
    model = text(about, "model_name", "model")
    provider = {"google_genai": "google", "bedrock_converse": "aws"}.get(
        text(about, "model_provider") or "", text(about, "model_provider")
    )
    parts, made = get(usage, "input_token_details"), get(usage, "output_token_details")
    return Reading(
        provider or family_of(model),
        model,
        input_tokens=number(usage, "input_tokens"),
        output_tokens=number(usage, "output_tokens"),
        cache_read_tokens=number(parts, "cache_read"),
        cache_write_tokens=number(parts, "cache_creation"),
        reasoning_tokens=number(made, "reasoning"),
        service_tier=text(about, "service_tier"),
        response_id=text(about, "id") or text(response, "id"),
    )


def _converse(response: Any, usage: Any) -> Reading:
    """Bedrock's Converse, which does not repeat the model."""
    return Reading(
        "aws",
        None,
        api="converse",
        usage=usage,
        service_tier=text(get(response, "serviceTier"), "type"),
        response_id=text(get(response, "ResponseMetadata"), "RequestId"),
    )


def _cohere(response: Any, usage: Any) -> Reading:
    """Cohere's counts: what it charges for, and the tokens that it also names. Its warnings are left out."""
    counts = {name: get(usage, name) for name in ("billed_units", "tokens", "cached_tokens")}
    return Reading(
        "cohere",
        text(response, "model"),
        usage={name: count for name, count in counts.items() if count is not None},
        response_id=text(response, "id", "generation_id", "response_id"),
    )


def _invoke_model(response: Any) -> Reading | None:
    """Bedrock's InvokeModel, whose body is the caller's to read: its headers count the tokens too."""
    about = get(response, "ResponseMetadata")
    headers = get(about, "HTTPHeaders")
    if not isinstance(headers, dict):
        return None
    counts = {name: value for name, value in headers.items() if str(name).lower().startswith(_BEDROCK)}
    if not any(str(name).lower() == f"{_BEDROCK}input-token-count" for name in counts):
        return None
    return Reading("aws", None, api="invoke_model", usage=counts, response_id=text(about, "RequestId"))


def _messages(response: Any, usage: Any) -> Reading:
    identifier = text(response, "id")
    sold_by = next((name for start, name in _SOLD_BY if (identifier or "").startswith(start)), "anthropic")
    # Bedrock and Vertex price by the model that was asked for, which only the caller knows.
    model = text(response, "model") if sold_by == "anthropic" else None
    found = Reading(sold_by, model, api="messages", usage=usage, response_id=identifier)
    return found


def _openai(response: Any, usage: Any) -> Reading:
    model, identifier = text(response, "model"), text(response, "id")
    kind = text(response, "object") or ""
    api = _APIS.get(kind)
    if api is None and number(usage, "prompt_tokens") is not None:
        api = "embeddings" if kind == "list" else "chat"
    return Reading(
        _openai_like(response, usage, model, identifier),
        model,
        api=api,
        usage=usage,
        units=tool_units(get(response, "output")) if api == "responses" else None,
        service_tier=text(response, "service_tier"),
        response_id=identifier,
    )


def _openai_like(response: Any, usage: Any, model: str | None, identifier: str | None) -> str | None:
    """Return who answered in OpenAI's shape: nearly everybody does."""
    if identifier is not None and identifier.startswith("gen-") and text(response, "provider"):
        return "openrouter"
    if get(response, "prompt_filter_results") is not None or get(response, "content_filters") is not None:
        return "azure"
    if get(response, "x_groq") is not None or get(usage, "queue_time") is not None:
        return "groq"
    if (found := family_of(model)) is not None:
        return found
    if model is None:
        return None
    # A model nobody knows: OpenAI names its tier, others that imitate it do not.
    return "openai" if text(response, "service_tier") else "custom"


def tool_units(output: Any) -> dict[str, int] | None:
    """Count the web and file searches among a response's items.

    OpenAI charges for them and leaves them out of `usage`; opening a page that was found costs nothing.
    """
    counts: dict[str, int] = {}
    for item in output if isinstance(output, list) else ():
        kind = get(item, "type")
        if kind == "web_search_call" and get(get(item, "action"), "type") in (None, "search"):
            counts["web_searches"] = counts.get("web_searches", 0) + 1
        elif kind == "file_search_call":
            counts["file_searches"] = counts.get("file_searches", 0) + 1
    return counts or None


def _grounding_searches(response: Any, model: str | None) -> int:
    """Count what Google charges for grounding, which it leaves out of `usageMetadata`.

    Up to Gemini 2 that is the prompt, however many searches it led to; since Gemini 3 each search that
    is not empty.
    """
    queries = 0
    candidates = get(response, "candidates")
    for candidate in candidates if isinstance(candidates, list) else ():
        grounding = get(candidate, "groundingMetadata") or get(candidate, "grounding_metadata")
        asked = get(grounding, "webSearchQueries") or get(grounding, "web_search_queries")
        queries += sum(1 for query in asked if query) if isinstance(asked, list | tuple) else 0
    by_prompt = (model or "").rpartition("/")[2].startswith(("gemini-1", "gemini-2"))
    return min(queries, 1) if by_prompt else queries


def _without_usage(response: Any) -> Reading | None:
    meta = get(response, "meta")  # Cohere's first API
    if get(meta, "billed_units") is not None:
        return _cohere(response, meta)
    if (found := _invoke_model(response)) is not None:
        return found
    if number(response, "eval_count") is not None and text(response, "model"):
        return Reading(
            "ollama",
            text(response, "model"),
            input_tokens=number(response, "prompt_eval_count"),
            output_tokens=number(response, "eval_count"),
        )
    kind = text(response, "object")
    if kind in _APIS and text(response, "model"):  # a response all the same, which does not say what it took
        found = _openai(response, {})
        found.fields.pop("usage", None)
        return found
    return None
