"""JWT authorizers: a token issuer on loopback, and tokens that are right, or wrong in one way each."""

import http.server
import json
import threading

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

AUDIENCE = "orders"


class Issuer:
    """An OpenID Connect issuer: discovery document and keys, which it counts the reading of."""

    def __init__(self):
        self.keys, self.asked, self.broken = {}, [], False
        self.rotate("one")
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked.append(self.path)
                body = json.dumps(issuer.document(self.path)).encode()
                self.send_response(500 if issuer.broken else 200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://localhost:{self.server.server_port}/tenant"

    def document(self, path):
        if path == "/tenant/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": self.url.replace("tenant", "keys")}
        jwks = []
        for kid, key in self.keys.items():
            algorithm = (
                jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
            )
            jwks.append({**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid})
        return {"keys": jwks}

    def rotate(self, kid):
        self.keys = {kid: rsa.generate_private_key(public_exponent=65537, key_size=2048)}

    def token(self, now, kid="", algorithm="RS256", key=None, **claims):
        kid = kid or next(iter(self.keys))
        standard = {"iss": self.url, "aud": AUDIENCE, "exp": now + 600, "iat": now, "sub": "ann"}
        body = {name: value for name, value in {**standard, **claims}.items() if value is not None}
        return jwt.encode(body, key or self.keys[kid], algorithm, headers={"kid": kid})


@pytest.fixture
def issuer():
    made = Issuer()
    yield made
    made.server.shutdown()


@pytest.fixture
def guarded(api, issuer):
    """Calls a route behind the issuer's authorizer, with a token of these claims."""
    authorizer = api.client.create_authorizer(
        ApiId=api.id,
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer.url, "Audience": [AUDIENCE, "other"]},
    )
    route = {"AuthorizationType": "JWT", "AuthorizerId": authorizer["AuthorizerId"]}
    api.function("GET /open", lambda event: event["requestContext"]["authorizer"]["jwt"], **route)
    api.function("GET /old", as_format_1, version="1.0", **route)
    scoped = {**route, "AuthorizationScopes": ["read", "write"]}
    api.function("GET /scoped", lambda event: event["requestContext"]["authorizer"]["jwt"]["scopes"], **scoped)

    def call(path="/open", token=None, **claims):
        token = issuer.token(now(api), **claims) if token is None else token
        return api.call(path, headers={"Authorization": f"Bearer {token}"} if token else {})

    return call


def as_format_1(event):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"]["authorizer"])}


def now(api):
    return int(api.functions.runtime.runtime.clock.now())


def test_claims_reach_the_function_as_text(guarded):
    answer = guarded(groups=["admin", "staff"], verified=True, level=3, nothing=None, address={"city": "Bonn"})
    claims = answer.json["claims"]
    assert (claims["sub"], claims["groups"], claims["verified"], claims["level"]) == (
        "ann",
        "[admin staff]",
        "true",
        "3",
    )
    assert claims["address"] == '{"city":"Bonn"}'
    assert claims["exp"].isdecimal()
    assert answer.json["scopes"] is None


def test_format_1_has_the_claims_one_level_up(guarded):
    answer = guarded("/old", scope="read")
    assert answer.json["claims"]["sub"] == "ann"
    assert answer.json["scopes"] is None


def test_the_scheme_may_be_left_out(guarded, api, issuer):
    assert api.call("/open", headers={"Authorization": issuer.token(now(api))}).status == 200


def test_no_token_is_401_with_a_bare_challenge(guarded):
    answer = guarded(token="")
    assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "http://localhost/else"}, "issuer does not match"),
        ({"aud": "strangers"}, "the token does not have a valid audience"),
        ({"aud": ["strangers"], "client_id": AUDIENCE}, "the token does not have a valid audience"),
        ({"aud": None}, "the token does not have a valid audience"),
        ({"exp": 1}, "the token has expired"),
        ({"exp": None}, "the token has expired"),
        ({"nbf": 99999999999}, "the token is not valid yet"),
        ({"iat": 99999999999}, "the token was issued in the future"),
        ({"exp": "soon"}, "exp is not a time"),
    ],
)
def test_claims_that_are_refused(guarded, claims, why):
    answer = guarded(**claims)
    assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
    challenge = f'Bearer scope="" error="invalid_token" error_description="{why}"'
    assert answer.headers["www-authenticate"] == challenge


