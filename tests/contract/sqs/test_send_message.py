import hashlib


def test_answers_id_and_digest_of_what_it_stored(client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"hello").hexdigest()
    [received] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert (received["MessageId"], received["Body"]) == (sent["MessageId"], "hello")
