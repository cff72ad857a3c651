"""The CouchDB protocol, as far as we need it: one server of ours, and databases elsewhere."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from siaga_agent.adapters.base import AdapterError
from siaga_agent.store import Json

_TIMEOUT = httpx.Timeout(15.0, connect=3.0)
_LINK_DOWN = ("unreachable", "forbidden", "refused", "not_json", "no_database")


class CouchApi:
    """One address below which we ask: a server, or one database.

    What it says of an error names the path only: addresses may hold passwords.
    """

    def __init__(self, url: str, client: httpx.Client, *, what: str) -> None:
        self._url, self._client, self._what = url, client, what

    def about(self) -> Json:
        """What a database says of itself; AdapterError when it does not exist."""
        told = self.get()
        if not isinstance(told, dict):
            raise AdapterError("no_database", f"{self._what} does not exist.")
        return told

    def get(self, path: str = "", **query: Any) -> Any:
        """The answer to one question; None where there is no such thing."""
        return self._ask("GET", path, query, None)

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Change something, or ask with a body; None where there is no such thing."""
        return self._ask(method, path, query, body)

    def _ask(self, method: str, path: str, query: dict[str, Any], body: Any) -> Any:
        try:
            answer = self._client.request(method, self._url + path, params=query or None, json=body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            told = f"{self._what}: {type(error).__name__}"
            raise AdapterError("unreachable", told) from error
        if answer.status_code == 404:
            return None
        if answer.status_code in (401, 403):
            raise AdapterError("forbidden", f"{self._what} refuses {path}.")
        if answer.is_error:
            raise AdapterError("refused", f"{self._what} answered {answer.status_code} to {path}.")
        try:
            return answer.json()
        except ValueError as error:
            raise AdapterError(
                "not_json", f"{self._what} did not answer JSON to {path}."
            ) from error


class CouchServer:
    """The server beside this agent, and what its replication documents point to."""

    def __init__(self, settings: Any) -> None:
        self._url = str(settings["url"]).rstrip("/")
        self._auth = _sign_in(settings.get("user"), settings.get("password_file"))
        self._known: dict[str, CouchApi] = {}
        self.api = CouchApi(self._url, _client(auth=self._auth), what="CouchDB")

    def database(self, endpoint: Any) -> CouchApi:
        """The database that an endpoint of a replication document names."""
        key = json.dumps(endpoint, sort_keys=True)
        if key not in self._known:
            self._known[key] = self._open(endpoint)
        return self._known[key]

    def _open(self, endpoint: Any) -> CouchApi:
        told: Json = endpoint if isinstance(endpoint, dict) else {"url": str(endpoint)}
        url = str(told["url"]).rstrip("/")
        own = "://" not in url
        if own:
            url = f"{self._url}/{quote(url, safe='')}"
        basic = (told.get("auth") or {}).get("basic") or {}
        auth = self._auth if own else None
        if basic:
            auth = httpx.BasicAuth(str(basic.get("username")), str(basic.get("password")))
        client = _client(auth=auth, headers=told.get("headers"))
        return CouchApi(url, client, what="The database" if own else "The other database")


def document(name: str) -> str:
    """The path of a document."""
    return "/" + quote(name, safe="")


def number_of(seq: Any) -> int:
    """How many updates a sequence stands for: CouchDB writes `35-g1AAAA...`, PouchDB 35."""
    head = str(seq or 0).partition("-")[0]
    return int(head) if head.isdigit() else 0


def is_link_down(error: AdapterError) -> bool:
    """Whether the other side could not be asked, which is normal for a site."""
    return error.code in _LINK_DOWN


def _client(*, auth: httpx.Auth | None, headers: dict[str, str] | None = None) -> httpx.Client:
    return httpx.Client(auth=auth, headers=headers, timeout=_TIMEOUT, trust_env=False)


def _sign_in(user: str | None, password_file: str | None) -> httpx.Auth | None:
    if not user:
        return None
    if not password_file:
        raise AdapterError("settings", "couchdb: user needs password_file.")
    try:
        return httpx.BasicAuth(user, Path(password_file).read_text().strip())
    except OSError as error:
        raise AdapterError("settings", f"couchdb: {password_file} cannot be read.") from error