@pytest.mark.parametrize("claims", [{"aud": ["x", "other"]}, {"aud": None, "client_id": AUDIENCE}])
def test_one_audience_is_enough(guarded, claims):
    assert guarded(**claims).status == 200


def test_the_first_thing_wrong_is_named(guarded):
    answer = guarded(iss="http://localhost/else", aud="strangers", exp=1)
    assert "issuer does not match" in answer.headers["www-authenticate"]


def test_tokens_that_the_issuer_did_not_sign(guarded, api, issuer):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    forged = issuer.token(now(api), key=stranger)
    assert "signature verification failed" in guarded(token=forged).headers["www-authenticate"]
    elliptic = issuer.token(now(api), key=curve, algorithm="ES256")
    assert "signing method ES256 is invalid" in guarded(token=elliptic).headers["www-authenticate"]
    shared = issuer.token(now(api), key="x" * 64, algorithm="HS256")
    assert "signing method HS256 is invalid" in guarded(token=shared).headers["www-authenticate"]
    unsigned = jwt.encode({"iss": issuer.url, "aud": AUDIENCE}, None, "none")
    assert "signing method none is invalid" in guarded(token=unsigned).headers["www-authenticate"]
    unknown = issuer.token(now(api), key=stranger, kid="nobody")
    assert guarded(token=unknown).status == 401
    assert guarded(token="a.b").status == 401
    assert guarded(token="nonsense").status == 401


@pytest.mark.parametrize("claims", [{"scope": "read"}, {"scope": "x write y"}, {"scp": "read"}, {"scp": ["write"]}])
def test_one_of_the_scopes_is_enough(guarded, claims):
    answer = guarded("/scoped", **claims)
    assert answer.status == 200
    assert len(answer.json) == 1


def test_without_a_scope_it_is_403(guarded):
    answer = guarded("/scoped", scope="reading")
    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})
    assert answer.headers["www-authenticate"].startswith('Bearer scope="read write" error="insufficient_scope"')


def test_keys_are_kept_for_two_hours(guarded, api, issuer):
    guarded()
    guarded()
    assert len(issuer.asked) == 2  # the discovery document and the keys, once
    api.functions.runtime.advance(7201)
    assert guarded().status == 200
    assert len(issuer.asked) == 4


def test_a_key_that_is_new_is_looked_for(guarded, issuer):
    assert guarded().status == 200
    issuer.rotate("two")
    assert guarded().status == 200


def test_an_issuer_that_fails_is_401(guarded, issuer):
    issuer.broken = True
    answer = guarded()
    assert answer.status == 401
    assert 'error_description="OIDC discovery endpoint communication error"' in answer.headers["www-authenticate"]


def test_an_issuer_elsewhere_is_refused_in_so_many_words(api):
    made = api.client.create_authorizer(
        ApiId=api.id,
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": "https://issuer.example", "Audience": ["a"]},
    )
    api.function("GET /jwt", lambda event: "in", AuthorizationType="JWT", AuthorizerId=made["AuthorizerId"])
    answer = api.call("/jwt", headers={"Authorization": "Bearer x"})
    assert answer.status == 501
    assert "https://issuer.example" in answer.json["message"]


def test_settings_that_are_refused(api, error):
    create = api.client.create_authorizer
    common = {
        "ApiId": api.id,
        "Name": "a",
        "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
    }
    assert error(create, **common) == (
        "BadRequestException",
        "JwtConfiguration must not be null for JWT Authorizer",
    )
    settings = {"Issuer": "http://localhost", "Audience": ["a"]}
    wrong = {**common, "IdentitySource": ["Authorization"], "JwtConfiguration": settings}
    assert error(create, **wrong) == ("BadRequestException", "Invalid identity source expression: Authorization")
    made = create(**common, JwtConfiguration=settings)
    route = {"ApiId": api.id, "RouteKey": "GET /x", "AuthorizerId": made["AuthorizerId"]}
    code, text = error(api.client.create_route, **route, AuthorizationType="CUSTOM")
    assert (code, text.startswith("Invalid authorizer ID specified.")) == ("BadRequestException", True)
    code, text = error(api.client.create_route, ApiId=api.id, RouteKey="GET /x", AuthorizationScopes=["a"])
    assert (code, "Authorization Scopes are only valid" in text) == ("BadRequestException", True)
