"""`llmlab status` as a process: what it asks, what it prints where, and how it ends."""

import csv
import io
import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cli_samples import (
    LONG_NAME,
    USUAL,
    USUAL_BUDGET,
    USUAL_GROUPS,
    USUAL_UNPRICED_GROUPS,
    model,
    summary,
)
from cli_server import KEY, LLMLAB, AnswersOf, Home, problem


def answer_by_query(
    server: AnswersOf, now: Any, *, before: Any, kept: Sequence[str] = ("feature", "customer")
) -> None:
    """Answer as the API does: the period, the time before it, its groups, and what has no price."""

    def answer() -> Any:
        query = dict(server.current.query)
        by, unpriced = query.get("group_by"), query.get("price_status") == "unpriced"
        if by is not None and by not in kept:
            return problem(422, "group_by_not_kept", "not kept")
        if by is not None:
            groups = USUAL_UNPRICED_GROUPS if unpriced else USUAL_GROUPS
            return {**now, "groups": groups.get(by, [])}
        if unpriced:
            return summary([model(LONG_NAME, "0", 38, 1_200_000)])
        return before if query["from"] < now["from"] and query["from"].startswith("2026-09") else now

    server.answers["GET", "/api/costs/summary"] = answer


def test_it_shows_the_screen_in_a_pipe_without_colours(connected: Home) -> None:
    done = connected.run("status")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "$412.11 of $500.00 this month  82%" in done.stdout
    # Nothing is wrapped or cut, however long.
    assert "openai/ft:gpt-4o-mini-2024-07-18:acme-research:customer-support-v17:9xYzAbCd" in done.stdout


def test_it_asks_for_thirty_days_with_the_key(connected: Home, server: AnswersOf) -> None:
    server.get("/api/costs/summary", {**USUAL, "tz": "UTC"})
    connected.run("status", "--json")
    request = server.seen("/api/costs/summary")[0]
    assert request.authorization == f"Bearer {KEY}"
    query = dict(request.query)
    assert (date.fromisoformat(query["to"]) - date.fromisoformat(query["from"])).days == 30


def test_json_is_the_answer_of_the_server_digit_by_digit_and_what_stands_beside_it(
    connected: Home, server: AnswersOf
) -> None:
    exact = summary([model("openai/gpt-4", "1.905300000001", 1, 1)])
    answer_by_query(server, exact, before=summary([model("openai/gpt-4", "0.5", 3, 9)]))
    told = json.loads(connected.run("status", "--json").stdout)
    assert {name: told[name] for name in exact} == exact
    assert told["budgets"] == [USUAL_BUDGET]
    assert told["by_feature"][0] == {
        "feature": "search",
        "spend": "201.4",
        "events": 700,
        "tokens": 2_000_000,
    }
    assert len(told["by_customer"]) == 8
    assert (told["previous"]["total_spend"], told["previous"]["events"]) == ("0.5", 3)
    assert (told["previous"]["change"], told["previous"]["change_percent"]) == ("1.405300000001", "281.1")
    assert set(told) == {*exact, "by_feature", "by_customer", "previous", "budgets"}

    answer_by_query(server, exact, before=summary(), kept=())
    told = json.loads(connected.run("status", "--json").stdout)
    assert (told["by_feature"], told["by_customer"]) == (None, None)
    assert (told["previous"]["change"], told["previous"]["change_percent"]) == ("1.905300000001", None)


def test_the_time_before_is_as_long_and_ends_where_this_one_stands(
    connected: Home, server: AnswersOf
) -> None:
    answer_by_query(server, USUAL, before=summary())
    assert "no spend before" in connected.run("status").stdout
    earlier = [dict(r.query) for r in server.requests if dict(r.query).get("from") == "2026-09-25"]
    # 23 November at 14:03 in Berlin: thirty days before that, to the quarter of an hour.
    assert [query["to"] for query in earlier] == ["2026-10-24T14:00:00+02:00"]


