"""Requests that no client library sends, written byte by byte: each is answered, and never with a 5xx."""

import gzip
import socket

TOO_LONG = "a" * 70_000
FORM = "multipart/form-data; boundary="
PART = b'--x\r\nContent-Disposition: form-data; name="file"'


def requests(token):
    """The requests, as bytes."""
    with_token = f"Host: x\r\nAuthorization: Bearer {token}\r\n"

    def line(first, headers=""):
        return f"{first} HTTP/1.1\r\n{with_token}{headers}\r\n".encode()

    def body(path, content, media_type="application/json", headers=""):
        length = f"Content-Type: {media_type}\r\nContent-Length: {len(content)}\r\n"
        return line(f"POST {path}", headers + length) + content

    for target in (
        "/%zz", "*", "//", "/?", "/#", f"/{TOO_LONG}", "http://elsewhere/api/v1/me", "/docs/%2e%2e/%2e%2e/etc", "/docs/%ff",
        "/api/v1/banks/%ff%fe/questions", "/api/v1/banks/%2e%2e%2f/questions", "/api/v1/members?q=%zz%ff&unit=%f0",
        "/api/v1/quizzes/9223372036854775808", "/api/v1/audit?from=-009999-01-01&until=9999-12-31",
        "/api/v1/leaderboards/members?period=week&on=9999-12-31", "/api/v1/leaderboards/members?period=month&on=-009999-01-01",
        "/api/v1/reports/board?period=week&on=-009999-01-01", "/api/v1/reports/trend?period=month&on=9999-12-31",
        "/api/v1/reports/monthly?month=2000-01", "/api/v1/reports/monthly?month=2999-12",
    ):
        yield line(f"GET {target}")
    for first in ("OPTIONS *", "CONNECT a:1", "CONNECT /api/v1/me", "TRACE /api/v1/me", "FOO /api/v1/me", "get /api/v1/me"):
        yield line(first)
    yield from (b"GET\r\n\r\n", b"\0\1\2\r\n\r\n", b"GET /api/v1/me HTTP/1.0\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    yield b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\nAccept-Language: \xff\r\nCookie: \xff=\xfe\r\n\r\n"
    for headers in (
        "Accept-Language: zh;q=9999999999999999999,en;q=-1,;;;,q=\r\n", "Accept-Encoding: gzip;q=nan\r\n",
        "Range: bytes=0-0,-1,9999999999999999999999-\r\nIf-None-Match: \"\r\nIf-Modified-Since: x\r\n",
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n", f"X-Request-Id: {TOO_LONG[:300]}\r\n",
        "A: b\r\n" * 200,
    ):
        yield line("GET /api/v1/me", headers)
    yield line("POST /api/v1/auth/refresh", "Cookie: qianti_refresh=%ff%00; qianti_refresh=;;=\r\nX-Requested-With: qianti\r\nContent-Length: 0\r\n")
    bank = "/api/v1/banks"
    for content in (b"\xff\xfe{", b'{"code":"a","title":' + b"[" * 200_000, b'{"code":"a\\ud800","title":"x"}', b'{"code":1e999,"title":-0}'):
        yield body(bank, content)
    yield body(bank, gzip.compress(b" " * (50 << 20)), headers="Content-Encoding: gzip\r\n")
    yield body(bank, b"no gzip", headers="Content-Encoding: gzip\r\n")
    yield body(bank, b"{}", headers="Content-Encoding: br\r\n")
    for headers in (
        "Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n", "Content-Length: 99999999999999999999\r\n", "Content-Length: -1\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ):
        yield line(f"POST {bank}", f"Content-Type: application/json\r\n{headers}")
    for path in ("/api/v1/units/import", "/api/v1/members/import", "/api/v1/banks/1000/import", "/api/v1/banks/1000/imports"):
        for boundary in ("", '"', '""', "x y", "é", "a" * 3000, "-", "\t"):
            yield body(path, b"--x\r\n\r\n", FORM + boundary)
        for content in (
            b"", b"--x", b"--x--", b"--x\r\n", b"--x\r\n\r\n", PART, PART + b"\r\n\r\n", b"\r\n" * 50_000, b"before it " * 20_000,
            b"--x\r\n" + b"A: b\r\n" * 100 + b"\r\nz\r\n--x--", b'--x\r\nContent-Disposition: form-data; name=""\r\n\r\nz\r\n--x--',
            PART + b"; filename*=UTF-8''%ff%zz\r\n\r\nz\r\n--x--", PART + b'; filename="\\"\r\n\r\nz\r\n--x--',
            PART + b"\r\nContent-Type: \xff\r\n\r\nz\r\n--x--", PART + b"\r\nContent-Length: 999999999999999999999\r\n\r\nz\r\n--x--",
            PART + b"\r\nContent-Length: 5\r\n\r\nz\r\n--x--\r\n", PART + b"\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n",
        ):
            yield body(path, content, FORM + "x")


def status_of(address, request):
    """The status of the answer; 0 when the connection ends without one."""
    with socket.create_connection(address, timeout=120) as connection:
        try:
            connection.sendall(request)
        except OSError:
            pass  # Answered and closed before all of it was sent.
        answer = b""
        while b"\r\n" not in answer:
            try:
                piece = connection.recv(4096)
            except ConnectionResetError:
                break
            if not piece:
                break
            answer += piece
    parts = answer.split(b" ", 2)
    return int(parts[1]) if len(parts) == 3 and parts[0].startswith(b"HTTP/1.") else 0


def check(address, token):
    """Sends them all; how many there were."""
    sent = 0
    for request in requests(token):
        status = status_of(address, request)
        assert 200 <= status < 500, f"{status} for {request[:300]!r} … of {len(request)} bytes"
        sent += 1
    return sent
