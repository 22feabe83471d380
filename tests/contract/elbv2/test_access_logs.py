"""Access logs of application load balancers, in S3."""

import gzip
import re
import shlex
import socket
import threading

import pytest

FIELDS = (
    "type time elb client target request_processing_time target_processing_time response_processing_time "
    "elb_status_code target_status_code received_bytes sent_bytes request user_agent ssl_cipher ssl_protocol "
    "target_group_arn trace_id domain_name chosen_cert_arn matched_rule_priority request_creation_time "
    "actions_executed redirect_url error_reason target_list target_status_code_list classification "
    "classification_reason conn_trace_id transformed_host transformed_uri request_transform_status"
)


class Logged:
    """A load balancer that writes logs: a server behind it, and rules for a redirect and a rewritten URL."""

    def __init__(self, elb, penstock, unique):
        self.elb, self.penstock, self.bucket = elb, penstock, f"logs-{unique.lower()}"
        self.s3 = penstock.client("s3")
        self.s3.create_bucket(Bucket=self.bucket)
        self.balancer, self.group = elb.balancer(), elb.group()
        self.server = elb.server(lambda handler: handler.say(b"x" * 200_000 if handler.path == "/large" else b"ok"))
        listener = elb.listener(self.balancer, elb.fixed(404, "none"))
        rewrite = {"Rewrites": [{"Regex": "^/old", "Replace": "/new"}]}
        forward = elb.forward(self.group)
        self.rule(listener, 1, "/to", {"Type": "redirect", "RedirectConfig": {"Path": "/x", "StatusCode": "HTTP_301"}})
        self.rule(listener, 2, "/old", forward, Transforms=[{"Type": "url-rewrite", "UrlRewriteConfig": rewrite}])
        self.rule(listener, 3, "/*", forward)
        elb.register(self.group, self.server)
        self.address = elb.address(self.balancer)

    def rule(self, listener, priority, path, action, **more):
        conditions = [{"Field": "path-pattern", "Values": [path]}]
        self.elb.client.create_rule(
            ListenerArn=listener, Priority=priority, Conditions=conditions, Actions=[action], **more
        )

    def enable(self, bucket=None, prefix="web"):
        pairs = {"enabled": "true", "bucket": bucket or self.bucket, "prefix": prefix}
        attributes = [{"Key": f"access_logs.s3.{name}", "Value": value} for name, value in pairs.items()]
        arn = self.balancer["LoadBalancerArn"]
        return self.elb.client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)

    def keys(self):
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]

    def lines(self):
        """What was logged, by the path of each request, once the five minutes are over."""
        self.penstock.advance(301)
        self.elb.until(lambda: any(key.endswith(".gz") for key in self.keys()))
        bodies = [self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in self.keys() if ".gz" in key]
        lines = [line for body in bodies for line in gzip.decompress(body).decode().splitlines()]
        found = [dict(zip(FIELDS.split(), shlex.split(line), strict=True)) for line in lines]
        return {re.sub(r".*//[^/]+(/\S*) .*", r"\1", each["request"]): each for each in found}


@pytest.fixture
def logged(elb, penstock, unique):
    return Logged(elb, penstock, unique)


def test_a_line_for_each_request(logged):
    logged.enable()
    agent = {"User-Agent": 'my "agent"', "Host": "shop.test"}
    for path in ("/a?b=c", "/to", "/old", "/large"):
        logged.elb.call(logged.address, path, headers=agent)
    found = logged.lines()
    name = logged.balancer["LoadBalancerArn"].partition("loadbalancer/")[2]
    line = found["/a?b=c"]
    target = f"127.0.0.1:{logged.server.port}"
    assert (line["type"], line["elb"], line["target"], line["target_list"]) == ("http", name, target, target)
    assert line["client"].startswith("127.0.0.1:")
    assert line["request"] == "GET http://shop.test:80/a?b=c HTTP/1.1"
    assert line["user_agent"] == r"my \x22agent\x22"
    assert (line["elb_status_code"], line["target_status_code"]) == ("200", "200")
    assert (line["target_group_arn"], line["matched_rule_priority"]) == (logged.group, "3")
    assert line["actions_executed"] == "forward"
    assert float(line["target_processing_time"]) >= 0 and int(line["sent_bytes"]) > 2
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"])
    assert line["trace_id"].startswith("Root=1-") and re.fullmatch("TID_[0-9a-f]{32}", line["conn_trace_id"])
    assert int(found["/large"]["sent_bytes"]) > 200_000
    line = found["/to"]
    assert (line["actions_executed"], line["redirect_url"]) == ("redirect", "http://shop.test:80/x")
    assert (line["target"], line["elb_status_code"], line["target_status_code"]) == ("-", "301", "-")
    assert line["target_processing_time"] == "-1"
    assert (found["/old"]["transformed_uri"], found["/old"]["request_transform_status"]) == ("/new", "TransformSuccess")


def test_objects_are_where_and_named_as_on_aws(logged, penstock):
    logged.enable()
    logged.elb.call(logged.address)
    logged.lines()
    account = "000000000000"
    test_file, name = sorted(logged.keys(), key=len)
    assert test_file == f"web/AWSLogs/{account}/ELBAccessLogTestFile"
    balancer = logged.balancer["LoadBalancerArn"].partition("loadbalancer/")[2].replace("/", ".")
    day, stamp = r"\d{4}/\d\d/\d\d", r"\d{8}T\d{2}[0-5][05]Z"
    assert re.fullmatch(
        rf"web/AWSLogs/{account}/elasticloadbalancing/us-east-1/{day}/"
        rf"{account}_elasticloadbalancing_us-east-1_{balancer}_{stamp}_127\.\d+\.\d+\.\d+_[a-z0-9]{{8}}\.log\.gz",
        name,
    )


def test_a_client_that_leaves_is_logged_too(logged):
    left = threading.Event()
    logged.server.answer = lambda handler: left.wait(10)
    logged.enable(prefix="")
    host, _, port = logged.address.partition(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        logged.elb.until(lambda: len(logged.server.seen) == 1)
    line = logged.lines()["/slow"]
    left.set()
    assert (line["elb_status_code"], line["target_status_code"]) == ("460", "-")


def test_a_websocket_is_a_line_when_it_is_over(logged):
    def switch(handler):
        if handler.path == "/ws":
            handler.wfile.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
            )
            handler.connection.recv(10)
            handler.close_connection = True
        else:
            handler.say(b"ok")

    logged.server.answer = switch
    logged.enable()
    host, _, port = logged.address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 101"
        client.sendall(b"bye")
        while client.recv(1000):
            pass
    line = logged.lines()["/ws"]
    assert (line["type"], line["elb_status_code"], line["target_status_code"]) == ("ws", "101", "101")


def test_a_bucket_that_cannot_be_written_is_refused(logged, error):
    assert error(lambda: logged.enable("nobodys-bucket-at-all")) == (
        "InvalidConfigurationRequest",
        "Access Denied for bucket: nobodys-bucket-at-all. Please check S3bucket permission",
    )
