"""How benchmarks print: numbers for people, and Markdown tables that are readable as they are."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], body: Sequence[Sequence[str]], notes: Iterable[str]) -> str:
    """Return a Markdown table with the notes below it."""
    widths = [max(len(line[column]) for line in (header, *body)) for column in range(len(header))]
    lines = [_line(header, widths), _line(["-" * width for width in widths], widths)]
    lines += (_line(cells, widths) for cells in body)
    told = [f"- {note}" for note in notes]
    return "\n".join([*lines, *(["", *told] if told else [])])


def number(value: float) -> str:
    """Return a number for people: two or three significant figures where it is small."""
    if value and abs(value) < 0.1:
        return f"{value:.2g}"
    if abs(value) < 100 and value != int(value):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return f"{value:,.0f}"


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
