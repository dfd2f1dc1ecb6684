"""People: the first account, invitations, roles, who is let in and who no longer."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest
from dashboard import PASSWORD, Dashboard, Person, Visit, until
from ledger import Ledger
from live import LiveStack
from llmlab_shared.db.engine import open_pool
from notified import MAIL_FROM, MailBox
from playwright.async_api import Browser, Page, expect
from servers import free_port
from supabase_issuer import ANON_KEY, Issuer, run_issuer

KEY = re.compile(r"^llmlab_\w+$")


@asynccontextmanager
async def _installed(
    browser: Browser,
    database_url: str,
    redis_url: str,
    folder: Path,
    port: int | None = None,
    **environment: str,
) -> AsyncIterator[Dashboard]:
    """An installation of its own, in which nobody has an account yet."""
    stack = LiveStack(database_url, redis_url, folder, environment, port or free_port())
    pool = await open_pool(database_url)
    dashboard = Dashboard(stack, Ledger(pool), browser)
    try:
        await asyncio.to_thread(stack.start_api)
        stack.start_worker()
        yield dashboard
        await dashboard.close()
    finally:
        await pool.close()
        await asyncio.to_thread(stack.stop)


async def _sign_up(page: Page, email: str, workspace: str | None = None) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    if workspace is not None:
        await page.get_by_label("Workspace").fill(workspace)
    await page.get_by_role("button", name="Create account").click()


async def _sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def _run(snippet: str, folder: Path) -> None:
    """Run a Python snippet as whoever copied it does."""
    program = folder / "first_call.py"
    program.write_text(snippet)
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, cwd=folder, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def _invitation(page: Page, role: str, email: str = "") -> str:
    """Make an invitation on the members' page, and return its link."""
    await page.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Role").select_option(role)
    await dialog.get_by_label("E-mail (optional)").fill(email)
    await dialog.get_by_role("button", name="Make the link").click()
    await dialog.get_by_role("button", name="Copy Invitation link").click()
    link: str = await page.evaluate("navigator.clipboard.readText()")
    await expect(dialog.get_by_role("group", name="Invitation link")).to_contain_text(link)
    await dialog.get_by_role("button", name="Done").click()
    await expect(dialog).to_be_hidden()
    return link


async def _owner(dashboard: Dashboard, email: str, screen: str) -> tuple[Person, Visit]:
    """Somebody with a workspace, whose browser lets the page copy, on a screen of it."""
    person = await dashboard.sign_up(email)
    visit = await dashboard.visit(person, permissions=["clipboard-read", "clipboard-write"])
    await visit.page.goto(person.path(screen))
    return person, visit


async def test_the_first_account_owns_the_installation_and_sees_its_first_call(
    browser: Browser, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with _installed(browser, database_url, redis_url, tmp_path, LLMLAB_SIGNUP="first") as dashboard:
        visit = await dashboard.visit(permissions=["clipboard-read", "clipboard-write"])
        page = visit.page
        await page.goto("/")
        await page.get_by_role("link", name="Make the first one: it owns this installation").click()
        await expect(page.get_by_text("Yours is the first account here")).to_be_visible()
        # What is wrong stands at its field, and nothing is lost by it.
        await page.get_by_label("E-mail").fill("ada")
        await page.get_by_label("Password", exact=True).fill("short")
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_label("E-mail")).to_have_accessible_description(
            re.compile("That is no e-mail address")
        )
        await expect(page.get_by_label("Password", exact=True)).to_have_accessible_description(
            re.compile("A password has at least 8 characters")
        )
        await _sign_up(page, "ada@example.com", "Lighthouse")
        await expect(page).to_have_url(re.compile(r"/w/\d+/start$"))
        await expect(page.get_by_text("Waiting for your first event…")).to_be_visible()

        # The key, once, in the snippet as well.
        await page.get_by_role("button", name="Copy API key").click()
        key: str = await page.evaluate("navigator.clipboard.readText()")
        assert KEY.match(key)
        await expect(page.get_by_role("group", name="API key")).to_contain_text(key)
        await page.get_by_role("tab", name="curl").click()
        curl = page.get_by_role("region", name="curl snippet")
        await expect(curl).to_contain_text(f"curl {dashboard.url}/api/events/track")
        await expect(curl).to_contain_text(f"Authorization: Bearer {key}")
        await page.get_by_role("tab", name="Python").click()
        await page.get_by_role("button", name="Copy Python snippet").click()
        snippet: str = await page.evaluate("navigator.clipboard.readText()")
        assert dashboard.url in snippet
        assert key in snippet
        await visit.check_access()
        await _run(snippet, tmp_path)
        arrived = page.get_by_role("status").filter(has_text="Your event arrived")
        await expect(arrived).to_contain_text("openai/gpt-4o-mini")
        await expect(arrived).to_contain_text("$0.00027")
        await visit.check_access()
        await arrived.get_by_role("link", name="See it in full").click()
        await expect(page.get_by_role("dialog", name="Call of gpt-4o-mini")).to_contain_text("first-call")

        # Nobody sees the key again, its owner neither.
        await page.goto("/")
        await expect(page).to_have_url(re.compile(r"/w/\d+$"))
        await page.goto(f"{page.url}/start")
        await expect(page.get_by_role("status").filter(has_text="Events arrive here")).to_be_visible()
        await expect(page.get_by_role("button", name="Make an API key")).to_be_visible()
        await expect(page.get_by_text(key)).to_have_count(0)

        # The next one is not let in by the page, nor by the API.
        stranger = await dashboard.visit()
        await stranger.page.goto("/signup")
        await expect(stranger.page.get_by_text("This installation takes no sign-ups.")).to_be_visible()
        await expect(stranger.page.get_by_role("button", name="Create account")).to_have_count(0)
        async with httpx.AsyncClient(base_url=dashboard.url) as client:
            body = {"email": "eve@example.com", "password": PASSWORD}
            assert (await client.post("/api/auth/signup", json=body)).status_code == 403


