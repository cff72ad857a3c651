"""A small OpenID Connect provider on loopback: discovery, keys, codes with PKCE, signed tokens."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "siaga", "a secret & more"
KID = "2026-11"


class Provider:
    """What it says can be changed before each sign-in; `claims` win over the honest ones."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signing_key: object = self.key
        self.algorithm = "RS256"
        self.claims: dict[str, object] = {}
        self.userinfo: dict[str, object] = {}
        self.discovery: dict[str, object] = {}
        self.asked: dict[str, dict[str, str]] = {}
        self.address = ""

    def document(self) -> dict[str, object]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "userinfo_endpoint": f"{self.address}/userinfo",
            **self.discovery,
        }

    def keys(self) -> dict[str, object]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": KID, "use": "sig", "alg": "RS256"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(8)
        self.asked[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def tokens(self, form: dict[str, str], basic: str) -> dict[str, object] | None:
        asked = self.asked.pop(form["code"], None)
        given = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        known = base64.b64encode(b"siaga:a+secret+%26+more").decode()
        if (
            asked is None
            or basic != f"Basic {known}"
            or given.rstrip(b"=").decode() != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return None
        now = int(time.time())
        claims = {
            "iss": self.address,
            "sub": "subject-1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        } | self.claims
        if "max_age" in asked and "auth_time" not in claims:
            claims["auth_time"] = now
        token = jwt.encode(claims, self.signing_key, self.algorithm, headers={"kid": KID})
        return {"access_token": "open", "token_type": "Bearer", "id_token": token}


@contextmanager
def oidc_provider() -> Iterator[Provider]:
    """Run one; it ends with the block."""
    provider = Provider()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
                return
            known = {
                "/.well-known/openid-configuration": provider.document,
                "/keys": provider.keys,
                "/userinfo": lambda: provider.userinfo,
            }
            self._say(known[parts.path]() if parts.path in known else None)

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self._say(provider.tokens(form, self.headers.get("Authorization", "")))

        def _say(self, said: object) -> None:
            body = json.dumps(said).encode()
            self.send_response(200 if said is not None else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
