"""The system's modules are imported here as they are on Lambda: from the folder that holds domain/ and functions/."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
