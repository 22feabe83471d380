"""A task as it runs: its interface, what its containers are told, who answers them, and how it begins and ends."""
