"""`python -m companion.intents`: train the classifier that chooses a task, unless there is one."""

import sys

from companion.errors import CompanionError
from companion.intents import ready


def main() -> int:
    """Returns the exit status."""
    try:
        known = ready()
    except CompanionError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Ready: {len(known.labels)} intents")
    return 0


if __name__ == "__main__":
    sys.exit(main())
