"""The page of the benchmark: 50 KB, 104 links, 20 of them to other sites; the same bytes every time."""

from collections.abc import Iterator
from random import Random

URL = "https://a.test/blog/post"
EXTERNAL = 20
_INTERNAL = 84
_BYTES = 50_000
_WORDS = (
    *("the", "a", "garden", "tool", "spade", "fork", "rake", "soil", "mulch", "plant", "seed", "water", "winter"),
    *("spring", "green", "house", "leaf", "root", "stem", "flower", "vegetable", "compost", "pruning", "shears"),
    *("handle", "steel", "wood", "quality", "review", "best", "guide", "how", "to", "choose", "buy", "cheap", "price"),
)


def benchmark_page() -> bytes:
    """Return a blog post as blogs are: style and script in the head, menu, article, sidebar, footer."""
    rng = Random(5)
    page = "\n".join(_parts(rng, 8))
    words = 8
    while len(page) < _BYTES:
        words += 1
        page = "\n".join(_parts(Random(5), words))
    return page.encode()


def _sentence(rng: Random, words: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(words)).capitalize() + "."


def _parts(rng: Random, words: int) -> Iterator[str]:
    yield from _head()
    yield '<body class="post single"><header class="site-header"><a href="/"><img src="l.png" alt="Logo"></a><nav><ul>'
    for number in range(29):
        yield f'<li class="menu-item menu-item-{number}"><a href="/cat/{number}">{_sentence(rng, 2)}</a></li>'
    yield "</ul></nav></header><main><article class='post hentry'><h1>Garden tools, a review</h1>"
    yield '<p class="meta">By <a href="/author/jane" rel="author">Jane Doe</a></p>'
    for number in range(30):
        if number % 5 == 0:
            yield f"<h2>{_sentence(rng, 4)}</h2>"
        yield f"<p>{_prose(rng, words)} {_link_in_text(rng, number)} {_prose(rng, words)}</p>"
    yield '</article></main><aside class="sidebar"><h3>Recent</h3><ul>'
    for number in range(20):
        yield f'<li><a href="/p/{number}">{_sentence(rng, 4)}</a></li>'
    yield '</ul></aside><footer class="site-footer"><div class="cols">'
    for number in range(17):
        yield f'<div class="col"><ul><li><a href="/f/{number}">{_sentence(rng, 2)}</a></li></ul></div>'
    for number in range(6):
        yield f'<a class="social" href="https://social{number}.example/u"><i class="icon"></i></a>'
    yield "<p>© 2024</p></div></footer></body></html>"


def _head() -> Iterator[str]:
    yield '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Garden tools, a review</title>'
    yield '<link rel="canonical" href="https://a.test/blog/post"><meta property="og:type" content="article">'
    yield '<meta name="generator" content="WordPress 6.4"><link rel="stylesheet" href="/wp-content/style.css">'
    yield f"<style>{'body{color:#333;margin:0}' * 80}</style><script>{'var a=function(b){return b*2};' * 180}</script>"
    yield (
        '<script type="application/ld+json">{"@type":"BlogPosting","author":{"@type":"Person","name":"Jane Doe"},'
        '"datePublished":"2024-03-05T10:00:00+02:00"}</script></head>'
    )


def _prose(rng: Random, words: int) -> str:
    return " ".join(_sentence(rng, words + rng.randint(0, words)) for _ in range(3))


def _link_in_text(rng: Random, number: int) -> str:
    if number < EXTERNAL - 6:
        return f'<a href="https://site{number}.example/page/{number}?x=1" rel="noopener">{_sentence(rng, 3)}</a>'
    return f'<a href="/post/{number}">{_sentence(rng, 3)}</a>'
