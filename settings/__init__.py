"""Settings: ``local`` (the default), ``production`` (Scrapyd, containers) and ``testing``, all on top of ``base``.

``broad`` is a profile, laid over one of them.
"""
