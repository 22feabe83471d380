"""PartiQL for DynamoDB: statements, parsed once per text and run as the operations that they mean.

text -> tokens -> tree (`terms`, `parser`) -> reads and mutations (`selects`, `writes`) of the engine that Query, Scan
and the writes use: conditions and updates are the trees of `expressions`, literals and parameters its values.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""
