"""AWS's wire formats: which operation is this request, bytes to dict, dict or error to bytes.

Pure: no I/O but reading botocore's model files once, no clock. Everything is driven by the service models that
botocore ships; nothing here knows an operation.
"""
