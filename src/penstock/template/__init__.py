"""Templates: what is given (CDK app, assembly, CloudFormation) -> resources, their order, and what is to be done.

Rule: pure but for reading files and running the CDK app; services are known by their tables of resource types only.
"""
