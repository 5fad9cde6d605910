"""Runs the checks of a client script; prints one JSON object of what failed, by the name of the check."""

import asyncio
import inspect
import json
import sys
import traceback

_checks = []


def check(name):
    def register(function):
        _checks.append((name, function))
        return function

    return register


def run():
    """Gives each check the gateway's URL."""
    url = sys.argv[1]
    outcomes = {}
    for name, function in _checks:
        try:
            result = function(url)
            if inspect.iscoroutine(result):
                asyncio.run(result)
            outcomes[name] = None
        except BaseException:
            outcomes[name] = traceback.format_exc()
    print(json.dumps(outcomes))
