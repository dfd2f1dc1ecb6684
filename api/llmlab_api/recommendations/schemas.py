"""What `GET /api/recommendations` answers, as OpenAPI shows it."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class Recommendation(BaseModel):
    kind: Literal["switch_model", "shorten_prompts", "try_provider"]
    title: str = Field(examples=["Switch from gpt-4 to gpt-4o"])
    why: str = Field(description="The figures it rests on, in words.")
    saving_month: str = Field(description="USD, by pricing the tokens of the last 30 days again.")
    confidence: float = Field(
        ge=0, le=1, description="closeness × calls / (calls + 50); the order is by confidence × saving."
    )
    evidence: dict[str, Any] = Field(description="The same figures, to count on.")


class Recommendations(BaseModel):
    recommendations: list[Recommendation]