async def test_whoever_is_invited_looks_and_changes_nothing_until_the_role_allows_it(
    dashboard: Dashboard,
) -> None:
    owner, hers = await _owner(dashboard, "grace@example.com", "settings/members")
    page = hers.page
    await expect(page.get_by_text("Nobody is invited")).to_be_visible()
    link = await _invitation(page, "viewer", "guest@example.com")
    open_one = page.get_by_role("row").filter(has_text="guest@example.com").filter(has_text="Open")
    await expect(open_one).to_be_visible()

    his = await dashboard.visit()
    guest = his.page
    await guest.goto(link)
    await expect(guest.get_by_text("grace@example.com invites you to the workspace Harbour")).to_be_visible()
    await expect(guest.get_by_text("Sees everything, changes nothing.")).to_be_visible()
    await his.check_access()
    await guest.get_by_role("link", name="Create an account").click()
    await expect(guest.get_by_text("You were invited")).to_be_visible()
    await _sign_up(guest, "guest@example.com")
    await expect(guest).to_have_url(re.compile(rf"/w/{owner.workspace}$"))
    await expect(guest.get_by_role("heading", level=1, name="Overview")).to_be_visible()

    # A viewer is offered nothing that the API would refuse …
    await guest.goto(owner.path("budgets"))
    await expect(guest.get_by_role("heading", level=1, name="Budgets")).to_be_visible()
    await his.settle()
    await expect(guest.get_by_role("button", name="New budget")).to_have_count(0)
    await guest.goto(owner.path("settings/members"))
    await expect(guest.get_by_role("row").filter(has_text="You")).to_contain_text("Viewer")
    for deed in ("Invite", "Remove grace@example.com"):
        await expect(guest.get_by_role("button", name=deed)).to_have_count(0)
    await expect(guest.get_by_role("combobox")).to_have_count(0)
    await expect(guest.get_by_role("link", name="API keys")).to_have_count(0)
    await guest.goto(owner.path("settings/workspace"))
    await expect(guest.get_by_label("Name")).to_be_disabled()
    await expect(guest.get_by_role("button", name="Save changes")).to_have_count(0)
    await guest.goto(owner.path("settings/keys"))
    await expect(guest.get_by_text("API keys: for owners and admins")).to_be_visible()
    # … and the API refuses.
    refused = await guest.evaluate(
        """async (workspace) => {
            const ask = (method, path, body) => fetch(path, {
                method, body: JSON.stringify(body),
                headers: {
                    "Content-Type": "application/json", "X-LLMLab-Web": "1",
                    "X-LLMLab-Workspace": String(workspace),
                },
            });
            const answers = await Promise.all([
                ask("POST", "/api/keys", { name: "mine", scopes: ["ingest"] }),
                ask("POST", "/api/budgets", { budget_amount: "1" }),
                ask("PATCH", "/api/workspace", { name: "Mine" }),
                ask("POST", "/api/invitations", { role: "owner" }),
                ask("POST", "/api/deadletters/replay", {}),
            ]);
            return answers.map(({ status }) => status);
        }""",
        owner.workspace,
    )
    assert refused == [403] * 5

    # A higher role is a choice away, and holds as soon as the guest looks again.
    await page.reload()
    role = page.get_by_label("Role of guest@example.com")
    await role.select_option("admin")
    await expect(page.get_by_text("guest@example.com is now admin")).to_be_visible()
    await guest.goto(owner.path("settings/keys"))
    await guest.get_by_role("button", name="Create key").click()
    dialog = guest.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Too late")

    # It is taken back while a form stands open: what is sent is refused, and the screen says why.
    await role.select_option("viewer")
    await expect(page.get_by_text("guest@example.com is now viewer")).to_be_visible()
    await dialog.get_by_role("button", name="Create key").click()
    await expect(guest.get_by_text("API keys: for owners and admins")).to_be_visible()
    await expect(guest.get_by_text("Your role here does not include this.")).to_be_visible()
    await expect(guest.get_by_role("link", name="API keys")).to_have_count(0)
    keys = await owner.call("GET", "/api/keys")
    assert "Too late" not in [each["name"] for each in keys["keys"]]

    # Out: at the next step there is nothing left to see.
    await page.get_by_role("button", name="Remove guest@example.com").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("guest@example.com is no longer a member")).to_be_visible()
    await guest.get_by_role("link", name="Events").click()
    await expect(guest.get_by_text("You belong to no workspace any more")).to_be_visible()
    await his.check_access()

    # All of it is in the log, by name.
    await page.get_by_role("link", name="Audit log").click()
    for who, what, details in (
        ("grace@example.com", "Made an invitation", "guest@example.com"),
        ("guest@example.com", "Accepted an invitation", "viewer"),
        ("grace@example.com", "Changed a role", "guest@example.com"),
        ("grace@example.com", "Removed a member", "guest@example.com"),
    ):
        entry = page.get_by_role("row").filter(has_text=who).filter(has_text=what)
        await expect(entry.first).to_contain_text(details)
    await hers.check_access()


