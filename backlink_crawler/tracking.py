"""Query parameters that only measure: they say where a visitor came from, and no server chooses a page by them.

Which names these are is data with a version. A name is listed where its owner is known, where that owner's links carry
it to sites that are not the owner's, and where the name means nothing else. It is read as its owner writes it, case
included: ``gclid`` is Google's, ``GCLID`` may be anybody's. ``docs/urls.md`` has the list with what each owner uses it
for, the lists it was compared with, and what was left out on purpose.
"""

from collections.abc import Mapping

LIST_VERSION = 1
"""Version of ``OWNERS`` and ``PREFIX``; one more with every change, because another list means other identities."""

PREFIX = "utm_"
"""What the names of campaign parameters begin with. Analytics tools share them, and campaigns make up more of them."""

OWNERS: Mapping[str, tuple[str, ...]] = {
    "Google Ads": ("gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid"),
    "Google Merchant Center": ("srsltid",),
    "Google Analytics": ("_gl", "_ga", "_gac"),
    "Meta": ("fbclid", "fb_action_ids", "igshid", "igsh"),
    "Microsoft Advertising": ("msclkid",),
    "X": ("twclid",),
    "TikTok": ("ttclid",),
    "LinkedIn": ("li_fat_id",),
    "Reddit": ("rdt_cid",),
    "Snapchat": ("ScCid",),
    "Pinterest": ("epik",),
    "Yandex": ("yclid", "ysclid", "ymclid", "_openstat"),
    "Taboola": ("tblci",),
    "Outbrain": ("dicbo",),
    "Impact": ("irclickid",),
    "Branch": ("_branch_match_id", "_branch_referrer"),
    "HubSpot": (
        *("_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp", "hsCtaTracking"),
        *("hsa_acc", "hsa_cam", "hsa_grp", "hsa_ad", "hsa_src", "hsa_tgt", "hsa_kw", "hsa_mt", "hsa_net", "hsa_ver"),
    ),
    "Mailchimp": ("mc_cid", "mc_eid"),
    "MailerLite": ("ml_subscriber", "ml_subscriber_hash"),
    "Klaviyo": ("_kx",),
    "beehiiv": ("_bhlid",),
    "Vero": ("vero_id", "vero_conv"),
    "Blueshift": ("bsft_clkid", "bsft_uid"),
    "Omeda": ("oly_anon_id", "oly_enc_id"),
    "Wicked Reports": ("wickedid",),
    "Matomo": (
        *("mtm_campaign", "mtm_keyword", "mtm_kwd", "mtm_source", "mtm_medium", "mtm_content", "mtm_cid"),
        *("mtm_group", "mtm_placement", "pk_campaign", "pk_keyword", "pk_kwd", "pk_source", "pk_medium"),
        *("pk_content", "pk_cid"),
    ),
    "Piano Analytics": ("xtor", "at_recipient_id", "at_recipient_list"),
}
"""Who sets the parameter → its names."""

NAMES = frozenset(name for names in OWNERS.values() for name in names)


def only_measures(parameter: str) -> bool:
    """Whether one parameter of a query, ``name=value`` or ``name`` alone, changes nothing but statistics.

    An ``amp;`` before the name belongs to the separator: it is what stays of an ``&`` that was escaped twice. Any other
    ``;`` keeps the parameter: servers that separate with it (HTML 4.01 §B.2.2) find further parameters behind it.
    """
    if ";" in parameter:
        *before, parameter = parameter.split(";")
        if any(piece != "amp" for piece in before):
            return False
    name = parameter.partition("=")[0]
    return name in NAMES or name.startswith(PREFIX)
