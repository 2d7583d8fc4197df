"""From what people wrote to a question: sites, competitors, and the time that is meant."""

import argparse
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from backlink_crawler.history.series import start_of
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.site import place_named, site_named


class WrongQuestion(ValueError):
    """What was written makes no question; the message is one line that says what would."""


def question_of(opts: argparse.Namespace, site: str, now: datetime) -> Question:
    """Return the question about ``site``: options ``scope``, ``versus``, ``min``, ``since`` and ``until``.

    :raises WrongQuestion: they ask for nothing, or for a day that has not come.
    :raises NotASite: a competitor is none.
    """
    versus = competitors(opts.versus, site)
    if versus and opts.min > len(versus):
        raise WrongQuestion(f"--min {opts.min} asks for more competitors than the {len(versus)} of --versus")
    since, until = period(opts.since, opts.until, now.astimezone(UTC).date())
    return Question(
        (site,),
        now,
        scope=opts.scope,
        place="" if opts.scope == "site" else place_named(opts.site, opts.scope),
        versus=versus,
        least=opts.min,
        since=since,
        until=until,
    )


def competitors(named: Iterable[str], site: str) -> tuple[str, ...]:
    """Return the sites that are named, each once.

    :raises WrongQuestion: one of them is ``site`` itself.
    :raises NotASite: one of them is none.
    """
    versus = tuple(dict.fromkeys(map(site_named, named)))
    if site in versus:
        raise WrongQuestion(f"--versus names {site} itself: name its competitors")
    return versus


def period(since: date | None, until: date | None, today: date) -> tuple[datetime | None, datetime | None]:
    """Return the first moment of ``since``, and the first one after ``until``, both UTC days that are meant whole.

    :raises WrongQuestion: a day has not come yet, or the last one is before the first.
    """
    for name, day in (("since", since), ("until", until)):
        if day and day > today:
            raise WrongQuestion(f"--{name} {day} has not come yet; today is {today} (UTC)")
    if since and since > (until or today):
        raise WrongQuestion(f"--since {since} is after --until {until}")
    return start_of(since) if since else None, start_of(until + timedelta(days=1)) if until else None
