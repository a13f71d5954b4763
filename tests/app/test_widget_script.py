"""How the widget's script is served: small, asked for again only when it is another one, to every page."""

from __future__ import annotations

import httpx

from connectors.website.bundle import bundle

SCRIPT = bundle()


async def test_it_comes_compressed_to_whoever_takes_it_so_and_plain_to_others(client: httpx.AsyncClient) -> None:
    plain = await client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == SCRIPT.plain
    zipped = await client.get("/widget.js", headers={"Accept-Encoding": "gzip, br"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) == len(SCRIPT.zipped) < 20 * 1024
    assert zipped.content == SCRIPT.plain
    assert {"accept-encoding"} <= {name.strip().lower() for name in zipped.headers["vary"].split(",")}


async def test_a_browser_that_has_it_is_told_so_in_a_few_bytes(client: httpx.AsyncClient) -> None:
    first = await client.get("/widget.js")
    assert "max-age=300" in first.headers["cache-control"]
    again = await client.get("/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cross-origin-resource-policy"] == "cross-origin"
    old = await client.get("/widget.js", headers={"If-None-Match": 'W/"of-an-older-release"'})
    assert old.status_code == 200