def test_csv_has_stable_columns_and_nothing_for_what_is_not_known(connected: Home, server: AnswersOf) -> None:
    answer_by_query(server, USUAL, before=summary())
    done = connected.run("status", "--csv")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["by", "name", "spend", "events", "tokens"]
    assert rows[1] == ["total", "", "412.105324", "1243", "4230012"]
    assert ["day", "2026-11-11", "12.11", "1", ""] in rows
    assert ["model", LONG_NAME, "", "38", "1200000"] in rows
    assert ["provider", "anthropic", "150.1053", "302", "900000"] in rows
    assert ["feature", "", "60.405312", "150", "500000"] in rows
    assert ["feature", "nightly-report", "", "38", "1200000"] in rows
    assert {len(row) for row in rows} == {5}

    groups = [{"keys": {"day": "2026-11-22", "feature": 'a "b", c'}, "spend": "0", "events": 3, "tokens": 5}]
    server.get("/api/costs/summary", {**USUAL, "groups": groups})
    done = connected.run("status", "--csv", "--group-by", "day,feature")
    assert done.stdout.splitlines() == ["day,feature,spend,events,tokens", '2026-11-22,"a ""b"", c",,3,5']
    assert connected.run("status", "--csv", "--json").returncode == 2


def test_it_asks_again_when_the_workspace_has_another_day(connected: Home, server: AnswersOf) -> None:
    # Somewhere it is always another day than in UTC: of these two zones, one is on another date at any time.
    asked = []
    before = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        server.requests.clear()
        server.get("/api/costs/summary", {**USUAL, "tz": zone})
        connected.run("status", "--period", "today", "--json")
        days = [dict(r.query)["from"] for r in server.seen("/api/costs/summary")]
        # Of the period itself, not of the one before.
        asked.append([day for day in days if len(day) == 10 and day > before])
    assert sorted(map(len, asked)) in ([1, 2], [2, 2])
    assert all(len(set(days)) == len(days) for days in asked)


def test_filters_groups_and_times_are_passed_on(connected: Home, server: AnswersOf) -> None:
    server.get("/api/costs/summary", {**USUAL, "groups": []})
    arguments = ["--from", "2026-11-01", "--to", "2026-11-08", "--tz", "Asia/Kolkata", "-g", "feature, day"]
    arguments += ["-w", "provider=openai", "-w", "provider=google", "-w", "tag.tier=gold=1", "--json"]
    assert connected.run("status", *arguments).returncode == 0
    query = server.requests[0].query
    assert ("from", "2026-11-01") in query
    assert ("to", "2026-11-08") in query
    assert ("tz", "Asia/Kolkata") in query
    assert ("group_by", "feature,day") in query
    assert [value for name, value in query if name == "provider"] == ["openai", "google"]
    assert ("tag.tier", "gold=1") in query


def test_models_without_a_price_are_named(connected: Home, server: AnswersOf) -> None:
    done = connected.run("status")
    asked = [dict(r.query).get("price_status") for r in server.seen("/api/costs/summary")]
    assert "unpriced" in asked
    assert "have no known price" in done.stdout


def test_a_grouping_that_is_not_kept_by_price_costs_only_the_names(
    connected: Home, server: AnswersOf
) -> None:
    def answer() -> object:
        if ("price_status", "unpriced") in server.current.query:
            return problem(422, "group_by_not_kept", "not kept")
        return {**USUAL, "groups": []}

    server.answers["GET", "/api/costs/summary"] = answer
    done = connected.run("status", "-g", "feature")
    assert done.returncode == 0, done.stderr
    assert "38 calls have no known price" in done.stdout


def test_wrong_usage_is_one_line_and_2(connected: Home) -> None:
    for arguments, told in (
        (["--period", "fortnight"], "is no period: try today"),
        (["--period", "7d", "--from", "2026-11-01"], "exclude each other"),
        (["--where", "feature"], "NAME=VALUE"),
        (["--nonsense"], "No such option"),
        (["--top", "0"], "--top"),
    ):
        done = connected.run("status", *arguments)
        assert done.returncode == 2, arguments
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""


