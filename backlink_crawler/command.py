"""What the commands of this project have in common: they declare, and the job of the same name does the work."""

import argparse
from importlib import import_module
from typing import ClassVar

from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter


class _Verbatim(argparse.RawDescriptionHelpFormatter, ScrapyHelpFormatter):
    """Keeps the lines of the description."""


class ProjectCommand(ScrapyCommand):
    """A command that needs this project and no crawler.

    Its job is imported when it is run: Scrapy loads all commands for the help of any.
    """

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own declaration
    verbatim: ClassVar[bool] = False
    """The lines of the long description are kept as they are; else it is wrapped as one paragraph."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        if self.verbatim:
            parser.formatter_class = _Verbatim

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        job = import_module(f"backlink_crawler.jobs.{type(self).__module__.rpartition('.')[2]}")
        assert self.settings is not None
        self.exitcode = job.run(self.settings, args, opts)
