"""The Amazon States Language, pure: a definition becomes frozen states whose fields are functions of a scope.

No I/O and no clock. Source: https://states-language.net/spec.html and
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""
