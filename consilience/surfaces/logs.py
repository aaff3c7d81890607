"""How a line of the log looks: plain, or one JSON object, each with the id of the request that it belongs to."""

from __future__ import annotations

import json
import logging
from typing import Any

from consilience.kit.clock import instant
from consilience.surfaces.requests import current


class RequestId(logging.Filter):
    """Gives each record the id of the request that wrote it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current()
        return True


class AsJson(logging.Formatter):
    """One object a line: at, level, logger, request_id, message; for an answer its route, status and time; the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        from datetime import UTC, datetime

        said: dict[str, Any] = {
            "at": instant(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
            **getattr(record, "about", {}),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)
