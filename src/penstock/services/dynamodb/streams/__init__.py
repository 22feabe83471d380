"""DynamoDB Streams: what changed in a table, in order, for a day.

A record is written in the transaction of its item (`records`), and read by shard and position (`reading`). There is one
open shard at a time, so the order of a stream is the order of the writes. Shards are not stored: they follow from when
the stream was enabled, and a record's sequence number says in which it lies (`shards`).
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""
