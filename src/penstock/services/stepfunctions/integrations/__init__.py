"""What a Task state can call, and what its parameters and results are there.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""
