"""From messages to deliveries: which channels a message goes to, and in which words."""

import json

from ledger import Ledger, entry_of, event
from notified import channel, deliveries, message, post_of


async def test_who_is_told_of_what(ledger: Ledger) -> None:
    pool, workspace, other = ledger.pool, await ledger.workspace(), await ledger.workspace()
    post = post_of(pool)
    wants = await channel(pool, workspace, "slack", url="https://example.com")
    reports = await channel(pool, workspace, "slack", ("report",), url="https://example.com")
    foreign = await channel(pool, other, "slack", url="https://example.com")
    everyone = await message(pool, workspace)
    named = await message(pool, workspace, channels=[reports, foreign])
    nobody = await message(pool, workspace, channels=[])
    await message(pool, workspace, "test", channels=[reports])
    broken = await message(pool, workspace, threshold="a lot", name="Odd")
    # Those that it named are all gone.
    gone = await message(pool, workspace, channels=[987_654, foreign])
    made = await post.fan_out()
    assert (made.messages, len(made.due)) == (6, 5)
    assert await post.fan_out() == (0, [])
    await post.close()
    found = {(row["outbox_id"], row["channel_id"]) for row in await deliveries(pool)}
    assert found == {
        (everyone, wants),
        (named, reports),
        (nobody + 1, reports),
        (broken, wants),
        (gone, wants),
    }
    # What cannot be put into words is told all the same.
    notice = json.loads(await pool.fetchval("SELECT notice FROM outbox WHERE id = $1", broken))
    assert notice["title"] == "Budget crossing in w"
    assert ["name", "Odd"] in notice["facts"]
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE fanned_out_at IS NULL") == 0


async def test_a_crossing_of_the_pipeline_is_told_in_words(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    await ledger.budget(workspace, "0.05", thresholds=("0.8",))
    assert (await ledger.process(entry_of(event(), workspace_id=workspace))).crossings == 1
    post = post_of(pool)
    await post.fan_out()
    await post.close()
    row = await pool.fetchrow("SELECT payload, notice FROM outbox")
    assert json.loads(row["payload"])["amount"] == "0.05"
    assert json.loads(row["notice"])["title"] == "b passed 80 % of $0.05"
