"""Webhooks and Slack messages over aiohttp. Targets are the owner's, so private addresses are allowed."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime

import aiohttp

from backlink_crawler.alerts import record, signature, slack
from backlink_crawler.alerts.alert import Alert
from backlink_crawler.alerts.config import Slack, Webhook
from backlink_crawler.alerts.courier import ACCEPTED, Answer
from backlink_crawler.alerts.digest import Digest
from backlink_crawler.reports.formats.harmless import plain

_PATIENCE = frozenset({408, 429})
"""Client errors that mean: later."""
_ABOUT_CONTENT = frozenset({400, 413, 422})
_SHOWN = 200
_USER_AGENT = "backlink_crawler"


class HttpPost:
    """One address to post JSON to."""

    def __init__(self, url: str, timeout: float, headers: Mapping[str, str]) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout),
            headers={"User-Agent": _USER_AGENT, "Content-Type": "application/json", **headers},
            # A cookie of one answer has no business in the next request.
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once and return what the status means; redirects are not followed, as they would carry the body away."""
        try:
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                if 200 <= response.status < 300:
                    return ACCEPTED
                return _answer(response, await _beginning(response))
        except TimeoutError:
            return Answer("try_again", "no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            # Texts of these errors repeat the address, which may hold a token.
            return Answer("try_again", f"no answer ({type(error).__name__})")

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


class WebhookSink:
    """Each alert as a signed POST."""

    def __init__(self, config: Webhook, clock: Callable[[], datetime]) -> None:
        self._keys = config.keys
        self._clock = clock
        self._http = HttpPost(config.url, config.timeout, config.headers)

    async def send(self, alert: Alert) -> Answer:
        """Post the alert, signed with the time of this attempt."""
        body = record.body(alert)
        timestamp = int(self._clock().timestamp())
        return await self._http.post(body, signature.headers(self._keys, alert.id.hex(), timestamp, body))

    async def flush(self) -> None:
        """Nothing waits here."""

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


class SlackSink:
    """Each digest as one message."""

    def __init__(self, config: Slack) -> None:
        self._http = HttpPost(config.url, config.timeout, {})

    async def send(self, digest: Digest, *, key: str, brief: bool) -> Answer:
        """Post the message; incoming webhooks know no ids, so ``key`` is of no use here."""
        return await self._http.post(json.dumps(slack.message(digest, brief=brief)).encode(), {})

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def _answer(response: aiohttp.ClientResponse, said: str) -> Answer:
    status = response.status
    detail = f"HTTP {status}{said and ': ' + said}"
    if status >= 500 or status in _PATIENCE:
        return Answer("try_again", detail, _seconds(response.headers.get("Retry-After", "")))
    return Answer("refused", detail, content=status in _ABOUT_CONTENT)


def _seconds(retry_after: str) -> float | None:
    """Seconds; the other form of the header, a date, is rare and counts as none."""
    return float(retry_after) if retry_after.isdecimal() and len(retry_after) < 10 else None


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """The first words of an answer, which often say what is wrong."""
    try:
        body = await response.content.read(_SHOWN)
    except (aiohttp.ClientError, OSError):
        return ""
    return plain(body.decode("utf-8", "replace")).strip()
