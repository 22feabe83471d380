"""What everything stands on: names, time, errors, the store. Imports nothing of Penstock but itself."""
