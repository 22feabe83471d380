"""Velocity, the language of mapping templates. Pure: parse once, render with a namespace."""

from penstock.web.gateways.velocity.scanner import TemplateError
from penstock.web.gateways.velocity.template import Template

__all__ = ["Template", "TemplateError"]
