"""Digests by mail, through the standard library's SMTP client in a thread: one mail a day needs no other."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage

from backlink_crawler.alerts import mail
from backlink_crawler.alerts.config import Mail
from backlink_crawler.alerts.courier import ACCEPTED, Answer
from backlink_crawler.alerts.digest import Digest
from backlink_crawler.reports.formats.harmless import plain

_PERMANENT = 500
_NO_TLS_SUPPORT = "the server offers no STARTTLS; set security to 'tls' or, within a trusted network, to 'none'"

TlsContext = Callable[[], ssl.SSLContext]


class MailSink:
    """Each digest as one mail."""

    def __init__(self, config: Mail, tls: TlsContext = ssl.create_default_context) -> None:
        """Prepare.

        :param tls: makes the context that checks the server's certificate.
        """
        self._config = config
        self._tls = tls

    async def send(self, digest: Digest, *, key: str, brief: bool) -> Answer:
        """Hand the mail to the server; ``key`` decides its Message-ID."""
        message = mail.message(
            digest, key=key, sender=self._config.sender, recipients=self._config.recipients, brief=brief
        )
        return await asyncio.to_thread(self._hand_over, message)

    async def close(self) -> None:
        """Nothing is held between mails."""

    def _hand_over(self, message: EmailMessage) -> Answer:
        try:
            smtp = self._connected()
        except (smtplib.SMTPException, OSError) as error:
            return _answer(error)
        try:
            refused = smtp.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            return _answer(error)
        finally:
            # Once the server has taken the mail, how it says goodbye does not matter.
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        return Answer("accepted", f"refused for {', '.join(sorted(refused))}") if refused else ACCEPTED

    def _connected(self) -> smtplib.SMTP:
        """Connect, encrypt and log in."""
        config = self._config
        if config.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout, context=self._tls())
        else:
            smtp = smtplib.SMTP(config.host, config.port, timeout=config.timeout)
        try:
            if config.security == "starttls":
                smtp.starttls(context=self._tls())
            if config.user is not None and config.password is not None:
                smtp.login(config.user, config.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _answer(error: smtplib.SMTPException | OSError) -> Answer:
    """What went wrong, in words that repeat no secret."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Answer("refused", _NO_TLS_SUPPORT if "STARTTLS" in str(error) else "the server offers no login")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        detail = f"no recipient was accepted (SMTP {', '.join(map(str, sorted(set(codes))))})"
        return Answer("refused" if min(codes) >= _PERMANENT else "try_again", detail)
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        detail = f"SMTP {error.smtp_code}: {plain(said)[:200]}"
        permanent = error.smtp_code >= _PERMANENT
        return Answer("refused" if permanent else "try_again", detail, content=isinstance(error, smtplib.SMTPDataError))
    if isinstance(error, ssl.SSLCertVerificationError):
        return Answer("refused", f"the server's certificate is not good: {error.verify_message}")
    return Answer("try_again", f"no answer ({type(error).__name__})")
