"""Who may ask, and for what: pages of this server in a browser on this machine, by GET.

A server on the loopback address can still be asked by any web page that is open in the browser, in the name of the
person who sits there. So nothing is answered to another origin, nor under another host name than the loopback's own: a
name that somebody else owns and lets lead to 127.0.0.1 (DNS rebinding) is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Said with every answer, refusals too."""


class Guard:
    """Stands before an application and answers itself what must not come through. ``port`` is the server's own."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        if port == 80:  # browsers leave it out
            self.hosts |= {"127.0.0.1", "localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # a WebSocket: the server is started without them, and the application has none
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = self._refusal(scope["method"], Headers(scope=scope))
        await (refused or self.app)(scope, receive, send_guarded)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return PlainTextResponse("This server answers only as localhost.\n", 421)
        if any(origin != f"http://{hosts[0].lower()}" for origin in headers.getlist("origin")):
            return PlainTextResponse("This server answers only its own pages.\n", 403)
        # A browser says where a request comes from; other programs say nothing. Another port of this machine is another
        # site's page too, so same-site is not enough.
        if any(site not in ("same-origin", "none") for site in headers.getlist("sec-fetch-site")):
            return PlainTextResponse("This server answers only its own pages; type its address.\n", 403)
        if method != "GET":
            return PlainTextResponse("There is nothing to do but look.\n", 405, {"allow": "GET"})
        return None
