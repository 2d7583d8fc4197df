"""``scrapy report SITE``: what the index knows of links to a site, now, on a day, or day by day."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from scrapy.settings import BaseSettings

from backlink_crawler.history.series import end_of
from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.asked import WrongQuestion, period, project_of, question_of
from backlink_crawler.jobs.database import index_store
from backlink_crawler.jobs.defaults import REPORT_BEGINS, REPORT_DAYS, REPORT_VIEWS
from backlink_crawler.jobs.document import WrongFormat, begun, chosen
from backlink_crawler.jobs.output import opened
from backlink_crawler.jobs.view import answered
from backlink_crawler.project import Project, ProjectError
from backlink_crawler.reports.answer import Wish
from backlink_crawler.reports.condition import WrongCondition
from backlink_crawler.reports.engine import EngineError
from backlink_crawler.reports.formats import history as history_formats
from backlink_crawler.reports.formats import summary as formats
from backlink_crawler.reports.formats.document import Format
from backlink_crawler.reports.formats.harmless import plain
from backlink_crawler.reports.history import NEEDED, HistoryReport, Totals, history_report, past_report
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.site import NotASite
from backlink_crawler.reports.summary import Report
from backlink_crawler.reports.view import ViewError, views
from backlink_crawler.services import ServiceError
from backlink_crawler.store import Store, StoreError, history
from backlink_crawler.suffix_setting import follow_suffixes
from backlink_crawler.suffixes import SuffixListError


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Print the report of ``opts.site``, or of the project's sites."""
    if args:  # Scrapy lets unknown options through
        return terminal.fail("report", f"unknown argument {args[0]!r}", 2)
    try:
        form = chosen(opts.format, opts.out)
        _check_days(opts, today := datetime.now(UTC).date())
        follow_suffixes(settings)
        project = project_of(opts)
        question = question_of(opts, project, datetime.now(UTC))
        names = _views(opts, form)
        store = index_store(settings, opts.database)
        if names:
            asyncio.run(_show(store, question, names, opts, project, form))
            return 0
        report = asyncio.run(_report(store, question.sites[0], opts, today))
        _print(report, form.name, opts.out)
    except (NotASite, ProjectError, WrongQuestion, WrongFormat, ViewError, WrongCondition, EngineError) as error:
        return terminal.fail("report", str(error), 2)
    except (ServiceError, StoreError, SuffixListError) as error:
        return terminal.fail("report", str(error), 1)
    except OSError as error:
        return terminal.fail("report", f"{opts.out}: {error.strerror or error}", 1)
    return 0


def _views(opts: argparse.Namespace, form: Format) -> Sequence[str]:
    """Return the views to show; none: a day in the past, or the days of ``--history``."""
    if opts.view:
        names: Sequence[str] = (opts.view,)
    else:
        names = REPORT_VIEWS if form.several else ("summary",)
    if opts.at or opts.history:
        if form.binary:
            raise WrongFormat(f"--format {form.name} is for views: name one with --view ({', '.join(views())})")
        return ()
    if unknown := [name for name in names if name not in views()]:
        raise ViewError(f"there is no view {unknown[0]!r}. There are: {', '.join(views())}")
    for option in ("where", "group", "sort", "columns"):
        if len(names) > 1 and getattr(opts, option):
            raise ViewError(f"--{option} asks something of one view: name it with --view")
    if (opts.since or opts.until) and not any(views()[name].takes_time for name in names):
        raise ViewError(f"--since and --until are not for the view {names[0]!r}: its rows are of no time")
    return names


async def _show(
    store: Store, question: Question, names: Sequence[str], opts: argparse.Namespace, project: Project, form: Format
) -> None:
    limit = (
        (project.limit if form.name == "table" and project.limit else form.limit) if opts.limit is None else opts.limit
    )
    wish = Wish(opts.where, opts.group, opts.sort, opts.columns, limit or None, usual=project.where)
    with begun(form, opts.out) as document:
        async with store:
            for name in names:
                async with answered(store, question, views()[name], wish, asked=opts.site or "") as answer:
                    document.add(answer)


def _check_days(opts: argparse.Namespace, today: date) -> None:
    if opts.at and opts.history:
        raise WrongQuestion("--at tells one day and --history many: use one of them")
    if opts.at and (opts.since or opts.until):
        raise WrongQuestion(f"{'--since' if opts.since else '--until'} goes with --history or a view, not with --at")
    if opts.at and opts.at > today:
        raise WrongQuestion(f"--at {opts.at} has not come yet; today is {today} (UTC)")
    period(opts.since, opts.until, today)


async def _report(store: Store, site: str, opts: argparse.Namespace, today: date) -> Report | HistoryReport:
    async with store, store.answers():
        if opts.at:
            totals = Totals(site)
            async for link in history.links_at(store.database, site, end_of(opts.at), fields=NEEDED):
                totals.add(link)
            return past_report(site, opts.at, totals.backlinks(), asked=opts.site or site)
        until = opts.until or today
        since = opts.since or max(until - timedelta(days=REPORT_DAYS - 1), REPORT_BEGINS)
        days = await history.daily_series(store.database, site, since, until)
        return history_report(site, days, asked=opts.site or site)


def _print(report: Report | HistoryReport, form: str, out: str | None) -> None:
    """Write the report; what CSV means goes to stderr, where a spreadsheet does not see it and a person does."""
    if form == "csv":
        print(*map(plain, report.statements), sep="\n", file=sys.stderr)
    with opened(out) as file:
        file.write((_days_as(report, form) if isinstance(report, HistoryReport) else _rows_as(report, form)).encode())


def _rows_as(report: Report, form: str) -> str:
    if form == "table":
        return formats.table(report, width=terminal.width(), colour=terminal.colour())
    return formats.csv_text(report) if form == "csv" else formats.jsonl(report)


def _days_as(report: HistoryReport, form: str) -> str:
    if form == "table":
        return history_formats.table(report, width=terminal.width(), colour=terminal.colour())
    return history_formats.csv_text(report) if form == "csv" else history_formats.jsonl(report)