async def test_whoever_has_an_account_signs_in_by_the_link(dashboard: Dashboard) -> None:
    owner, hers = await _owner(dashboard, "mary@example.com", "settings/members")
    known = await dashboard.sign_up("known@example.com", "Home")
    link = await _invitation(hers.page, "member")
    visit = await dashboard.visit()
    page = visit.page
    await page.goto(link)
    await page.get_by_role("link", name="Sign in and accept").click()
    await expect(page.get_by_text("Then the invitation is yours.")).to_be_visible()
    await _sign_in(page, known.email)
    await expect(page).to_have_url(re.compile(rf"/w/{owner.workspace}$"))
    await page.get_by_role("button", name="Workspace Harbour: choose another").click()
    await expect(page.get_by_role("menuitem", name="Home")).to_be_visible()

    # The link is used up; one that was revoked is as good.
    await page.goto("about:blank")
    await page.goto(link)
    await expect(page.get_by_role("heading", name="This invitation does not work")).to_be_visible()
    await hers.page.reload()
    second = await _invitation(hers.page, "member", known.email.replace("known", "another"))
    await page.goto(second)
    await expect(page.get_by_text("you are signed in as known@example.com")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("^Accept as"))).to_have_count(0)
    await hers.page.get_by_role("button", name="Revoke the invitation for another@example.com").click()
    await expect(hers.page.get_by_text("The link no longer works")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="This invitation does not work")).to_be_visible()


