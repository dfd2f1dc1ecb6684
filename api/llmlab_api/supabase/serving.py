"""What the API keeps running for sign-ins by Supabase: connections to it, and its keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from llmlab_shared.config import ServerSettings

from llmlab_api.supabase.issuer import SupabaseIssuer
from llmlab_api.supabase.signing_keys import SigningKeys
from llmlab_api.supabase.verifier import SupabaseTokens
from llmlab_api.tokens import TokenVerifier


@asynccontextmanager
async def serve_supabase(
    settings: ServerSettings,
) -> AsyncIterator[tuple[SupabaseIssuer | None, list[TokenVerifier]]]:
    """Yield the Auth server that is set and the verifier of its tokens; neither, where none is set.

    Nothing is asked of it before somebody comes by way of it.
    """
    if settings.supabase_url is None:
        yield None, []
        return
    anon_key, secret = settings.supabase_anon_key, settings.supabase_jwt_secret
    issuer = SupabaseIssuer(settings.supabase_url, anon_key.get_secret_value() if anon_key else None)
    keys = SigningKeys(issuer.read_keys)
    try:
        yield issuer, [SupabaseTokens(issuer.base, keys, secret.get_secret_value() if secret else None)]
    finally:
        await keys.close()
        await issuer.close()
