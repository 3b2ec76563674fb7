"""One verified HTTPS connection pool to the API server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.controlplane.errors import ApiUnreachableError, from_response

_POOL = 64  # 32 workers, and as many watches
_CONNECT_SECONDS = 5.0
_TRIES_WHEN_BUSY = 6
_TOO_MANY_REQUESTS = 429
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


class Transport:
    """Sends requests as the endpoint's administrator, or as whoever owns `token`."""

    def __init__(
        self,
        endpoint: ClusterEndpoint,
        *,
        token: str | None = None,
        timeout: float = 60.0,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        """Verify the server by the endpoint's authority and nothing else."""
        self.url = endpoint.url
        self._timeout = timeout
        self._on_warning = on_warning
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the environment must never see loopback traffic
        self._session.verify = str(endpoint.ca_file)
        if token is None:
            self._session.cert = (str(endpoint.client_cert), str(endpoint.client_key))
        else:
            self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.mount("https://", HTTPAdapter(pool_connections=1, pool_maxsize=_POOL))

    def close(self) -> None:
        """Close every idle connection."""
        self._session.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Any:
        """Return the decoded answer, text where it is not JSON; repeat while the server is too busy.

        Raises:
            ApiError: the server refused.
            ApiUnreachableError: there was no answer.
        """
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        for attempt in range(1, _TRIES_WHEN_BUSY + 1):
            response = self._request(method, path, params, data, content_type, accept, stream=False)
            if response.status_code != _TOO_MANY_REQUESTS or attempt == _TRIES_WHEN_BUSY:
                break
            time.sleep(min(float(response.headers.get("Retry-After", "1")), 2.0))
        return _decoded(response)

    def stream(
        self, path: str, params: Mapping[str, str], accept: str = "application/json"
    ) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects of a watch, one a line, until the server ends it."""
        response = self._request("GET", path, params, None, "", accept, stream=True)
        with response:
            if not response.ok:
                _decoded(response)
            try:
                for line in response.iter_lines(chunk_size=65536):
                    if line:
                        yield json.loads(line)
            except requests.RequestException as error:
                raise ApiUnreachableError(self.url, _plain(error)) from None

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        data: bytes | None,
        content_type: str,
        accept: str,
        *,
        stream: bool,
    ) -> requests.Response:
        try:
            response = self._session.request(
                method,
                self.url + path,
                params=params,
                data=data,
                headers={"Accept": accept, **({"Content-Type": content_type} if data is not None else {})},
                timeout=(_CONNECT_SECONDS, self._timeout),
                stream=stream,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise ApiUnreachableError(self.url, _plain(error)) from None
        if self._on_warning and "Warning" in response.headers:
            for text in _WARNING.findall(response.headers["Warning"]):
                self._on_warning(re.sub(r"\\(.)", r"\1", text))
        return response


def _decoded(response: requests.Response) -> Any:
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    body = response.json() if is_json else None
    if not response.ok:
        raise from_response(response.status_code, body, response.text)
    return body if is_json else response.text


def _plain(error: requests.RequestException) -> str:
    """Return the cause beneath the wrappers of requests and urllib3, as one sentence."""
    cause: BaseException = error
    while isinstance(inner := getattr(cause, "reason", None) or (cause.args[0] if cause.args else None), BaseException):
        cause = inner
    text = str(cause)
    if "Connection refused" in text:
        return "nothing listens there"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not signed by this sandbox ({text})"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return text
