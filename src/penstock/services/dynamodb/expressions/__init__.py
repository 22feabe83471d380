"""DynamoDB's expression language, compiled once per text and run on values as they are stored.

text -> tokens -> tree (`parser`) -> closures (`conditions`, `updates`, `paths`); `request` takes it from a request.
Pure: no I/O, no clock. Operand types and undefined names are checked per request, by the checks that compiling leaves.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""
