"""The health check of the prediction image: asks the service in this container how it is."""

from __future__ import annotations

import http.client
import sys

PORT = 8080
TIMEOUT_S = 3


def main() -> None:
    """Exit with 0 if the service is healthy; else say why not."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_S)  # past any proxy of the environment
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"no answer on port {PORT}: {error}")
    sys.exit(0 if response.status == http.client.OK else f"{response.status}: {body}")


if __name__ == "__main__":
    main()
