"""Pages that are answered with 200 and say that there is no such page.

A whole part of the title has to say so (``Page not found | Example``), or the first heading of a short page: articles
about the error itself say more than that. Languages: those of most of the web's pages.
"""

import re

MANY_WORDS = 400
"""A page with more says something else as well."""
_HEADING_WORDS = 250
_SEPARATORS = re.compile("\\s+[|\u2013\u2014\u00b7\u2022\u00bb\u00ab/:-]+\\s+|\\s*[|\u00bb\u00ab]\\s*|:\\s+")
"""Between a page's title and its site's: bars, dashes, dots, angle quotes, slashes, colons."""

_THING = "(?:page|file|url|content|site|document|resource|article|post|product|item|listing|thread|topic|directory)"
_MISSING = (
    r"(?:was |is |were |could |can |has |does |doesn't |can't |couldn't |wasn't |isn't |no longer )*"
    r"(?:not |n't )?(?:be )?"
    r"(?:not found|found|missing|exist|not exist|unavailable|no longer (?:available|exists?))"
)
_PHRASES = (
    rf"(?:the |that |this |your )?(?:requested )?{_THING}s? "
    r"(?:you(?:'re| are)? (?:looking|requested|trying).{0,40} )?" + _MISSING,
    rf"{_THING} (?:not|doesn't|does not) (?:found|exist)",
    rf"(?:we )?(?:couldn't|could not|can't|cannot) find (?:the |that |this |your )?{_THING}.{{0,30}}",
    *(rf"no such {_THING}", "nothing (?:was )?found(?: here)?", "not found"),
    *("(?:die )?(?:angeforderte )?seite (?:wurde )?(?:leider )?nicht gefunden", "(?:die )?seite existiert nicht"),
    "(?:cette )?page (?:introuvable|non trouvée|inexistante)",
    *("p[aá]gina (?:no|n[aã]o|non) (?:encontrada|existe|trovata|disponible)", "no se encontr[oó] la p[aá]gina"),
    *("pagina niet gevonden", "nie znaleziono strony", "strony nie znaleziono", "strona nie istnieje"),
    *("страница не найдена", "sayfa bulunamad.", "(?:お探しの)?ページ(?:が|は)?見つかりません(?:でした)?"),
    *("页面(?:不存在|未找到|没有找到)", "找不到(?:该)?(?:页面|網頁|网页)", "페이지를 찾을 수 없습니다"),
)
_NUMBER = r"(?:(?:http )?(?:error|status)(?: code)? ?[:#-]? ?)?404(?: (?:http )?error)?"
_SAYS_SO = re.compile(
    rf"(?:{_NUMBER}|(?:{_NUMBER}[ :!.,-]*)?(?:(?:oops|sorry|whoops|uh[ -]oh)[!.,… ]*)?(?:{'|'.join(_PHRASES)}))[!.…]*"
    rf"(?:[ (]+{_NUMBER}[)]?)?",
    re.IGNORECASE,
)
_NUMBER_ALONE = re.compile(_NUMBER, re.IGNORECASE)


def says_not_found(title: str, first_heading: str, words: int) -> bool:
    """Whether a page says that it is none.

    :param title: of the page, folded; :param first_heading: its first heading; :param words: that it shows.
    """
    if words > MANY_WORDS:
        return False
    if any(_SAYS_SO.fullmatch(part) for part in _parts(title)):
        return True
    heading = first_heading.strip()
    # A number alone may be a model, a room, a year of a calendar.
    return words <= _HEADING_WORDS and bool(_SAYS_SO.fullmatch(heading)) and not _NUMBER_ALONE.fullmatch(heading)


def _parts(title: str) -> list[str]:
    title = title[:300].strip()
    return [part for part in (title, *(each.strip() for each in _SEPARATORS.split(title))) if part]
