"""Signing up: what one gets, who may, and two at once."""

from api_client import api_client, signup


async def test_signup_gives_a_token_and_a_key_that_work(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client, "Ada@Example.com")
        assert account.user["email"] == "ada@example.com"
        me = await client.get("/api/auth/me", headers=account.auth)
        assert me.status_code == 200, me.text
        assert me.json() == account.user
