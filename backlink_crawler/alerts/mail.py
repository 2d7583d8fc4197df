"""A digest as a mail: plain text, so that nothing pages said can be markup."""

from email.message import EmailMessage
from email.policy import SMTP
from hashlib import blake2b

from backlink_crawler.alerts.digest import Digest
from backlink_crawler.alerts.slack import headline
from backlink_crawler.alerts.wording import TITLES, line


def message(digest: Digest, *, key: str, sender: str, recipients: tuple[str, ...], brief: bool = False) -> EmailMessage:
    """Return the mail.

    :param key: what the same digest has in common when it is sent again: decides the Message-ID (RFC 5322, 3.6.4).
    :param brief: numbers only, nothing that pages said.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = headline(digest)
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = digest.until
    mail["Message-ID"] = f"<{blake2b(key.encode(), digest_size=16).hexdigest()}@{sender.rpartition('@')[2]}>"
    # Automatic replies would go to nobody (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text(digest, brief=brief), cte="quoted-printable")
    return mail


def text(digest: Digest, *, brief: bool = False) -> str:
    """Return the digest as lines, those of a group under its heading."""
    lines = [f"{headline(digest)}.", f"From {digest.since:%Y-%m-%d %H:%M} to {digest.until:%Y-%m-%d %H:%M} UTC."]
    if brief:
        lines.append("Numbers only: the mail with the links themselves was refused by the mail server.")
    site = None
    for group in digest.groups():
        if group.target_site != site:
            site = group.target_site
            lines += ["", "", site, "=" * len(site)]
        lines += ["", f"{TITLES[group.kind]}: {group.number:,}"]
        if not brief:
            lines += [f"- {alert.at:%Y-%m-%d} {line(alert)}" for alert in group.shown]
            if group.hidden:
                lines.append(f"- … and {group.hidden:,} more")
    return "\n".join(lines) + "\n"
