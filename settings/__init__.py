"""Settings: ``local`` (the default), ``production`` (Scrapyd, containers) and ``testing``, all on top of ``base``."""
