"""Which fields a state machine and each type of state has, as tables.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html and the pages of the states
"""

LANGUAGES = ("JSONPath", "JSONata")
TERMINAL = frozenset({"Succeed", "Fail"})

MACHINE_FIELDS = frozenset({"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"})
PROCESSOR_FIELDS = MACHINE_FIELDS | {"ProcessorConfig"}

_ALL = frozenset({"Type", "Comment", "QueryLanguage"})
_FLOW = frozenset({"Next", "End"})
_PATHS = frozenset({"InputPath", "OutputPath"})
_RESULT = frozenset({"ResultPath", "ResultSelector"})
_FAILURE = frozenset({"Retry", "Catch"})
_BOTH = frozenset({"Output", "Assign"})

STATE_FIELDS: dict[str, frozenset[str]] = {
    "Pass": _ALL | _FLOW | _PATHS | _BOTH | {"Result", "ResultPath", "Parameters"},
    "Task": _ALL
    | _FLOW
    | _PATHS
    | _RESULT
    | _FAILURE
    | _BOTH
    | {
        "Resource",
        "Parameters",
        "Arguments",
        "Credentials",
        "TimeoutSeconds",
        "TimeoutSecondsPath",
        "HeartbeatSeconds",
        "HeartbeatSecondsPath",
    },
    "Wait": _ALL | _FLOW | _PATHS | _BOTH | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Choice": _ALL | _PATHS | _BOTH | {"Choices", "Default"},
    "Succeed": _ALL | _PATHS | {"Output"},
    "Fail": _ALL | {"Error", "ErrorPath", "Cause", "CausePath"},
    "Parallel": _ALL | _FLOW | _PATHS | _RESULT | _FAILURE | _BOTH | {"Branches", "Parameters", "Arguments"},
    "Map": _ALL
    | _FLOW
    | _PATHS
    | _RESULT
    | _FAILURE
    | _BOTH
    | {
        "ItemProcessor",
        "Iterator",
        "Items",
        "ItemsPath",
        "ItemSelector",
        "Parameters",
        "MaxConcurrency",
        "MaxConcurrencyPath",
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "Label",
        "ToleratedFailureCount",
        "ToleratedFailureCountPath",
        "ToleratedFailurePercentage",
        "ToleratedFailurePercentagePath",
    },
}
REQUIRED: dict[str, tuple[str, ...]] = {"Task": ("Resource",), "Choice": ("Choices",), "Parallel": ("Branches",)}
# Per state type: fields of which there may be one, and whether there must be one.
EITHER: dict[str, tuple[tuple[tuple[str, ...], bool], ...]] = {
    "Wait": ((("SecondsPath", "Seconds", "TimestampPath", "Timestamp"), True),),
    "Task": ((("TimeoutSeconds", "TimeoutSecondsPath"), False), (("HeartbeatSeconds", "HeartbeatSecondsPath"), False)),
    "Fail": ((("Error", "ErrorPath"), False), (("Cause", "CausePath"), False)),
    "Map": (
        (("ItemProcessor", "Iterator"), True),
        (("ItemSelector", "Parameters"), False),
        (("MaxConcurrency", "MaxConcurrencyPath"), False),
        (("ToleratedFailureCount", "ToleratedFailureCountPath"), False),
        (("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"), False),
    ),
}
NOT_IN_JSONATA = frozenset(
    {
        "InputPath",
        "OutputPath",
        "ResultPath",
        "ResultSelector",
        "Parameters",
        "Result",
        "ItemsPath",
        "SecondsPath",
        "TimestampPath",
        "TimeoutSecondsPath",
        "HeartbeatSecondsPath",
        "ErrorPath",
        "CausePath",
        "MaxConcurrencyPath",
        "ToleratedFailureCountPath",
        "ToleratedFailurePercentagePath",
    }
)
ONLY_IN_JSONATA = frozenset({"Arguments", "Output", "Items"})
