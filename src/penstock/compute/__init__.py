"""Processes: function environments, the parent they are forked from, who may run when. Knows no AWS service."""
