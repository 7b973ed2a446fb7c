"""Finding out what a build is missing.

::

    sdist -> Reading (syntax only) ─┐
                                    ├─> proposals -> Declaration -> attempt -> Attempt ─┐
    Failure, Knowledge ─────────────┘          ^─────────────── Failure ───────────────┤
                                                                   a wheel -> pruned -> Diagnosis

Code of strangers runs in :mod:`augbackend.cli.strangers` only, and writes where its confinement lets it.
"""
