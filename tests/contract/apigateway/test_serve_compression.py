"""Compression, for APIs that have a minimum compression size."""

import gzip


def test_answers_and_requests_are_compressed(make_api):
    api = make_api(minimumCompressionSize=100)
    api.function("/a", lambda event: {"statusCode": 200, "body": event["body"]}, "POST")
    api.deploy()
    large, accepts = b"x" * 200, {"Accept-Encoding": "gzip, deflate"}
    answer = api.call("/a", "POST", large, accepts)
    assert (answer.headers["Content-Encoding"], gzip.decompress(answer.body)) == ("gzip", large)
    assert api.call("/a", "POST", large).body == large
    assert "Content-Encoding" not in api.call("/a", "POST", b"small", accepts).headers
    assert api.call("/a", "POST", gzip.compress(b"packed"), {"Content-Encoding": "gzip"}).body == b"packed"
    assert api.call("/a", "POST", b"broken", {"Content-Encoding": "gzip"}).status == 400


def test_what_unpacks_to_more_than_10_mb_is_413(make_api):
    api = make_api(minimumCompressionSize=0)
    api.mock("/a", "POST")
    api.deploy()
    bomb = gzip.compress(b"x" * (10 * 1024 * 1024 + 1))
    assert api.call("/a", "POST", bomb, {"Content-Encoding": "gzip"}).status == 413


def test_without_a_minimum_nothing_is_compressed(api):
    api.mock("/a", body="x" * 1000)
    api.deploy()
    assert "Content-Encoding" not in api.call("/a", headers={"Accept-Encoding": "gzip"}).headers