def test_what_the_server_refuses_is_one_line_that_says_what_to_mend(
    connected: Home, server: AnswersOf
) -> None:
    detail = "cannot group by 'feature and team': kept are feature, customer"
    server.get("/api/costs/summary", problem(422, "group_by_not_kept", detail))
    done = connected.run("status", "-g", "feature,team")
    assert done.returncode == 1
    assert done.stderr == f"llmlab: {detail}\n"


def test_no_server_is_3(home: Home) -> None:
    done = home.run("status", env={"LLMLAB_URL": "http://127.0.0.1:1", "LLMLAB_API_KEY": KEY})
    assert done.returncode == 3
    assert done.stderr.lower().count("is it running?") == 1
    assert done.stderr.count("llmlab up") == 1
    assert done.stderr.count("\n") == 1


def test_no_key_a_wrong_key_and_an_expired_token_are_4(
    home: Home, connected: Home, server: AnswersOf
) -> None:
    server.get("/api/costs/summary", problem(401, "key_unknown", "this API key is unknown or was revoked"))
    done = connected.run("status")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "llmlab init" in done.stderr

    connected.write_config({"profiles": {"default": {"url": server.url, "token": "t-1"}}})
    server.get("/api/costs/summary", problem(401, "token_expired", "this token has expired"))
    done = connected.run("status")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "llmlab login" in done.stderr

    home.config.unlink()
    done = home.run("status")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "llmlab init" in done.stderr


def test_a_server_in_trouble_is_3(connected: Home, server: AnswersOf) -> None:
    server.get("/api/costs/summary", problem(503, "database_away", "the database is away: try again"))
    done = connected.run("status")
    assert (done.returncode, done.stderr) == (3, "llmlab: the database is away: try again\n")


def test_debug_shows_how_the_error_came_about(connected: Home, server: AnswersOf) -> None:
    server.get("/api/costs/summary", problem(503, "database_away", "the database is away"))
    assert "Traceback" not in connected.run("status").stderr
    assert "Traceback" in connected.run("status", "--debug").stderr
    assert "Traceback" in connected.run("--debug", "status").stderr


def test_a_profile_may_stand_before_or_after_the_command(connected: Home, server: AnswersOf) -> None:
    content = connected.read_config()
    content["profiles"]["work"] = {"url": server.url, "api_key": "llmlab_work"}
    connected.write_config(content)
    for arguments in (["--profile", "work", "status"], ["status", "--profile", "work"]):
        server.requests.clear()
        # The option wins over the environment.
        assert connected.run(*arguments, "--json", env={"LLMLAB_API_KEY": "llmlab_env"}).returncode == 0
        assert server.requests[0].authorization == "Bearer llmlab_work"
    server.requests.clear()
    connected.run("status", "--json", env={"LLMLAB_PROFILE": "work"})
    assert server.requests[0].authorization == "Bearer llmlab_work"
    done = connected.run("status", "--profile", "nope")
    assert (done.returncode, "llmlab init --profile nope" in done.stderr) == (5, True)


def test_a_reader_that_leaves_early_is_no_error(connected: Home, server: AnswersOf) -> None:
    # More than a pipe holds, so that the writer does meet the closed end.
    many = [model(f"openai/model-{i:05}", "1", 1, 1) for i in range(5000)]
    server.get("/api/costs/summary", summary(many))
    command = f"set -o pipefail; {LLMLAB} status --json | head -1; echo ends ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], env=connected.env(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "{\nends 141\n"
    assert done.stderr == ""


def test_an_output_that_cannot_be_written_is_one_line(connected: Home) -> None:
    for arguments in (["status"], ["--help"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [LLMLAB, *arguments],
                env=connected.env(),
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=60,
                check=False,
            )
        assert done.returncode == 5
        assert done.stderr == "llmlab: the output cannot be written (No space left on device)\n"


def test_a_grouping_by_nothing_is_wrong_usage(connected: Home, server: AnswersOf) -> None:
    for nothing in ("", ",", " , "):
        done = connected.run("status", "--group-by", nothing)
        assert done.returncode == 2
        assert "--group-by names nothing" in done.stderr
    assert server.requests == []


def test_an_encoding_without_blocks_gets_signs_it_has(connected: Home) -> None:
    done = connected.run("status", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "####" in done.stdout
