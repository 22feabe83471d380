"""What a runtime can be told to do: bring apps up, say what runs, follow logs, invoke, move the clock."""

from penstock.commands.commands import Commands

__all__ = ["Commands"]
