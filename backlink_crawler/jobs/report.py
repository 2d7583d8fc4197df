"""``scrapy report SITE``: what the index knows of links to a site, now, on a day, or day by day."""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime

from scrapy.settings import BaseSettings

from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.asked import WrongQuestion, period, project_of, question_of
from backlink_crawler.jobs.database import index_store
from backlink_crawler.jobs.defaults import REPORT_VIEWS
from backlink_crawler.jobs.document import WrongFormat, begun, chosen
from backlink_crawler.jobs.named_view import view_named
from backlink_crawler.jobs.view import answered
from backlink_crawler.project import Project, ProjectError
from backlink_crawler.reports.answer import Wish
from backlink_crawler.reports.condition import WrongCondition
from backlink_crawler.reports.engine import EngineError
from backlink_crawler.reports.formats.document import Format
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.site import NotASite
from backlink_crawler.reports.view import View, ViewError
from backlink_crawler.services import ServiceError
from backlink_crawler.store import Store, StoreError
from backlink_crawler.suffix_setting import follow_suffixes
from backlink_crawler.suffixes import SuffixListError

_NAMED = {"at": "past", "history": "history"}
"""Option → the view that it is a name for."""


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Print the report of ``opts.site``, or of the project's sites."""
    if args:  # Scrapy lets unknown options through
        return terminal.fail("report", f"unknown argument {args[0]!r}", 2)
    try:
        form = chosen(opts.format, opts.out)
        _check_days(opts, datetime.now(UTC).date())
        follow_suffixes(settings)
        project = project_of(opts)
        question = question_of(opts, project, datetime.now(UTC))
        shown = _views(opts, form)
        asyncio.run(_show(index_store(settings, opts.database), question, shown, opts, project, form))
    except (NotASite, ProjectError, WrongQuestion, WrongFormat, ViewError, WrongCondition, EngineError) as error:
        return terminal.fail("report", str(error), 2)
    except (ServiceError, StoreError, SuffixListError) as error:
        return terminal.fail("report", str(error), 1)
    except OSError as error:
        return terminal.fail("report", f"{opts.out}: {error.strerror or error}", 1)
    return 0


def _views(opts: argparse.Namespace, form: Format) -> Sequence[View]:
    """Return the views to show."""
    named = _NAMED["at" if opts.at else "history"] if opts.at or opts.history else opts.view
    if opts.view and named != opts.view:
        raise WrongQuestion(f"{'--at' if opts.at else '--history'} is the view {named}: not with --view {opts.view}")
    names: Sequence[str] = (named,) if named else REPORT_VIEWS if form.several else ("summary",)
    shown = [view_named(name) for name in names]
    for option in ("where", "group", "sort", "columns"):
        if len(shown) > 1 and getattr(opts, option):
            raise ViewError(f"--{option} asks something of one view: name it with --view")
    if (opts.since or opts.until) and not any(view.takes_time for view in shown):
        raise ViewError(f"--since and --until are not for the view {shown[0].name!r}: its rows are of no time")
    return shown


async def _show(
    store: Store, question: Question, shown: Sequence[View], opts: argparse.Namespace, project: Project, form: Format
) -> None:
    with begun(form, opts.out) as document:
        async with store:
            for view in shown:
                wish = _wish(opts, project, form, view)
                async with answered(store, question, view, wish, asked=opts.site or "") as answer:
                    document.add(answer)


def _wish(opts: argparse.Namespace, project: Project, form: Format, view: View) -> Wish:
    """Return what is asked of the rows of ``view``. ``--limit 0`` is all rows, also those that people are spared."""
    brief = form.brief and opts.limit != 0
    usual = project.limit if form.brief and project.limit else None if brief and view.omitted else form.limit
    limit = usual if opts.limit is None else opts.limit
    return Wish(opts.where, opts.group, opts.sort, opts.columns, limit or None, brief=brief, usual=project.where)


def _check_days(opts: argparse.Namespace, today: date) -> None:
    if opts.at and opts.history:
        raise WrongQuestion("--at tells one day and --history many: use one of them")
    if opts.at and (opts.since or opts.until):
        raise WrongQuestion(f"{'--since' if opts.since else '--until'} goes with --history or a view, not with --at")
    if opts.at and opts.at > today:
        raise WrongQuestion(f"--at {opts.at} has not come yet; today is {today} (UTC)")
    period(opts.since, opts.until, today)
