"""Which software serves a page: its ``generator``, else addresses of its own that it gives away."""

from collections.abc import Iterable, Mapping, Sequence

_GENERATORS: Mapping[str, str] = {
    "adobe": "aem", "blogger": "blogger", "blogspot": "blogger", "bookstack": "bookstack",
    "concrete": "concrete", "contao": "contao", "craft": "craft", "discourse": "discourse", "docusaurus": "docusaurus",
    "dokuwiki": "dokuwiki", "doxygen": "doxygen", "drupal": "drupal", "eleventy": "eleventy", "flarum": "flarum",
    "framer": "framer", "gatsby": "gatsby", "ghost": "ghost", "gitbook": "gitbook", "hexo": "hexo",
    "hubspot": "hubspot", "hugo": "hugo", "jekyll": "jekyll", "jimdo": "jimdo", "joomla!": "joomla",
    "joomla": "joomla", "mediawiki": "mediawiki", "medium": "medium", "mkdocs": "mkdocs",
    "moodle": "moodle", "mybb": "mybb", "next.js": "nextjs", "nuxt": "nuxt", "octobercms": "october",
    "phpbb": "phpbb", "plone": "plone", "prestashop": "prestashop", "shopify": "shopify", "sphinx": "sphinx",
    "squarespace": "squarespace", "substack": "substack", "tumblr": "tumblr", "typo3": "typo3", "umbraco": "umbraco",
    "vbulletin": "vbulletin", "webflow": "webflow", "weebly": "weebly", "wix.com": "wix", "wordpress": "wordpress",
    "wordpress.com": "wordpress", "woocommerce": "wordpress", "elementor": "wordpress", "xenforo": "xenforo",
    "starfield": "godaddy", "astro": "astro", "bookdown": "bookdown", "rustdoc": "rustdoc", "javadoc": "javadoc",
    "seomatic": "craft", "telligent": "telligent", "terminalfour": "terminalfour", "vitepress": "vitepress",
    "vuepress": "vuepress", "zendesk": "zendesk", "invision": "invision", "vanilla": "vanilla", "mastodon": "mastodon",
    "all in one seo": "wordpress", "auto-sizes": "wordpress", "divi": "wordpress", "dominant-color-images": "wordpress",
    "nitropack": "wordpress", "performance-lab": "wordpress", "powered by slider revolution": "wordpress",
    "powered by visual composer": "wordpress", "powered by wpbakery": "wordpress", "redux": "wordpress",
    "site kit by google": "wordpress", "speculation-rules": "wordpress", "wp rocket": "wordpress", "wpml": "wordpress",
    "yoast": "wordpress", "easy digital downloads": "wordpress", "themegrill": "wordpress",
}  # fmt: skip
"""Beginning of a generator, in whole words → platform; plugins stand for what they plug into."""

_TELL_TALES: Sequence[tuple[str, str]] = (
    ("/wp-content/", "wordpress"),
    ("/wp-includes/", "wordpress"),
    ("cdn.shopify.com", "shopify"),
    ("static.parastorage.com", "wix"),
    ("static.wixstatic.com", "wix"),
    ("static1.squarespace.com", "squarespace"),
    ("assets.squarespace.com", "squarespace"),
    ("website-files.com", "webflow"),
    ("assets-global.website-files", "webflow"),
    ("substackcdn.com", "substack"),
    ("cdn-client.medium.com", "medium"),
    ("assets.tumblr.com", "tumblr"),
    ("www.blogger.com/static", "blogger"),
    ("editmysite.com", "weebly"),
    ("/sites/default/files/", "drupal"),
    ("/core/misc/drupal", "drupal"),
    ("/media/jui/", "joomla"),
    ("/media/system/js/", "joomla"),
    ("/typo3conf/", "typo3"),
    ("/typo3temp/", "typo3"),
    ("/etc.clientlibs/", "aem"),
    ("/load.php?", "mediawiki"),
    ("hs-scripts.com", "hubspot"),
    ("hubspotusercontent", "hubspot"),
    ("/_sphinx_javascript", "sphinx"),
    ("/_static/documentation_options.js", "sphinx"),
    ("_static/pygments.css", "sphinx"),
    ("assets.readthedocs", "readthedocs"),
    ("/styles/prosilver/", "phpbb"),
    ("/clientscript/vbulletin", "vbulletin"),
    ("/js/xf/", "xenforo"),
    ("/static/version", "magento"),
    ("/skin/frontend/", "magento"),
    ("cdn11.bigcommerce.com", "bigcommerce"),
    ("demandware.static", "salesforce_commerce"),
    ("/ghost/api/", "ghost"),
    ("cdn.jsdelivr.net/ghost", "ghost"),
    ("/_next/static/", "nextjs"),
    ("/_nuxt/", "nuxt"),
    ("/sitefinity/", "sitefinity"),
)
"""Part of an address of a style sheet, script or image → platform. The more particular come first."""
_MOST = 80


def platform_of(generators: Iterable[str], addresses: Iterable[str | None]) -> str | None:
    """Return the software's name, lower case; ``None`` where nothing tells.

    :param generators: contents of ``<meta name=generator>``.
    :param addresses: of the page's own style sheets and scripts, as written; the first 80 are looked at.
    """
    for generator in generators:
        words = generator.strip().lower()[:80].replace(";", " ").split()
        for count in (1, 4, 3, 2):
            platform = _GENERATORS.get(" ".join(words[:count]))
            if platform is not None:
                return platform
    assets = " ".join([address[:300] for address, _ in zip(addresses, range(_MOST), strict=False) if address])
    return next((platform for mark, platform in _TELL_TALES if mark in assets), None)
