"""Settings of the server processes, read from the environment when a process starts.

Names and meanings are part of the contract; `deploy/env.example` lists them all.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from llmlab_shared.mail_server import MailServer
from llmlab_shared.outgoing import OutgoingRules

SignupMode = Literal["open", "first", "closed"]


class ServerSettings(BaseSettings):
    """Where the data is and what the installation allows. `LLMLAB_…` wins over the plain names."""

    model_config = SettingsConfigDict(env_prefix="LLMLAB_", populate_by_name=True, extra="ignore")

    database_url: str | None = Field(
        None, validation_alias=AliasChoices("LLMLAB_DATABASE_URL", "DATABASE_URL")
    )
    redis_url: str | None = Field(None, validation_alias=AliasChoices("LLMLAB_REDIS_URL", "REDIS_URL"))
    port: int = Field(8000, ge=0, le=65535, validation_alias=AliasChoices("LLMLAB_PORT", "PORT"))
    secret_key: SecretStr | None = None
    secret_key_previous: SecretStr | None = None
    token_hours: int = Field(24, ge=1, le=24 * 366)
    cors_origins: Annotated[list[str], NoDecode] = []
    signup: SignupMode = "first"
    stream_shards: int = Field(1, ge=1, le=64)
    backlog_bytes: int = Field(256 << 20, ge=1 << 20)
    reference_tokens_per_call: int = Field(1200, ge=1)
    # With '' and '(other)' no more than the 10,000 groups that one answer may have.
    values_a_day: int = Field(1000, ge=10, le=9998)
    # Where people see LLMLab, for links in messages.
    public_url: str | None = None
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    outgoing_allow: Annotated[list[str], NoDecode] = []
    # Another place where people sign in: its address, what the gateway there asks for, and, for projects
    # that still sign by it, the shared secret.
    supabase_url: str | None = None
    supabase_anon_key: SecretStr | None = None
    supabase_jwt_secret: SecretStr | None = None
    supabase_providers: Annotated[list[str], NoDecode] = []
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"

    @property
    def mails_links(self) -> bool:
        """Whether secrets may go out in links by mail: there is a server, and it is known where links lead.

        The address that a request names will not do, because whoever sends it may name another.
        """
        return self.smtp_url is not None and self.public_url is not None

    @field_validator("cors_origins", "outgoing_allow", "supabase_providers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("outgoing_allow")
    @classmethod
    def _names_hosts(cls, value: list[str]) -> list[str]:
        OutgoingRules.of(value)
        return value

    @field_validator("public_url", "supabase_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if not value:
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// (or http://)")
        return value.rstrip("/").removesuffix("/auth/v1")

    @field_validator("supabase_anon_key", "supabase_jwt_secret")
    @classmethod
    def _is_set(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value is not None and value.get_secret_value() else None

    @field_validator("supabase_providers")
    @classmethod
    def _are_names(cls, value: list[str]) -> list[str]:
        for name in value:
            if not re.fullmatch(r"[a-z0-9_:-]{1,64}", name):
                raise ValueError(f"{name!r} is not a provider as Supabase calls it, such as github")
        return value

    @model_validator(mode="after")
    def _knows_the_issuer(self) -> Self:
        if self.supabase_url is None and (
            self.supabase_anon_key or self.supabase_jwt_secret or self.supabase_providers
        ):
            raise ValueError(
                "LLMLAB_SUPABASE_… needs LLMLAB_SUPABASE_URL: the project's address, such as "
                "https://abcdefgh.supabase.co"
            )
        secret = self.supabase_jwt_secret
        if secret is not None and len(secret.get_secret_value()) < 32:
            raise ValueError(
                "LLMLAB_SUPABASE_JWT_SECRET is too short to be one: it has 32 characters or more"
            )
        return self

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        MailServer.read(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _has_a_sender(self) -> Self:
        if self.smtp_url is not None and not self.mail_from:
            raise ValueError(
                "LLMLAB_SMTP_URL needs LLMLAB_MAIL_FROM: the address that mail comes from, such as "
                "`LLMLab <llmlab@example.com>`"
            )
        return self
