"""What every page shares: headers, CSRF, errors as pages or problem+json, dates people can read."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from typing import IO, Any, cast

from flask import (
    Flask,
    Request,
    Response,
    current_app,
    g,
    has_request_context,
    jsonify,
    redirect,
    render_template,
    request,
)
from flask_babel import format_datetime, format_timedelta, gettext
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.core import body, clock, i18n, sealed
from app.core.access import public
from app.core.errors import AppError, InvalidError, TooManyError
from app.core.http import networks
from app.core.log import Log
from app.core.settings import Settings

csrf = CSRFProtect()
LARGE = "large"
_log = Log(__name__)

# Pages load nothing from anywhere else; thumbnails and previews come from the edge.
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data: {edge}; media-src 'self' {edge}; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
_STATUS_KEYS = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid",
    429: "too-many",
    451: "blocked",
    500: "error",
    503: "unavailable",
}


class Received(Request):
    """A request whose uploads never lie in clear on a disk, and never whole in memory."""

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        return cast(IO[bytes], sealed.Spool())


def settings() -> Settings:
    """This application's settings."""
    value = current_app.config["CHUKU"]
    assert isinstance(value, Settings)
    return value


def cookie_name(name: str) -> str:
    """``__Host-name`` over https, the plain name otherwise."""
    return f"__Host-{name}" if settings().https else name


def set_cookie(response: BaseResponse, name: str, value: str, *, max_age: int | None) -> None:
    """A cookie no script can read and no other site can send."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age,
        path="/",
        secure=settings().https,
        httponly=True,
        samesite="Lax",
    )


def client_address() -> str:
    """The caller's address; X-Forwarded-For counts only from configured proxies."""
    address = request.remote_addr or "0.0.0.0"  # noqa: S104 - not a bind address
    trusted = current_app.config["TRUSTED_NETWORKS"]
    for hop in reversed([h.strip() for h in request.headers.get("X-Forwarded-For", "").split(",")]):
        if not _within(address, trusted):
            break
        if not hop:
            break
        address = hop
    return address


