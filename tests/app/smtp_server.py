"""A mail server on the loopback, which takes letters or does otherwise, as it is told."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"


@dataclass
class MailServer:
    """Keeps the letters that it takes. `answers` says otherwise, by SMTP's command.

    Attributes:
        people: who may sign in, by their password; with anybody here, all have to.
        signed_in: who did, for each letter.
        secure: whether each letter came over TLS.
    """

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    signed_in: list[str | None] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.to.append(envelope.rcpt_tos)
        self.signed_in.append(session.auth_data)
        assert server.transport is not None
        self.secure.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"

    def admits(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth: Any) -> AuthResult:
        assert isinstance(auth, LoginPassword)
        name = auth.login.decode()
        known = self.people.get(name) == auth.password.decode()
        return AuthResult(success=known, handled=known, auth_data=name if known else None)


@asynccontextmanager
async def serving(
    server: MailServer, tls: ssl.SSLContext | None = None, at_once: bool = False
) -> AsyncIterator[MailServer]:
    """The server, listening; with `tls` letters are taken over TLS alone, after STARTTLS or from the first byte on."""
    starttls = None if at_once else tls
    loop = asyncio.get_running_loop()
    protocols: list[SMTP] = []

    def protocol() -> SMTP:
        protocols.append(
            SMTP(
                server,
                hostname="mail.test",
                loop=loop,
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=server.admits,
                auth_required=bool(server.people),
                auth_require_tls=starttls is not None,
            )
        )
        return protocols[-1]

    listener = await loop.create_server(protocol, HOST, 0, ssl=tls if at_once else None)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for one in protocols:
            if one.transport is not None:
                one.transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def speaking(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A port behind which each connection gets `speak`, and that alone."""
    lines: set[asyncio.Task[Any]] = set()

    async def line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        lines.add(task)
        try:
            await speak(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(line, HOST, 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in lines:
            task.cancel()
        await asyncio.gather(*lines, return_exceptions=True)


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for `HOST` that only who reads its file believes, and what a server needs to show it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, kept = folder / "certificate.pem", folder / "key.pem"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    kept.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown, kept)
    return shown, context
