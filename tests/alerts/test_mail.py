"""Digests by mail, to a real SMTP server."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from backlink_crawler.alerts.bookmark import Bookmark
from backlink_crawler.alerts.config import Mail, Rhythm
from backlink_crawler.alerts.courier import ACCEPTED
from backlink_crawler.alerts.digest import SHOWN, Digest
from backlink_crawler.alerts.sinks.smtp import MailSink
from backlink_crawler.alerts.turn import Audience, Turn
from backlink_crawler.store import Store
from tests.alerts.postbox import Postbox, served
from tests.alerts.world import CONFIG, EVERYTHING, NOON, Hands, alert, event, minutes, write

DAILY = Rhythm("day", time(7))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for ``localhost`` that nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return path


def sink(port: int, certificate: Path | None = None, security: str = "none", **fields: Any) -> MailSink:
    values: dict[str, Any] = {
        "host": "localhost",
        "port": port,
        "security": security,
        "user": None,
        "password": None,
        "sender": "alerts@example.com",
        "recipients": ("me@example.com", "you@example.com"),
        "timeout": 5.0,
        "rhythm": DAILY,
    }
    trust = (
        ssl.create_default_context if certificate is None else lambda: ssl.create_default_context(cafile=certificate)
    )
    return MailSink(Mail(**values | fields), trust)


def digest(numbers: Sequence[int] = range(3), **fields: Any) -> Digest:
    made = Digest(since=NOON, until=NOON + minutes(60))
    made.add(alert(number, **fields) for number in numbers)
    return made


async def test_a_digest_arrives_whole() -> None:
    """Subject, recipients, numbers and lines; in plain text."""
    postbox = Postbox()
    async with served(postbox) as port:
        answer = await sink(port).send(digest(range(40), anchor="Café → Ünïcode"), key="k", brief=False)
    assert answer.kind == "accepted"
    (mail,) = postbox.mails
    assert mail["Subject"] == "40 alerts: shop.com"
    assert mail["To"] == "me@example.com, you@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content()
    assert "Links lost: 40" in text
    assert "https://blog.org/0 → https://shop.com/; it is not in the page any more; anchor “Café → Ünïcode”" in text
    assert text.count("- 2026-03-01") == SHOWN
    assert f"… and {40 - SHOWN} more" in text


async def test_the_same_digest_has_the_same_message_id() -> None:
    """What a crash repeats can be recognised; another digest has another id."""
    postbox = Postbox()
    async with served(postbox) as port:
        for key in ("a", "a", "b"):
            await sink(port).send(digest(), key=key, brief=False)
    first, again, other = (mail["Message-ID"] for mail in postbox.mails)
    assert first == again != other
    assert first.endswith("@example.com>")


async def test_what_pages_say_adds_no_header_and_no_line() -> None:
    """An anchor with line breaks stays within its line of the text."""
    postbox = Postbox()
    async with served(postbox) as port:
        await sink(port).send(digest([1], anchor="a\r\nBcc: x@evil.example\r\n\r\n.\r\nQUIT"), key="k", brief=False)
    (mail,) = postbox.mails
    assert mail["Bcc"] is None
    assert "a  Bcc: x@evil.example    .  QUIT" in mail.get_content()


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_is_encrypted_and_logged_in(certificate: Path, security: str) -> None:
    """Both ways of TLS, the certificate checked; the password goes only through it."""
    postbox = Postbox()
    seen = []

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        seen.append((session.ssl is not None or security == "tls", data.login, data.password))
        return AuthResult(success=data.password == b"secret", handled=False)

    # aiosmtpd knows of TLS by STARTTLS only.
    starttls = security == "starttls"
    options = {"authenticator": authenticate, "auth_required": starttls, "auth_require_tls": starttls}
    async with served(postbox, certificate, tls=security == "tls", **options) as port:
        login = {"user": "me", "password": "secret"}
        right = await sink(port, certificate, security, **login).send(digest(), key="k", brief=False)
        assert right == ACCEPTED, right.detail
        wrong = await sink(port, certificate, security, user="me", password="wr0ng").send(
            digest(), key="k", brief=False
        )
    assert seen[0] == (True, b"me", b"secret")
    assert len(postbox.mails) == 1
    assert (wrong.kind, wrong.content) == ("refused", False)
    assert "535" in wrong.detail
    assert "wr0ng" not in wrong.detail


async def test_a_certificate_that_is_not_trusted_ends_it(certificate: Path) -> None:
    """No mail and no password go to a server that cannot prove who it is."""
    postbox = Postbox()
    async with served(postbox, certificate) as port:
        answer = await sink(port, None, "starttls").send(digest(), key="k", brief=False)
    assert answer.kind == "refused"
    assert "certificate" in answer.detail
    assert postbox.mails == []


async def test_a_server_without_starttls_gets_nothing() -> None:
    """Encryption that was asked for is not given up silently."""
    postbox = Postbox()
    async with served(postbox) as port:
        answer = await sink(port, None, "starttls").send(digest(), key="k", brief=False)
    assert answer.kind == "refused"
    assert "offers no STARTTLS" in answer.detail
    assert postbox.mails == []


@pytest.mark.parametrize(
    ("said", "kind", "content"),
    [("451 later", "try_again", False), ("452 full", "try_again", False), ("554 spam", "refused", True)],
)
async def test_what_the_servers_verdict_means(said: str, kind: str, content: bool) -> None:
    """4yz: later. 5yz on the text: refused for what it holds (RFC 5321, 4.2.1)."""
    postbox = Postbox()
    postbox.data = [said]
    async with served(postbox) as port:
        answer = await sink(port).send(digest(), key="k", brief=False)
    assert answer.kind == kind
    assert answer.content == (content or said.startswith("45"))
    assert said[:3] in answer.detail


async def test_recipients_that_are_refused() -> None:
    """One of two: the mail went, and it is said. Both: it did not."""
    postbox = Postbox()
    postbox.refused = {"you@example.com": "550 unknown"}
    async with served(postbox) as port:
        answer = await sink(port).send(digest(), key="k", brief=False)
        assert (answer.kind, answer.detail) == ("accepted", "refused for you@example.com")
        postbox.refused["me@example.com"] = "550 unknown"
        answer = await sink(port).send(digest(), key="k", brief=False)
        assert (answer.kind, answer.detail) == ("refused", "no recipient was accepted (SMTP 550)")
        postbox.refused = dict.fromkeys(postbox.refused, "450 later")
        assert (await sink(port).send(digest(), key="k", brief=False)).kind == "try_again"
    assert len(postbox.mails) == 1


async def test_a_server_that_hangs_up_after_taking_the_mail_has_taken_it() -> None:
    """How it says goodbye does not matter: a repeat would be a second mail."""
    postbox = Postbox()
    postbox.hang_up_after_data = True
    async with served(postbox) as port:
        assert (await sink(port).send(digest(), key="k", brief=False)).kind == "accepted"
    assert len(postbox.mails) == 1


async def test_no_server_is_tried_again() -> None:
    """Nobody listens: later."""
    async with served(Postbox()) as port:
        pass
    answer = await sink(port).send(digest(), key="k", brief=False)
    assert (answer.kind, answer.detail) == ("try_again", "no answer (ConnectionRefusedError)")


async def test_a_day_of_alerts_is_one_mail(store: Store) -> None:
    """Due at its time of day, at most once a day whenever it is asked, with all that came since the last one."""
    postbox = Postbox()
    hands = Hands(NOON - timedelta(days=1))
    async with served(postbox) as port:
        audience = Audience("s", EVERYTHING, group=sink(port), rhythm=DAILY)
        for hour in range(50):
            await write(store, "link_events", [event(source=f"https://blog.org/{hour}", recorded=hands.now)])
            await Turn(store, CONFIG, audience, hands.world(since=None)).take()
            hands.now += minutes(60)
    assert [mail["Subject"] for mail in postbox.mails] == ["18 alerts: shop.com", "24 alerts: shop.com"]
    assert "From 2026-02-28 12:00 to 2026-03-01 07:00 UTC." in postbox.mails[0].get_content()


async def test_without_news_no_mail(store: Store) -> None:
    """A quiet day sends nothing, and the next digest is due the day after."""
    postbox = Postbox()
    hands = Hands()
    async with served(postbox) as port:
        audience = Audience("s", EVERYTHING, group=sink(port), rhythm=DAILY)
        for _ in range(3):
            assert (await Turn(store, CONFIG, audience, hands.world(since=None)).take()).trouble is None
            hands.now += timedelta(days=1)
    assert postbox.mails == []


async def test_a_mail_that_is_refused_for_its_text_goes_as_numbers(store: Store) -> None:
    """A spam filter that chokes on an anchor does not hold up the digests for ever."""
    postbox = Postbox()
    postbox.data = ["554 spam"]
    hands = Hands(NOON + timedelta(days=1))
    await write(store, "link_events", [event()])
    async with served(postbox) as port:
        audience = Audience("s", EVERYTHING, group=sink(port), rhythm=DAILY)
        result = await Turn(store, CONFIG, audience, hands.world(since=NOON - minutes(1))).take()
    assert (result.told, result.trouble) == (1, None)
    text = postbox.mails[0].get_content()
    assert "Numbers only" in text
    assert "Links lost: 1" in text
    assert "blog.org" not in text
    assert any("SMTP 554: spam" in said for said in hands.said)


async def test_a_mail_server_that_is_down_gets_all_of_it_later(store: Store) -> None:
    """The digest of two days comes when the server is back, under the same Message-ID as the failed one."""
    postbox = Postbox()
    hands = Hands(NOON + timedelta(days=1))
    await write(store, "link_events", [event(recorded=NOON)])
    async with served(postbox) as port:
        audience = Audience("s", EVERYTHING, group=sink(port), rhythm=DAILY)
        postbox.data = ["451 later"] * 5
        result = await Turn(store, CONFIG, audience, hands.world(since=NOON - minutes(1))).take()
        assert "SMTP 451: later" in str(result.trouble)
        hands.now += timedelta(days=1)
        await write(store, "link_events", [event(source="https://b.org/", recorded=NOON + timedelta(days=1))])
        result = await Turn(store, CONFIG, audience, hands.world()).take()
    assert (result.told, result.trouble, len(postbox.mails)) == (2, None, 1)


async def test_a_crash_after_the_mail_repeats_it_under_the_same_message_id(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail went, the position was not written: the next run sends it again, recognisable."""

    class Crash(BaseException):
        pass

    async def crash(*_: Any, **__: Any) -> None:
        raise Crash

    postbox = Postbox()
    hands = Hands(NOON + timedelta(days=1))
    await write(store, "link_events", [event()])
    async with served(postbox) as port:
        listener = Audience("s", EVERYTHING, group=sink(port), rhythm=DAILY)
        with monkeypatch.context() as patched:
            patched.setattr(Bookmark, "send_off", crash)
            with pytest.raises(Crash):
                await Turn(store, CONFIG, listener, hands.world(since=NOON - minutes(1))).take()
        await Turn(store, CONFIG, listener, hands.world()).take()
    first, again = postbox.mails
    assert first["Message-ID"] == again["Message-ID"]
    assert first.get_content() == again.get_content()
