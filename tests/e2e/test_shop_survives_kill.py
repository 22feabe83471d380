"""kill -9 in the middle of a burst of checkouts: what was answered with success is one order, and only one."""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import urllib3

from tests.e2e.conftest import Cli

SHOP = Path(__file__).parents[2] / "systems" / "shop"
BUYERS = 60
CARD = "4111111111111111"  # to be found nowhere: in no table, no message and no log


class Shop:
    """The shop's URLs, called without retries."""

    def __init__(self, cli: Cli) -> None:
        self._urls = cli.json("outputs")["ShopStack"]
        self._http = urllib3.PoolManager(maxsize=8, retries=False, timeout=60)

    def call(self, method: str, service: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
        url = self._urls[f"{service}ApiUrl"].rstrip("/") + path
        answer = self._http.request(method, url, body=json.dumps(body) if body else None, headers=headers)
        return answer.status, json.loads(answer.data or b"null")

    def fill(self, user: str) -> None:
        item = {"productId": "p1", "productName": "Kettle", "quantity": 2, "price": "39.90", "color": "red"}
        status, said = self.call("POST", "Basket", "/basket", {"userName": user, "items": [item]})
        assert status == 201, said

    def check_out(self, user: str) -> int:
        """The status of the answer; 0 where there was none."""
        buyer = {"firstName": "Ada", "lastName": "L", "email": "ada@example.com", "address": "1 Main St"}
        payment = {"paymentMethod": "card", "cardInfo": CARD}
        try:
            return self.call("POST", "Basket", "/basket/checkout", {"userName": user, **buyer, **payment}, f"k-{user}")[
                0
            ]
        except urllib3.exceptions.HTTPError:
            return 0

    def orders(self, user: str) -> list[Any]:
        status, said = self.call("GET", "Order", f"/order/{user}")
        assert status == 200, said
        orders: list[Any] = said["items"]
        return orders


def test_every_acknowledged_checkout_becomes_exactly_one_order(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0", SHOP)
    shop = Shop(cli)
    users = [f"buyer-{number}" for number in range(BUYERS)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(shop.fill, users))
    answers, enough = dict.fromkeys(users, 0), threading.Event()
    kill_after = random.randrange(5, 45)

    def buy(user: str) -> None:
        answers[user] = shop.check_out(user)
        if sum(status == 200 for status in answers.values()) >= kill_after:
            enough.set()

    with ThreadPoolExecutor(8) as pool:
        burst = [pool.submit(buy, user) for user in users]
        assert enough.wait(60)
        cli.kill()
        for call in burst:
            call.result()
    acknowledged = [user for user, status in answers.items() if status == 200]
    assert kill_after <= len(acknowledged) < BUYERS

    cli("up", "--detach", SHOP)
    cli("clock", "advance", "30m")  # what a function had received when it died becomes visible again
    after = Shop(cli)
    assert {user: len(after.orders(user)) for user in acknowledged} == dict.fromkeys(acknowledged, 1)
    # A buyer who got no answer tries again with the same key: one order, not two.
    for user in set(users) - set(acknowledged):
        assert after.check_out(user) == 200
    cli("clock", "advance", "30m")
    assert {user: len(after.orders(user)) for user in users} == dict.fromkeys(users, 1)
    assert not [file for file in cli.data.rglob("*") if file.is_file() and CARD.encode() in file.read_bytes()]
