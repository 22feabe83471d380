"""Velocity, the language of mapping templates. Pure: parse once, render with a namespace."""

from penstock.services.apigateway.velocity.scanner import TemplateError
from penstock.services.apigateway.velocity.template import Template

__all__ = ["Template", "TemplateError"]