def _within(address: str, nets: tuple[Any, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip.version == n.version and ip in n for n in nets)


def wants_json() -> bool:
    """Machines get problem+json: the API, the edges, the gate."""
    return request.path.startswith(("/api/", "/edge/", "/gate/", "/healthz", "/readyz"))


def problem(status: int, key: str, detail: str, **more: Any) -> Response:
    """An RFC 9457 answer with a stable type."""
    body = {
        "type": f"urn:chuku:problem:{key}",
        "title": key,
        "status": status,
        "detail": detail,
    }
    answer = jsonify({**body, **more})
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def _translated(error: AppError) -> str:
    return str(gettext(error.message, **error.values))


def on_app_error(error: AppError) -> Any:
    """A refusal as a page, or as problem+json for machines."""
    sentence = _translated(error)
    extra: dict[str, Any] = {}
    if isinstance(error, InvalidError) and error.fields:
        extra["errors"] = {name: gettext(text) for name, text in error.fields.items()}
    if wants_json():
        if isinstance(error, TooManyError):
            extra |= error.more
        answer = problem(error.status, error.key, sentence, **extra)
    else:
        answer = current_app.make_response(
            render_template(
                "errors/error.html",
                status=error.status,
                sentence=sentence,
                key=error.key,
                **extra,
            )
        )
        answer.status_code = error.status
    if isinstance(error, TooManyError):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _on_http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:  # noqa: PLR2004 - redirects raised as exceptions
        return error
    if isinstance(error, CSRFError):
        sentence = gettext("This page was open for too long. Go back, reload it and send again.")
    else:
        sentence = _plain(status)
    if wants_json():
        found = (getattr(error, "data", None) or {}).get("messages") or {}
        named: dict[str, str] = {}  # webargs sorts by where it looked: json, query
        for inner in found.values() if isinstance(found, dict) else (found,):
            named |= body.flat(inner)
        more = {"errors": named} if named else {}
        answer = problem(
            status, _STATUS_KEYS.get(status, "error"), _to_machine(status) or sentence, **more
        )
        if status == 401:  # noqa: PLR2004 - RFC 9110 asks for the way to be named
            answer.headers["WWW-Authenticate"] = 'Bearer realm="chuku"'
    else:
        page = render_template("errors/error.html", status=status, sentence=sentence, key="")
        answer = current_app.make_response(page)
        answer.status_code = status
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            answer.headers[name] = value
    return answer


def _plain(status: int) -> str:
    sentences = {
        400: gettext("The request could not be read. Go back and try again."),
        401: gettext("Please sign in first."),
        403: gettext("You may not open this page. Ask your supervisor if you need it."),
        404: gettext("There is no page at this address. Check the address or start from home."),
        405: gettext("This address does not take that kind of request."),
        413: gettext("That is too large. Send at most 10 files of 50 MB each."),
        415: gettext("This kind of content is not accepted here."),
        422: gettext("Some fields need another look."),
        429: gettext("Too many requests at once. Please wait a minute and send again."),
    }
    ours = gettext("Something went wrong on our side. Nothing you sent was lost; try again.")
    return str(sentences.get(status, ours))


def _to_machine(status: int) -> str | None:
    """Where a machine needs other words than a person."""
    if status == 401:  # noqa: PLR2004
        return str(gettext("Send a valid key: Authorization: Bearer chk_…"))
    if status == 403:  # noqa: PLR2004
        return str(gettext("This key has another scope; it may not do this."))
    return None


def _on_crash(error: Exception) -> Any:
    _log.error("request.crashed", exc_info=True, endpoint=request.endpoint)
    if wants_json():
        return problem(500, "error", _plain(500))
    return render_template("errors/error.html", status=500, sentence=_plain(500), key=""), 500


def _headers(response: Response) -> Response:
    head = response.headers
    head.setdefault("Content-Security-Policy", current_app.config["CSP"])
    head.setdefault("X-Content-Type-Options", "nosniff")
    head.setdefault("Referrer-Policy", "no-referrer")
    head.setdefault("X-Frame-Options", "DENY")
    head.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    head.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    head.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.endpoint != "static":
        head.setdefault("Cache-Control", "no-store")
    if settings().https:
        head.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    head.pop("Server", None)
    return response


def localtime(moment: datetime | None) -> str:
    """``2026年11月22日 21:05`` in Asia/Shanghai."""
    if moment is None:
        return "—"
    pattern = "yyyy年M月d日 HH:mm" if i18n.language() == "zh_Hans" else "d MMM yyyy, HH:mm"
    return str(format_datetime(moment, pattern))


def day(moment: datetime | None) -> str:
    """``2026年11月22日`` in Asia/Shanghai."""
    if moment is None:
        return "—"
    pattern = "yyyy年M月d日" if i18n.language() == "zh_Hans" else "d MMM yyyy"
    return str(format_datetime(moment, pattern))


def ago(moment: datetime | None) -> str:
    """``3 minutes ago`` / ``in 3 minutes``."""
    if moment is None:
        return "—"
    return str(format_timedelta(moment - clock.now(), add_direction=True))


@public
def _choose_language(code: str) -> BaseResponse:
    answer = redirect(own_page(request.args.get("next", "/")), 303)
    if code in i18n.LANGUAGES:
        answer.set_cookie("lang", code, max_age=31_536_000, samesite="Lax", secure=settings().https)
    return answer


@public
def _choose_text(size: str) -> BaseResponse:
    """Large letters on every page, or the usual ones; nothing but this is kept in the cookie."""
    answer = redirect(own_page(request.args.get("next", "/")), 303)
    if size == LARGE:
        answer.set_cookie(
            "text", LARGE, max_age=31_536_000, samesite="Lax", secure=settings().https
        )
    else:
        answer.delete_cookie("text")
    return answer


def own_page(target: str) -> str:
    """Only paths of ours: no open redirect (browsers drop tabs and line ends from addresses)."""
    own = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if own and target.isprintable() else "/"


def init_app(app: Flask, chosen: Settings) -> None:
    """Wire everything above into the application."""
    app.config.update(
        CHUKU=chosen,
        SECRET_KEY=chosen.secret_key,
        MAX_CONTENT_LENGTH=520 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="__Host-chuku" if chosen.https else "chuku",
        SESSION_COOKIE_SECURE=chosen.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=False,  # Referrer-Policy is no-referrer
        WTF_CSRF_CHECK_DEFAULT=False,
        TRUSTED_NETWORKS=networks(chosen.trusted_proxies),
        CSP=_CSP.format(edge=chosen.edge_url),
        JSON_AS_ASCII=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.request_class = Received
    csrf.init_app(app)
    body.limit(app)
    app.before_request(_protect_forms)
    app.after_request(_headers)
    app.jinja_env.filters.update(localtime=localtime, day=day, ago=ago)
    app.jinja_env.globals.update(languages=i18n.LANGUAGES, settings=chosen)
    app.context_processor(
        lambda: {
            "locale": i18n.language(),
            "large": has_request_context() and request.cookies.get("text") == LARGE,
            "now": clock.now(),
            "person": g.get("person"),
        }
    )
    app.add_url_rule("/lang/<code>", "choose_language", _choose_language)
    app.add_url_rule("/text/<size>", "choose_text", _choose_text)


def answer_errors(app: Flask) -> None:
    """Errors as pages or problems; after flask-smorest, which would answer them all as its own."""
    app.register_error_handler(AppError, on_app_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_crash)


def _protect_forms() -> None:
    # Machines carry keys, not cookies: only pages need the token (and /letter is bound by its own).
    changes = request.method in {"POST", "PUT", "PATCH", "DELETE"}
    if changes and not wants_json() and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
