"""Train the placement model or evaluate it: ``python -m tests.placement train|evaluate``."""

import argparse
from pathlib import Path

from backlink_crawler.extract.placement.model import trained_model
from tests.placement.evaluate import (
    Table,
    confusion,
    content_scores,
    cross_validated,
    region_scores,
    verdicts_of,
)
from tests.placement.learning import corpus_of
from tests.placement.pages import labelled_pages
from tests.placement.train import train


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.placement", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command")
    training = commands.add_parser("train", help="train on all labelled pages, write the model into the package")
    training.add_argument("--to", type=Path, help="write it there instead")
    evaluation = commands.add_parser("evaluate", help="cross-validate over sites")
    evaluation.add_argument("--seeds", type=int, default=3, help="how often, each time with other folds (default 3)")
    evaluation.add_argument("--masked", action="store_true", help="take the landmarks away and find them again")
    arguments = parser.parse_args()
    if arguments.command == "train":
        print(train(arguments.to))
    else:
        evaluate(arguments.seeds, arguments.masked)


def evaluate(seeds: int, masked: bool) -> None:
    corpus = corpus_of(list(labelled_pages("wcxb_dev")))
    content, regions = Table(), Table()
    for seed in range(seeds):
        verdicts = cross_validated(corpus, seed, masked)
        content.seeds.append(content_scores(verdicts))
        regions.seeds.append(region_scores(verdicts))
    print(*content.lines(), sep="\n")
    if masked:
        print("", "Regions that masked landmarks declared", *regions.lines(), *confusion(verdicts), sep="\n")
        return
    agreement = Table([content_scores(verdicts_of(trained_model()[0], labelled_pages("mozilla_readability")))])
    print("", "Agreement of the model in the package with Mozilla Readability", *agreement.lines(), sep="\n")


if __name__ == "__main__":
    main()
