"""From a source to a target: patterns, what is sent, when it is sent again, and what is kept until it has arrived."""
