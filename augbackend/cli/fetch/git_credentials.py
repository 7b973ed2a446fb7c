"""The user and the password in a repository's URL, told to git by its variables: everybody reads a command line."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_USER, _PASSWORD = "GIT_USER_OF_URL", "GIT_PASSWORD_OF_URL"
# See gitcredentials(7).
_HELPER = f'!f() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" "${_USER}" "${_PASSWORD}"; }}; f'


class Access(NamedTuple):
    """How git reaches a repository.

    :param url: without a user and a password.
    :param options: of git itself, before its command.
    :param environ: variables beside the others.
    """

    url: str
    options: tuple[str, ...] = ()
    environ: tuple[tuple[str, str], ...] = ()


def access(url: str) -> Access:
    """Take a URL apart. One that is neither https nor http stays as it is: the user of ssh is no secret.

    :param url: as git knows it, without ``git+`` and a revision.
    """
    parts = urlsplit(url)
    signing, separator, host = parts.netloc.rpartition("@")
    if parts.scheme not in ("https", "http") or not separator:
        return Access(url)
    user, _, password = signing.partition(":")
    name = f"credential.{parts.scheme}://{host}.helper"
    # The empty one takes the user's own helpers out: the URL wins over them, and they keep nothing of it.
    options = ("-c", f"{name}=", "-c", f"{name}={_HELPER}")
    # A line's end would begin another field.
    values = {_USER: user, _PASSWORD: password}
    environ = tuple((key, unquote(value).replace("\n", "").replace("\r", "")) for key, value in values.items())
    return Access(parts._replace(netloc=host).geturl(), options, environ)