async def test_a_forgotten_password_is_replaced_by_mail(
    browser: Browser, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    port = free_port()
    with MailBox() as box:
        async with _installed(
            browser,
            database_url,
            redis_url,
            tmp_path,
            port=port,
            LLMLAB_PUBLIC_URL=f"http://127.0.0.1:{port}",
            LLMLAB_SMTP_URL=f"smtp://{box.server.host}:{box.server.port}",
            LLMLAB_MAIL_FROM=MAIL_FROM,
        ) as dashboard:
            person = await dashboard.sign_up("lost@example.com")
            visit = await dashboard.visit()
            page = visit.page
            await page.goto("/signin")
            await page.get_by_role("link", name="Forgot your password?").click()
            await expect(page.get_by_text("is mailed to you")).to_be_visible()
            # Nobody learns who has an account.
            for email in ("nobody@example.com", person.email):
                await page.goto("/forgot-password")
                await page.get_by_label("E-mail").fill(email)
                await page.get_by_role("button", name="Mail me the link").click()
                await expect(page.get_by_role("alert")).to_contain_text(f"If {email} has an account here")
            await visit.check_access()

            async def mails() -> list[bytes]:
                return box.messages

            (raw,) = await until(mails, bool)
            assert box.recipients == [[person.email]]
            mail = message_from_bytes(raw, policy=policy.default)
            plain = mail.get_body(("plain",))
            assert plain is not None
            (link,) = set(re.findall(r"https?://\S+#token=[\w-]+", plain.get_content()))
            assert link.startswith(f"{dashboard.url}/reset-password#token=")
            await page.goto(link)
            await page.get_by_label("New password", exact=True).fill("a third horse battery")
            await page.get_by_role("button", name="Set password and sign in").click()
            await expect(page).to_have_url(re.compile(rf"/w/{person.workspace}$"))
            await expect(page.get_by_role("button", name=f"{person.email}: account")).to_be_visible()
            assert len(box.messages) == 1, "nobody else got one"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with run_issuer() as running:
        yield running


async def test_a_provider_lets_in_whom_it_vouches_for(
    browser: Browser, database_url: str, redis_url: str, tmp_path: Path, issuer: Issuer
) -> None:
    async with _installed(
        browser,
        database_url,
        redis_url,
        tmp_path,
        LLMLAB_SIGNUP="first",
        LLMLAB_SUPABASE_URL=issuer.url,
        LLMLAB_SUPABASE_ANON_KEY=ANON_KEY,
        LLMLAB_SUPABASE_PROVIDERS="github,google",
    ) as dashboard:
        owner = await dashboard.sign_up("ada@example.com", "Lighthouse")

        async def come_by(visit: Visit, who: str, provider: str = "GitHub") -> None:
            visit.expects(f"^asked elsewhere: {re.escape(issuer.url)}/auth/v1/authorize")
            issuer.agreeing = who
            await visit.page.get_by_role("link", name=f"Continue with {provider}").click()

        # Somebody with an account comes back to where they were going.
        known = await dashboard.visit()
        await known.page.goto(owner.path("explore?range=7d"))
        await expect(known.page.get_by_role("heading", name="Sign in")).to_be_visible()
        await known.settle()
        await known.check_access()
        await come_by(known, issuer.person(owner.email))
        await expect(known.page).to_have_url(re.compile(rf"/w/{owner.workspace}/explore\?range=7d$"))
        await expect(known.page.get_by_role("button", name="ada@example.com: account")).to_be_visible()

        # Somebody new is not let in, and told why; with an invitation they are.
        nobody = await dashboard.visit()
        page = nobody.page
        await page.goto("/signin")
        subject = issuer.person("new@example.com")
        await come_by(nobody, subject, "Google")
        await expect(page.get_by_role("heading", name="You could not be signed in")).to_be_visible()
        await expect(page.get_by_role("alert")).to_contain_text("invit")
        await nobody.check_access()
        made = await owner.call("POST", "/api/invitations", {"role": "viewer"})
        await page.goto(f"/join#token={made['link_token']}")
        await page.get_by_role("link", name="Create an account").click()
        await come_by(nobody, subject)
        await expect(page).to_have_url(re.compile(rf"/w/{owner.workspace}$"))
        await expect(page.get_by_role("button", name="new@example.com: account")).to_be_visible()

        # An e-mail that nobody confirmed is nobody's.
        unproven = await dashboard.visit()
        await unproven.page.goto("/signin")
        await come_by(unproven, issuer.person("maybe@example.com", confirmed=False))
        await expect(unproven.page.get_by_role("alert")).to_contain_text("verified")
        # The code of an address that is kept is of no use a second time.
        await unproven.page.goto("/auth/callback?error=access_denied&error_description=You+said+no")
        await expect(unproven.page.get_by_role("alert")).to_contain_text("You said no")
